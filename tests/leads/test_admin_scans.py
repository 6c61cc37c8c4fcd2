"""Scans in the admin: how far each is, stopped and resumed by a click, every number a link to exactly its rows (C5, g.7)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hunter.audit.models import AuditEntry
from hunter.ops.navigation import sidebar
from hunter.work.models import Item
from leads.models import ScanJob
from leads.services.scanning import start_scan
from tests.factories.leads import ScanJobEntryFactory, ScanJobFactory
from tests.factories.people import administrator, staff

pytestmark = pytest.mark.django_db

LIST, ENTRIES = "admin:leads_scanjob_changelist", "admin:leads_scanjobentry_changelist"


@pytest.fixture
def page(client):
    client.force_login(administrator())
    return client


def job_of(*states, **values):
    job = ScanJobFactory(**values)
    for state in states:
        ended = None if state == "pending" else timezone.now()
        ScanJobEntryFactory(job=job, state=state, finished_at=ended, is_asked=state == "pending")
    return job


def act(page, name, job, **more):
    return page.post(reverse("admin:leads_scanjob_act", args=[name]), {"id": job.pk, **more}, follow=True)


def test_a_running_job_tells_how_far_it_is_how_fast_and_how_long_it_takes(page):
    job = job_of("pending", "pending", "scanned", "scanned", "failed", "skipped", wanted="the spring list")
    now = timezone.now()
    ScanJob.objects.update(going_since=now - timedelta(seconds=8), moved_at=now)

    text = page.get(reverse(LIST)).content.decode()

    for words in (
        "the spring list",
        "running",
        "66 %",
        "of 6",
        "1 skipped, 2 left",
        "0.5/s",
        "left",
        "Pause",
        "Cancel…",
    ):
        assert words in text, words
    assert f"{reverse(ENTRIES)}?job={job.pk}&amp;state__exact=failed" in text
    assert 'data-live="5"' in text


@pytest.mark.parametrize(
    ("states", "wish", "words", "offered"),
    [
        pytest.param(["pending"], "pause", "paused", ["go_on", "cancel"], id="paused"),
        pytest.param(["scanned", "cancelled"], "cancel", "cancelled", ["go_on"], id="cancelled"),
        pytest.param(["scanned", "failed"], "go", "done, with failures", ["try_again"], id="with failures"),
        pytest.param(["scanned"], "go", "done", [], id="done"),
    ],
)
def test_each_state_has_its_words_and_its_next_steps(page, states, wish, words, offered):
    job_of(*states, wish=wish)

    text = page.get(reverse(LIST)).content.decode()

    assert f">{words}</span>" in text
    acts = ["pause", "go_on", "try_again", "cancel"]
    assert [name for name in acts if reverse("admin:leads_scanjob_act", args=[name]) in text] == offered


def test_the_tabs_narrow_the_list(page):
    job_of("scanned", wanted="all is well")
    job_of("pending", wanted="goes on")

    shown = page.get(reverse(LIST), {"standing": "running"}).context["cl"].result_list

    assert [job.wanted for job in shown] == ["goes on"]


def test_a_job_is_paused_resumed_and_cancelled_by_clicks(page):
    job = start_scan(["a.com", "b.com"], wanted="a test")

    act(page, "pause", job)
    assert not Item.objects.filter(kind="scan", due_at__isnull=False).exists()
    act(page, "go_on", job)
    asked = act(page, "cancel", job)
    assert "2 domains that wait will not be scanned" in asked.content.decode()
    assert re.findall(r">(\w+)</(?:a|button)>\s", asked.content.decode().split("h-dialog-acts")[1])[:2] == [
        "Back",
        "Cancel",
    ]
    assert job.counts().pending == 2
    told = act(page, "cancel", job, confirmed="1")

    assert "is cancelled: 2 domains are not scanned" in told.content.decode()
    assert job.counts().cancelled == 2
    acts = AuditEntry.objects.filter(subject_type="leads.scanjob").order_by("id")
    assert list(acts.exclude(by=None).values_list("act", flat=True)) == ["pause", "go on", "cancel"]


def test_a_second_click_is_told_and_changes_nothing(page):
    job = start_scan(["a.com"], wanted="a test")
    act(page, "cancel", job, confirmed="1")

    text = act(page, "cancel", job, confirmed="1").content.decode()

    assert "so there is nothing to cancel" in text
    assert AuditEntry.objects.filter(act="cancel").count() == 1


def test_the_domains_of_a_job_are_counted_by_what_became_of_them(page):
    job = job_of("pending", "scanned", "failed", "cancelled")
    job_of("scanned")

    response = page.get(reverse(ENTRIES), {"job": job.pk})

    tabs = {tab.title: tab.count for tab in response.context["state_tabs"]}
    assert tabs == {"All": 4, "Waiting": 1, "Scanned": 1, "Skipped": 0, "Failed": 1, "Cancelled": 1}
    assert len(response.context["cl"].result_list) == 4


@pytest.mark.parametrize(
    ("states", "wish", "offered"),
    [
        pytest.param(["pending", "scanned"], "go", ["pause", "cancel"], id="running"),
        pytest.param(["pending"], "pause", ["go_on", "cancel"], id="paused"),
        pytest.param(["failed"], "go", ["try_again"], id="with failures"),
        pytest.param(["scanned"], "go", [], id="done"),
    ],
)
def test_what_can_be_done_with_a_scan_is_offered_on_the_page_of_its_domains(states, wish, offered, page):
    job = job_of(*states, wish=wish)

    response = page.get(reverse(ENTRIES), {"job": job.pk})

    assert [one.name for one, _ in response.context["page_acts"]] == offered
    assert response.content.decode().count(f'name="id" value="{job.pk}"') == len(offered)


def test_a_scan_is_paused_from_the_page_of_its_domains(page):
    job = start_scan(["a.com"], wanted="a test")
    listed = f"{reverse(ENTRIES)}?job={job.pk}"
    address = page.get(listed).context["page_acts"][0][1]

    response = page.post(address, {"id": job.pk}, headers={"referer": f"http://testserver{listed}"})

    assert response["Location"].endswith(listed)
    job.refresh_from_db()
    assert job.standing == ScanJob.Standing.PAUSED


def test_who_may_only_look_is_offered_nothing_there():
    client = Client()
    client.force_login(staff("leads.view_scanjob", "leads.view_scanjobentry"))
    job = job_of("pending")

    assert client.get(reverse(ENTRIES), {"job": job.pk}).context["page_acts"] == []


def test_the_domains_of_a_scan_are_reached_through_the_scans(page):
    job = job_of("scanned", wanted="50 chosen companies")

    response = page.get(reverse(ENTRIES), {"job": job.pk})

    assert response.context["crumbs"] == [("Scans", reverse(LIST)), ("50 chosen companies", "")]
    lines = [line for group in sidebar(response.wsgi_request) for line in group["items"]]
    assert [line["title"] for line in lines if line["active"]] == ["Scans"]


@pytest.mark.parametrize("job", ["x", "9" * 30, "0"])
def test_a_job_that_can_not_be_is_an_empty_list(page, job):
    assert page.get(reverse(ENTRIES), {"job": job}).status_code in {200, 302}
