"""Old history goes, and nothing that is open, has failed or is the newest of its kind; old imports leave their counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hunter.work.models import Item
from hunter.work.pruning import BATCH, prunables, prune_batch
from leads.models import (
    Alert,
    AlertDelivery,
    AlertLine,
    CompanyImport,
    ImportFile,
    ImportPart,
    ImportRow,
    ImportState,
    ScanJob,
    ScanJobEntry,
    ScoringRun,
)
from leads.services.imports import prepare_import
from tests.factories.leads import (
    AlertChannelFactory,
    AlertFactory,
    ImportFileFactory,
    ScanJobEntryFactory,
    ScanJobFactory,
)
from tests.factories.work import ErrorFactory
from tests.leads.importing_lists import begun, imported, text_list

pytestmark = pytest.mark.django_db


LONG_AGO = timezone.now() - timedelta(days=91)


@pytest.fixture(autouse=True)
def kept_for(settings):
    settings.HISTORY_KEEP_DAYS, settings.IMPORT_KEEP_DAYS = 90, 30


def pruned() -> dict[str, int]:
    """Everything of each set, as the daily work does it; what went."""
    counts: dict[str, int] = {}
    for one in prunables():
        while went := prune_batch(one.name):
            counts[one.name] = counts.get(one.name, 0) + went
    return counts


def grown_old() -> None:
    CompanyImport.objects.update(created_at=timezone.now() - timedelta(days=31))
    ImportFile.objects.update(received_at=timezone.now() - timedelta(days=31))


def old_job(*states: str, **given) -> ScanJob:
    """A job that ended long ago, with a domain for each state."""
    job: ScanJob = ScanJobFactory(**given)
    for state in states:
        ScanJobEntryFactory(job=job, state=state, finished_at=None if state == "pending" else LONG_AGO)
    Item.objects.create(kind="scan_job", key=str(job.pk), lane="hunter")
    ScanJob.objects.filter(pk=job.pk).update(going_since=LONG_AGO)
    return job


def still_fails(job: ScanJob) -> None:
    ErrorFactory(kind="scan", key=job.entries.filter(state="failed")[0].domain)


def is_young(job: ScanJob) -> None:
    ScanJob.objects.filter(pk=job.pk).update(going_since=timezone.now())


def nothing_more(job: ScanJob) -> None:
    """The job is as it was."""


@pytest.mark.parametrize(
    ("states", "wish", "happens", "goes"),
    [
        pytest.param(["scanned", "skipped"], "go", nothing_more, True, id="done"),
        pytest.param(["scanned", "failed"], "go", nothing_more, True, id="a failure that was settled"),
        pytest.param(["scanned", "cancelled"], "cancel", nothing_more, True, id="cancelled"),
        pytest.param(["scanned", "failed"], "go", still_fails, False, id="a failure that is open"),
        pytest.param(["scanned"], "go", is_young, False, id="young"),
        pytest.param(["scanned", "pending"], "go", nothing_more, False, id="running"),
        pytest.param(["scanned", "pending"], "pause", nothing_more, False, id="paused"),
        pytest.param(["scanned", "cancelled"], "go", nothing_more, False, id="being resumed"),
    ],
)
def test_a_scan_that_has_ended_goes_with_its_domains_and_its_work(states, wish, happens, goes):
    job = old_job(*states, wish=wish)
    happens(job)
    ScanJobFactory()  # the newest

    counts = pruned()

    assert counts == ({"scan_job_entries": len(states), "scan_jobs": 1} if goes else {})
    assert ScanJob.objects.filter(pk=job.pk).exists() is not goes
    assert job.entries.count() == (0 if goes else len(states))
    assert Item.objects.filter(kind="scan_job").exists() is not goes


def test_the_newest_scan_stays_however_old_it_is():
    old_job("scanned")

    assert pruned() == {}


@pytest.mark.proves("R3.7")
def test_a_large_scan_goes_in_pieces_and_adds_up_in_between():
    job, _ = old_job(), ScanJobFactory()
    ScanJobEntry.objects.bulk_create(
        ScanJobEntry(job=job, domain=f"firm-{n}.com", state="scanned", finished_at=LONG_AGO) for n in range(BATCH + 3)
    )

    assert prune_batch("scan_job_entries") == BATCH
    assert job.counts().scanned == job.entries.count() == 3

    assert pruned() == {"scan_job_entries": 3, "scan_jobs": 1}


def old_alert(*deliveries: str, **given) -> Alert:
    """An alert of long ago, with a message for each state."""
    alert: Alert = AlertFactory(
        **({"state": "sent", "raised_at": LONG_AGO, "routed_at": LONG_AGO, "settled_at": LONG_AGO} | given)
    )
    for state in deliveries:
        channel = AlertChannelFactory()
        delivery = AlertDelivery.objects.create(channel=channel, state=state, settled_at=LONG_AGO, begun_at=LONG_AGO)
        AlertLine.objects.create(alert=alert, channel=channel, delivery=delivery)
        Item.objects.create(kind="deliver_alert", key=str(delivery.pk), lane="outgoing")
        AlertDelivery.objects.create(channel=channel, state="sent", settled_at=timezone.now(), begun_at=timezone.now())
    return alert


TOMORROW = (timezone.now() + timedelta(days=1)).date().isoformat()


@pytest.mark.parametrize(
    ("deliveries", "given", "goes"),
    [
        pytest.param(["sent"], {}, True, id="told"),
        pytest.param([], {}, True, id="no channel took it"),
        pytest.param(["sent", "skipped"], {}, True, id="one channel was switched off"),
        pytest.param(["sent", "failed"], {}, False, id="one channel could not be told"),
        pytest.param(["sent", "waiting"], {}, False, id="one message still waits"),
        pytest.param(["failed"], {"state": "failed"}, False, id="nobody was told"),
        pytest.param([], {"state": "pending", "routed_at": None, "settled_at": None}, False, id="not routed yet"),
        pytest.param(["sent"], {"settled_at": timezone.now()}, False, id="young"),
        pytest.param(["sent"], {"type": "expire_soon", "occasion": TOMORROW}, False, id="its end is still to come"),
        pytest.param(["sent"], {"type": "expire_soon", "occasion": "2020-01-01"}, True, id="its end is over"),
    ],
)
def test_an_alert_that_was_told_goes_with_its_messages(deliveries, given, goes):
    old_alert(*deliveries, **given)

    pruned()

    assert Alert.objects.exists() is not goes
    assert AlertLine.objects.count() == (0 if goes else len(deliveries))
    assert Item.objects.filter(kind="deliver_alert").count() == (0 if goes else len(deliveries))


def test_the_newest_message_of_a_channel_stays():
    old_alert("sent")
    AlertDelivery.objects.filter(settled_at__gt=LONG_AGO).delete()

    assert pruned() == {"alerts": 1}
    assert AlertDelivery.objects.exists()


def test_of_the_runs_of_scores_the_newest_of_each_kind_stays():
    made = [
        ScoringRun.objects.create(applies=applies, rules_version=version, finished_at=LONG_AGO)
        for applies, version in [(True, "v1"), (False, "v1"), (True, "v2"), (False, "v2")]
    ]

    assert pruned() == {"scoring_runs": 2}
    assert list(ScoringRun.objects.order_by("pk")) == made[2:]


def test_the_rows_of_an_old_import_go_and_its_counts_stay():
    run = imported(text_list("Acme;acme.com;;", "No;;;"), dry_run=True)
    grown_old()

    pruned()

    run.refresh_from_db()
    assert (run.rows, run.rejected) == (2, 1)
    assert not run.file.kept
    assert not ImportRow.objects.exists()
    assert not ImportPart.objects.exists()


def test_a_young_import_keeps_everything():
    imported(text_list("Acme;acme.com;;"), dry_run=True)

    pruned()

    assert ImportRow.objects.exists()
    assert ImportPart.objects.exists()


def test_an_import_that_runs_keeps_everything_however_old_it_is():
    begun(text_list("Acme;acme.com;;"))
    grown_old()

    pruned()

    assert ImportPart.objects.exists()
    assert CompanyImport.objects.get().state == ImportState.RUNNING


def test_what_nobody_began_and_what_did_not_come_in_whole_goes():
    prepare_import(text_list("Acme;acme.com;;"), name="list.csv")
    ImportFileFactory()
    grown_old()

    pruned()

    assert not CompanyImport.objects.exists()
    assert not ImportFile.objects.exists()
