"""Lanes: a person stops and starts a service everywhere, with a reason that everybody sees."""

from __future__ import annotations

from random import Random

import pytest
from django.urls import reverse

from hunter.audit.models import AuditEntry
from hunter.remote import limits
from hunter.remote.breaker import Sign, heed
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName
from hunter.remote.models import Lane


@pytest.fixture
def dynamics(db) -> Lane:
    limits.ensure_lane(LaneName.DYNAMICS365)
    return Lane.objects.get(pk="dynamics365")


def act(name: str) -> str:
    return reverse("admin:remote_lane_act", args=[name])


def test_a_held_lane_sells_no_grant_until_it_is_resumed(page, dynamics):
    page.post(act("hold"), {"id": "dynamics365", "confirmed": "1", "why": "Licence ends today"})
    while_held = limits.buy(LaneName.DYNAMICS365, count=1)
    page.post(act("resume"), {"id": "dynamics365", "confirmed": "1", "why": "Licence is there"})

    assert while_held.closed
    assert limits.buy(LaneName.DYNAMICS365, count=1).granted == 1
    assert list(AuditEntry.objects.order_by("id").values_list("act", "why")) == [
        ("hold", "Licence ends today"),
        ("resume", "Licence is there"),
    ]


def test_a_lane_is_not_held_without_a_reason(page, dynamics):
    page.post(act("hold"), {"id": "dynamics365", "confirmed": "1", "why": " "})

    assert not Lane.objects.get(pk="dynamics365").held


def test_the_card_says_why_a_lane_is_held(page, dynamics):
    page.post(act("hold"), {"id": "dynamics365", "confirmed": "1", "why": "Licence ends today"})

    text = page.get(reverse("admin:remote_lane_changelist")).content.decode()

    assert "Licence ends today" in text
    assert "Resume…" in text


def test_a_held_lane_needs_somebody_on_the_home_page(page, dynamics):
    page.post(act("hold"), {"id": "dynamics365", "confirmed": "1", "why": "Licence ends today"})

    held_by = Lane.objects.get(pk="dynamics365").held_by
    assert held_by
    assert f"Dynamics 365 is held by {held_by}: Licence ends today" in page.get(reverse("admin:index")).content.decode()


@pytest.mark.proves("R5.8")
def test_a_service_that_fails_again_and_again_is_shown_with_what_it_said(page, dynamics):
    heed(LaneName.DYNAMICS365, [Sign(item, "The CRM gave no answer.") for item in range(5)], rng=Random(1))
    while_paused = page.get(reverse("admin:remote_lane_changelist")).content.decode()
    Lane.objects.filter(pk="dynamics365").update(paused_until=database_now())

    on_probation = page.get(reverse("admin:remote_lane_changelist")).content.decode()

    assert "paused," in while_paused
    assert "on probation" in on_probation
    assert "The CRM gave no answer." in on_probation
    assert "Resume…" in on_probation
    assert (
        "Dynamics 365 fails again and again: The CRM gave no answer."
        in page.get(reverse("admin:index")).content.decode()
    )


@pytest.mark.proves("R5.8")
def test_the_card_says_since_when_calls_fail_until_one_goes_right(page, dynamics):
    heed(LaneName.DYNAMICS365, [Sign(1, "The CRM gave no answer.")], rng=Random(1))
    after_a_failure = page.get(reverse("admin:remote_lane_changelist")).content.decode()
    heed(LaneName.DYNAMICS365, [Sign(1)], rng=Random(1))

    after_a_success = page.get(reverse("admin:remote_lane_changelist")).content.decode()

    assert "none has gone right since" in after_a_failure
    assert "none has gone right since" not in after_a_success


def test_a_lane_that_was_never_used_has_its_card_too(page):
    Lane.objects.all().delete()

    assert "not used yet" in page.get(reverse("admin:remote_lane_changelist")).content.decode()
