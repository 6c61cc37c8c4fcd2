"""A scan of many domains: started in pieces, paused, cancelled and resumed, with counts that always add up (R1.2, R1.9)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from hunter.audit.models import AuditEntry
from hunter.errors import HunterError
from hunter.remote.lanes import LaneName
from hunter.work.asking import ask
from hunter.work.drainer import Drainer
from hunter.work.kinds import Done
from hunter.work.models import Item, Priority
from leads.models import Company, ScanJob, ScanJobEntry, Signals
from leads.rescan import rescan_stale
from leads.rules import load_rules
from leads.scan_job_kind import look_at
from leads.scan_kind import SCAN
from leads.services.recording import fail_entries, record_scans
from leads.services.scan_jobs import advance, cancel_scan, pause_scan, resume_scan
from leads.services.scanning import Caches, finish_scan, start_scan, start_scan_of
from tests.factories.leads import CompanyFactory, ScanJobEntryFactory, ScanJobFactory, ScannedCompanyFactory
from tests.factories.people import UserFactory
from tests.leads.answers import scan_answer
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db

PIECE, MORE_THAN_A_PIECE = 1000, 1003


def companies(count, *, prefix="firm"):
    """So many companies, never scanned; all of them."""
    Company.objects.bulk_create(Company(domain=f"{prefix}-{n:03}.com") for n in range(count))
    return Company.objects.filter(domain__startswith=prefix)


def due():
    return set(Item.objects.filter(kind=SCAN, due_at__isnull=False).values_list("key", flat=True))


def scan_of(domain):
    """What the workers do when DNS has answered."""
    record_scans([scan_answer(domain)], rules=load_rules())


def hold(domain):
    """Some worker has it now."""
    Item.objects.filter(kind=SCAN, key=domain).update(
        lease="00000000-0000-0000-0000-000000000001", taken=F("requested"), due_at=timezone.now() + timedelta(minutes=3)
    )


def settle(domain):
    """That worker's outcome, as the ledger settles it."""
    scan_of(domain)
    Item.objects.filter(kind=SCAN, key=domain, requested__gt=F("taken")).update(lease=None, served=F("taken"))
    Item.objects.filter(kind=SCAN, key=domain, requested=F("taken")).update(lease=None, served=F("taken"), due_at=None)


def assert_adds_up(job):
    """The counts are those of the entries, each in one state."""
    counts = job.counts()
    found = Counter(job.entries.values_list("state", flat=True))
    assert {state: getattr(counts, state) for state in ScanJobEntry.State.values} == {
        state: found[state] for state in ScanJobEntry.State.values
    }
    assert counts.total == job.entries.count()


# Counts ----------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("R1.9")
@pytest.mark.parametrize(
    ("change", "states"),
    [
        pytest.param(
            "update leads_scanjobentry set state = 'failed', finished_at = now()", {"failed": 3}, id="all at once"
        ),
        pytest.param("update leads_scanjobentry set reason = 'x'", {"pending": 2, "scanned": 1}, id="no state changes"),
        pytest.param("delete from leads_scanjobentry where state = 'scanned'", {"pending": 2}, id="one is deleted"),
        pytest.param(
            "update leads_scanjobentry set state = case state when 'pending' then 'skipped' else 'pending' end, "
            "finished_at = case state when 'pending' then now() end",
            {"skipped": 2, "pending": 1},
            id="two ways in one statement",
        ),
    ],
)
def test_the_counts_follow_the_entries_whoever_writes_them(change, states):
    job, other = ScanJobFactory(), ScanJobFactory()
    for state in ("pending", "pending", "scanned"):
        ScanJobEntryFactory(job=job, state=state, finished_at=timezone.now() if state == "scanned" else None)
    with connection.cursor() as cursor:
        cursor.execute(change)

    assert_adds_up(job)
    assert Counter(job.entries.values_list("state", flat=True)) == states
    assert other.counts().total == 0


@pytest.mark.parametrize(
    ("wish", "counts", "standing"),
    [
        pytest.param("go", {"pending": 1, "failed": 1}, "running", id="something waits"),
        pytest.param("pause", {"pending": 1}, "paused", id="stopped for a while"),
        pytest.param("pause", {"scanned": 1}, "done", id="stopped when nothing was left"),
        pytest.param("cancel", {"pending": 1, "scanned": 1}, "cancelled", id="being cancelled"),
        pytest.param("cancel", {"cancelled": 1, "failed": 1}, "cancelled", id="ended by a person"),
        pytest.param("cancel", {"scanned": 1}, "done", id="cancelled when all was done"),
        pytest.param("go", {"scanned": 1, "failed": 1}, "done_with_errors", id="something failed"),
        pytest.param("go", {"scanned": 1, "skipped": 1}, "done", id="all is well"),
        pytest.param("go", {}, "done", id="nothing in it"),
    ],
)
def test_how_a_job_stands_follows_from_its_wish_and_counts(wish, counts, standing):
    job = ScanJob(wish=wish, **counts)
    job.save()

    assert job.standing == standing
    assert {one for one in ScanJob.Standing.values if getattr(ScanJob.objects, one)().exists()} == {standing}


def test_the_rate_and_the_time_left_are_those_since_the_job_goes_on():
    began = timezone.now()
    job = ScanJob(scanned=130, done_before=100, pending=60, going_since=began, moved_at=began + timedelta(seconds=10))

    assert job.per_second == pytest.approx(3.0)
    assert job.time_left == timedelta(seconds=20)


# Starting --------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("R1.11")
def test_a_large_job_is_listed_at_once_and_asked_for_in_pieces():
    job = start_scan_of(companies(MORE_THAN_A_PIECE), wanted="all")

    assert (job.counts().total, len(due())) == (MORE_THAN_A_PIECE, PIECE)
    assert not advance(job.pk)
    assert len(due()) == MORE_THAN_A_PIECE
    assert not job.entries.unasked().exists()


@pytest.mark.proves("R7.7")
def test_a_large_job_is_started_in_a_few_queries(django_assert_max_num_queries):
    some = companies(900)

    with django_assert_max_num_queries(20):
        start_scan_of(some, wanted="all")


@pytest.mark.django_db(transaction=True)
def test_workers_ask_for_the_other_pieces():
    job = start_scan_of(companies(MORE_THAN_A_PIECE), wanted="all")

    Drainer(LaneName.HUNTER, budget=timedelta(seconds=PATIENCE), until=lambda: len(due()) == MORE_THAN_A_PIECE).run()

    assert len(due()) == MORE_THAN_A_PIECE
    assert job.counts().pending == MORE_THAN_A_PIECE


@pytest.mark.proves("R7.2")
@pytest.mark.parametrize(("count", "priority"), [(3, Priority.PERSON), (101, Priority.BULK)])
def test_a_job_of_many_domains_waits_behind_what_others_click(count, priority):
    start_scan_of(companies(count), wanted="all")

    assert set(Item.objects.filter(kind=SCAN).values_list("priority", flat=True)) == {priority}


@pytest.mark.proves("R1.2")
def test_a_bulk_scan_skips_what_was_scanned_within_the_hour():
    ScannedCompanyFactory(domain="fresh.com")
    old = ScannedCompanyFactory(domain="old.com")
    silent = ScannedCompanyFactory(domain="silent.com", scan_status="dns_timeout")
    Signals.objects.filter(company=old).update(scanned_at=timezone.now() - timedelta(minutes=61))
    CompanyFactory(domain="new.com")

    job = start_scan_of(Company.objects.all(), wanted="all")

    assert due() == {"old.com", silent.domain, "new.com"}
    assert job.entries.get(domain="fresh.com").state == "skipped"
    assert job.counts().skipped == 1


@pytest.mark.parametrize(
    ("caches", "asked"),
    [pytest.param(Caches.COUNT, set(), id="bulk"), pytest.param(Caches.IGNORED, {"fresh.com"}, id="a rescan")],
)
def test_a_rescan_looks_up_whatever_was_found_lately(caches, asked):
    ScannedCompanyFactory(domain="fresh.com")

    start_scan(["fresh.com"], wanted="a test", caches=caches)

    assert due() == asked
    assert set(ScanJobEntry.objects.of_rescans(["fresh.com"]).values_list("domain", flat=True)) == asked


# Pausing, cancelling, going on -----------------------------------------------------------------------------------------


def test_a_paused_job_begins_nothing_more_and_goes_on_where_it_was():
    user = UserFactory()
    job = start_scan_of(companies(MORE_THAN_A_PIECE), wanted="all")
    advance(job.pk)
    scan_of("firm-000.com")

    told = pause_scan(job.pk, by=user)
    while advance(job.pk):
        pass

    assert told.sentence() == f"Scan {job.pk} is paused; 1,002 of its domains wait until it goes on."
    assert due() <= {"firm-000.com"}
    assert (job.counts().pending, job.counts().scanned) == (1002, 1)

    resume_scan(job.pk, by=user)
    while advance(job.pk):
        pass

    assert due() >= {f"firm-{n:03}.com" for n in range(1, MORE_THAN_A_PIECE)}
    assert [entry.act for entry in AuditEntry.objects.order_by("id")] == ["pause", "go on"]
    assert_adds_up(job)


def test_a_cancelled_job_ends_what_waits_and_keeps_what_was_found():
    job = start_scan_of(companies(MORE_THAN_A_PIECE), wanted="all")
    scan_of("firm-000.com")
    Item.objects.filter(key="firm-000.com").update(due_at=None, taken=1, served=1)
    fail_entries(["firm-001.com"], reason="DNS did not answer.")

    told = cancel_scan(job.pk, by=None)
    while advance(job.pk):
        pass

    counts = job.counts()
    assert (counts.pending, counts.scanned, counts.failed, counts.cancelled) == (0, 1, 1, 1001)
    assert due() == {"firm-001.com"}, "what failed is tried again by itself"
    assert told.sentence() == f"Scan {job.pk} is cancelled: 1,001 domains are not scanned, 2 had been done."
    assert_adds_up(job)


def test_a_cancelled_job_can_go_on():
    job = start_scan_of(companies(3), wanted="all")
    scan_of("firm-000.com")
    cancel_scan(job.pk)

    told = resume_scan(job.pk)

    assert (told.before.scanned, told.job.pending, told.job.cancelled) == (1, 2, 0)
    assert {"firm-001.com", "firm-002.com"} <= due()


@pytest.mark.proves("R1.11", "R3.7")
def test_a_large_job_that_was_cancelled_goes_on_in_pieces_and_adds_up_in_between():
    job = start_scan_of(companies(2 * PIECE + 3), wanted="all")
    scan_of("firm-000.com")
    fail_entries(["firm-001.com"], reason="DNS did not answer.")
    while advance(job.pk):
        pass
    cancel_scan(job.pk)
    while advance(job.pk):
        pass

    told = resume_scan(job.pk)

    assert told.sentence() == "2,002 of its domains will be scanned; 1 are done and stay so."
    pending, asked = [told.job.pending], [job.entries.asked().count()]
    assert told.job.standing == ScanJob.Standing.RUNNING
    while advance(job.pk):
        assert_adds_up(job)
        pending.append(job.counts().pending)
        asked.append(job.entries.asked().count())
    assert pending[:3] == [PIECE, 2 * PIECE, 2 * PIECE + 2], "all of it waits again"
    assert asked[:2] == [0, 0], "before any of it is asked for"
    assert (job.counts().pending, job.counts().cancelled) == (2 * PIECE + 2, 0)
    assert not job.entries.unasked().exists()


def test_a_job_that_is_paused_or_cancelled_while_it_is_resumed_can_be_resumed_once_more():
    job = start_scan_of(companies(MORE_THAN_A_PIECE), wanted="all")
    cancel_scan(job.pk)
    while advance(job.pk):
        pass
    resume_scan(job.pk)

    assert pause_scan(job.pk).job.standing == ScanJob.Standing.PAUSED
    assert (job.counts().pending, job.counts().cancelled) == (PIECE, MORE_THAN_A_PIECE - PIECE)
    assert cancel_scan(job.pk).job.standing == ScanJob.Standing.CANCELLED
    resume_scan(job.pk)
    while advance(job.pk):
        pass

    assert job.entries.asked().count() == job.counts().pending == MORE_THAN_A_PIECE


def test_what_fails_after_a_job_goes_on_is_not_tried_for_ever():
    job = start_scan_of(companies(2), wanted="all")
    cancel_scan(job.pk)
    resume_scan(job.pk)

    fail_entries(["firm-000.com"], reason="DNS did not answer.")

    assert not advance(job.pk)
    assert (job.counts().failed, job.counts().pending) == (1, 1)


def test_what_was_lost_before_a_job_goes_on_is_asked_for_once_more():
    job = start_scan_of(companies(2), wanted="all")
    Item.objects.filter(kind=SCAN).delete()

    resume_scan(job.pk)

    assert due() == {"firm-000.com", "firm-001.com"}


def test_what_runs_when_its_job_is_cancelled_is_finished_and_kept():
    job = start_scan_of(companies(2), wanted="all")
    hold("firm-000.com")

    cancel_scan(job.pk)
    settle("firm-000.com")

    assert Company.objects.get(domain="firm-000.com").score == 70
    assert job.counts().cancelled == 2
    assert due() == set()


def test_what_runs_when_its_job_is_paused_is_not_done_twice():
    job = start_scan_of(companies(2), wanted="all")
    hold("firm-000.com")

    pause_scan(job.pk)
    assert look_at(job.pk) == Done(next_due=timedelta(seconds=5))
    resume_scan(job.pk)
    settle("firm-000.com")

    assert due() == {"firm-001.com"}
    assert job.counts().scanned == 1


def other_job():
    start_scan(["firm-000.com"], wanted="another")


def a_person():
    ask(SCAN, ["firm-000.com"], priority=Priority.PERSON)


@pytest.mark.parametrize("another", [other_job, a_person])
@pytest.mark.parametrize("comes", ["before", "after"])
@pytest.mark.parametrize("stop", [pause_scan, cancel_scan])
def test_a_domain_that_somebody_else_wants_too_stays_due(another, comes, stop):
    some = companies(2)
    if comes == "before":
        another()
    job = start_scan_of(some, wanted="all")
    if comes == "after":
        another()

    stop(job.pk)

    assert due() == {"firm-000.com"}


@pytest.mark.parametrize("first", [0, 1], ids=["the first", "the second"])
def test_of_two_jobs_with_one_domain_the_last_that_is_cancelled_takes_it_back(first):
    some = companies(1)
    jobs = [start_scan_of(some, wanted="one"), start_scan_of(some, wanted="other")]

    cancel_scan(jobs[first].pk)
    assert due() == {"firm-000.com"}
    cancel_scan(jobs[1 - first].pk)

    assert due() == set()
    assert Item.objects.get(key="firm-000.com").served == 2


def test_a_job_that_revives_what_was_given_up_can_be_cancelled():
    some = companies(1)
    start_scan_of(some, wanted="given up")
    Item.objects.filter(kind=SCAN).update(due_at=None, dead_at=timezone.now(), taken=1)
    fail_entries(["firm-000.com"], reason="DNS did not answer.")
    job = start_scan_of(some, wanted="again")
    assert due() == {"firm-000.com"}

    cancel_scan(job.pk)

    assert due() == set()


def test_a_domain_of_two_jobs_is_scanned_once_and_counted_in_both():
    some = companies(1)
    jobs = [start_scan_of(some, wanted="one"), start_scan_of(some, wanted="other")]
    hold("firm-000.com")

    settle("firm-000.com")

    assert [one.counts().scanned for one in jobs] == [1, 1]
    assert due() == set()


def done():
    job = ScanJobFactory()
    ScanJobEntryFactory(job=job, state="scanned", finished_at=timezone.now())
    return job


@pytest.mark.parametrize("stop", [pause_scan, cancel_scan])
def test_a_job_that_has_ended_is_not_stopped(stop):
    job = done()

    with pytest.raises(HunterError, match=f"Scan {job.pk} is done"):
        stop(job.pk)
    with pytest.raises(HunterError, match="There is no scan job 99999"):
        stop(99999)


def test_what_is_no_domain_is_not_tried_again():
    job = start_scan(["no domain"], wanted="a test")

    resume_scan(job.pk)

    assert job.counts().failed == 1
    assert due() == set()


def test_a_company_that_goes_during_its_scan_fails_its_entry():
    job = start_scan_of(companies(1), wanted="all")
    Company.objects.all().delete()

    scan_of("firm-000.com")

    assert job.entries.get().reason == "The company is not there any more."


def test_what_waits_in_vain_is_found_by_whoever_looks_after_the_job():
    job = start_scan_of(companies(2), wanted="all")
    Item.objects.filter(kind=SCAN, key="firm-000.com").update(due_at=None, dead_at=timezone.now())

    look_at(job.pk)

    assert (job.counts().failed, job.counts().pending) == (1, 1)
    assert look_at(99999) == Done()


# The daily rescan ------------------------------------------------------------------------------------------------------


def stale(domain):
    company = ScannedCompanyFactory(domain=domain)
    Signals.objects.filter(company=company).update(scanned_at=timezone.now() - timedelta(hours=25))


def test_the_stale_companies_of_a_day_are_one_job():
    stale("a.com")
    assert rescan_stale() == 1
    stale("b.com")
    ScannedCompanyFactory(domain="fresh.com")

    assert rescan_stale() == 1

    job = ScanJob.objects.get()
    assert job.wanted.startswith("daily rescan of ")
    assert (job.counts().pending, due()) == (2, {"a.com", "b.com"})
    assert rescan_stale() == 0


def test_what_was_never_scanned_is_not_rescanned():
    left_alone = companies(2)
    CompanyFactory(domain="silent.com", scan_status="dns_timeout")

    assert rescan_stale() == 1

    assert due() == {"silent.com"}
    assert left_alone.awaiting_scan().count() == 2


def test_a_day_s_rescan_that_a_person_stopped_stays_stopped():
    stale("a.com")
    rescan_stale()
    cancel_scan(ScanJob.objects.get().pk)

    assert rescan_stale() == 0
    assert due() == set()


def test_the_rescan_revives_nothing_that_was_given_up():
    stale("a.com")
    Item.objects.create(kind=SCAN, key="a.com", lane="dns", due_at=None, dead_at=timezone.now())

    assert rescan_stale() == 0
    assert not ScanJob.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_paused_job_ends_the_command_that_waits_for_it(other_side):
    job = start_scan_of(companies(2), wanted="all")
    pause_scan(job.pk)

    report = finish_scan(job)

    assert (report.scanned, report.waiting) == (0, 2)
    assert f"`scan_domains --job {job.pk}` goes on" in report.sentence()
    assert other_side.control.calls("dns") == []
