"""A sync whose process is killed goes on where it stopped: another one needs no hint and loses nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection

from hunter.sandbox.running import RunningSandbox
from hunter.work.models import Item
from referrals.models import Referral, SyncRun, SyncState
from referrals.services.syncing import sync_referrals

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.processes]

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = 3


def run_command(*arguments: str, sandbox: RunningSandbox, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of Hunter in a process of its own, on this test's database and sandbox."""
    database = connection.settings_dict
    address = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    own = {"DATABASE_URL": address, "HUNTER_VAR": str(django_settings.HUNTER_VAR), "DEBUG": "1", "READ_DOT_ENV": "0"}
    own["DJANGO_SETTINGS_MODULE"] = "hunter.settings"
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=os.environ | sandbox.env | own | environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.proves("R1.9", "R1.10", "R1.11")
@pytest.mark.fault(1, 2, 3)
@pytest.mark.parametrize(
    ("place", "pages_kept"),
    [
        pytest.param("sync.before_page:2", 1, id="before the second page is asked for"),
        pytest.param("sync.after_page:2", 1, id="after the second page's answer"),
        pytest.param("sync_referrals.before_settle_commit:2", 1, id="with the second page written and not committed"),
        pytest.param("sync_referrals.after_settle_commit:2", 2, id="after the second page's commit"),
    ],
)
def test_a_killed_sync_goes_on_at_the_page_where_it_stopped(partner_center_with_pages, settings, place, pages_kept):
    settings.LEASE_SECONDS = 1
    killed = run_command(
        "sync_referrals", "--json", sandbox=partner_center_with_pages, HUNTER_CRASH_AT=place, LEASE_SECONDS="1"
    )
    assert killed.returncode == -9, killed.stderr
    run = SyncRun.objects.get()
    assert (run.state, run.pages) == (SyncState.RUNNING, pages_kept)
    stored = Referral.objects.count()
    assert stored == run.created

    report = sync_referrals()

    run.refresh_from_db()
    assert report.run == run.pk
    assert (run.pages, run.unchanged) == (PAGES, 0)
    assert Referral.objects.count() == run.created > stored
    assert run.fetched == run.created + run.failed
    assert Item.objects.get(kind="sync_referrals").died == 0


def test_the_command_prints_its_promised_figures(partner_center_with_pages):
    done = run_command("sync_referrals", "--json", sandbox=partner_center_with_pages)

    assert done.returncode == 1, "some rows of the sandbox are bad, and each has an error record"
    assert done.stdout.count("\n") == 1
    for name in (
        "run",
        "fetched",
        "created",
        "updated",
        "unchanged",
        "skipped",
        "linked",
        "failed",
        "pages",
        "seconds",
    ):
        assert f'"{name}": ' in done.stdout


def test_a_command_for_a_service_that_is_off_ends_with_one_line(partner_center):
    refused = run_command("sync_referrals", "--json", sandbox=partner_center, PARTNER_CENTER_ENABLED="false")

    assert refused.returncode == 2
    assert refused.stdout == ""
    assert "PARTNER_CENTER_ENABLED" in refused.stderr
    assert refused.stderr.count("\n") == 1
