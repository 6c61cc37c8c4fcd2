"""A scan of many domains under SIGKILL, and stopped while drainers work: nothing lost, nothing twice, counts that add up."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, F

from hunter.sandbox.running import MANY_AT_ONCE
from hunter.work.models import Item
from hunter.work.settle_beat import SETTLE_AT
from leads.models import Company, ScanJob, ScanJobEntry, Signals
from leads.services.scan_jobs import CHUNK, advance, cancel_scan, pause_scan, resume_scan
from leads.services.scanning import start_scan_of
from tests.processes.pipelines import books
from tests.processes.running import KILLED, LONGEST_RUN
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.processes]

MANY, SOME = 2000, 300
IN_FLIGHT = int(MANY_AT_ONCE)


def has_companies(sandbox: Any, count: int) -> Any:
    """So many companies whose name servers answer; all of them."""
    sandbox.control.reset(companies=count + count // 10, referrals=0, seed=3)
    domains = books.answering_domains(sandbox)[:count]
    assert len(domains) == count
    Company.objects.bulk_create(Company(domain=domain) for domain in domains)
    return Company.objects.all()


def asked_about(sandbox: Any) -> Counter[str]:
    """How often each domain's mail hosts were asked for: once for each scan that began, more often where an answer is late."""
    companies = set(Company.objects.values_list("domain", flat=True))
    asked = Counter(call["path"] for call in sandbox.control.calls("dns") if call["method"] == "MX")
    return Counter({domain: asked[domain] for domain in companies if asked[domain]})


def assert_adds_up(job: ScanJob) -> None:
    counts = job.counts()
    found = dict(job.entries.order_by().values_list("state").annotate(Count("pk")))
    assert {state: getattr(counts, state) for state in found} == found
    assert counts.total == job.entries.count()


def has_scanned(job: ScanJob, least: int) -> bool:
    return job.counts().scanned >= least


def connections_of(process: str) -> int:
    """How many the process of that name has; the database may still write what one that was killed has sent."""
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_stat_activity where application_name = %s", [process])
        return int(cursor.fetchone()[0])


def scanned_domains() -> set[str]:
    return set(Signals.objects.filter(scan_count__gt=0).values_list("company__domain", flat=True))


@pytest.mark.proves("R1.2", "R1.9", "R1.10", "R1.11")
@pytest.mark.fault(2, 3)
def test_a_kill_in_the_middle_of_two_thousand_domains_loses_and_repeats_nothing(sandbox, begin):
    job = start_scan_of(has_companies(sandbox, MANY), wanted="all")
    killed = begin("scan_domains", "--job", str(job.pk), PGAPPNAME="killed")
    until(lambda: job.counts().scanned > MANY // 4, seconds=LONGEST_RUN, what="the middle of the scan")
    killed.kill()
    assert killed.wait() == KILLED
    until(lambda: not connections_of("killed"), what="the end of what it had told the database")
    before, counts = scanned_domains(), job.counts()
    asked_before = asked_about(sandbox)
    assert MANY // 4 < len(before) == counts.scanned < MANY
    assert_adds_up(job)

    books.let_time_pass()
    survivor = begin("scan_domains", "--job", str(job.pk), "--json")

    assert survivor.wait() == 0, survivor.words
    told = survivor.answer
    assert (told["due"], told["scanned"], told["skipped"], told["failed"]) == (MANY, MANY - len(before), len(before), 0)
    asked = asked_about(sandbox)
    assert {domain for domain in before if asked[domain] != asked_before[domain]} == set(), "settled, and asked again"
    assert len(asked_before.keys() - before) <= IN_FLIGHT + SETTLE_AT, (
        "no more is lost than was in the air or not settled"
    )
    books.scans_are_balanced(sandbox)
    assert_adds_up(job)


@pytest.mark.proves("R1.9")
def test_a_job_that_is_cancelled_while_drainers_work_ends_and_another_with_its_domains_does_not(sandbox, begin):
    everything = has_companies(sandbox, SOME)
    kept = everything.filter(pk__in=list(everything.values_list("pk", flat=True)[: SOME // 3]))
    cancelled, other = start_scan_of(everything, wanted="all"), start_scan_of(kept, wanted="a third")
    drainers = [begin("drain", "dns", CONCURRENCY_DNS="20") for _ in range(2)]
    until(lambda: cancelled.counts().scanned > 20, what="both have begun")

    cancel_scan(cancelled.pk)

    assert [one.wait() for one in drainers] == [0, 0], [one.words for one in drainers]
    assert begin("drain", "dns").wait() == 0
    counts = cancelled.counts()
    assert (counts.pending, counts.failed) == (0, 0)
    assert counts.scanned + counts.cancelled == SOME
    assert other.counts().scanned == other.counts().total == SOME // 3
    beside = set(cancelled.entries.filter(state="cancelled").values_list("domain", flat=True))
    wanted = set(other.entries.values_list("domain", flat=True))
    assert len(scanned_domains() & beside - wanted) <= SOME // 3, "only what ran was finished"
    assert set(Signals.objects.values_list("scan_count", flat=True)) == {1}
    assert not Item.objects.filter(kind="scan", due_at__isnull=False).exists()
    for job in (cancelled, other):
        assert_adds_up(job)


@pytest.mark.proves("R1.9", "R3.6")
def test_a_job_that_is_paused_and_resumed_again_and_again_while_drainers_work_scans_each_domain_once(sandbox, begin):
    job = start_scan_of(has_companies(sandbox, SOME), wanted="all")
    drainers = [begin("drain", "dns", CONCURRENCY_DNS="20")]
    for stop in range(1, 6):
        until(partial(has_scanned, job, stop * 20), what="some are scanned")
        pause_scan(job.pk)
        assert_adds_up(job)
        resume_scan(job.pk)
        drainers.append(begin("drain", "dns", CONCURRENCY_DNS="20"))  # those that found nothing due have ended

    assert [one.wait() for one in drainers] == [0] * 6, [one.words for one in drainers]
    assert begin("scan_domains", "--job", str(job.pk)).wait() == 0
    assert job.counts().scanned == SOME
    assert set(Signals.objects.values_list("scan_count", flat=True)) == {1}
    assert_adds_up(job)


@pytest.mark.proves("R1.9", "R1.11", "R3.7")
@pytest.mark.fault(1, 3)
@pytest.mark.parametrize("point", ["before_claim_commit:2", "after_claim_commit:2", "before_claim_commit:5"])
def test_a_kill_while_a_large_cancelled_job_is_resumed_loses_and_repeats_nothing(point, begin):
    large = 3 * CHUNK + 5
    Company.objects.bulk_create(Company(domain=f"firm-{number}.com") for number in range(large))
    job = start_scan_of(Company.objects.all(), wanted="all")
    cancel_scan(job.pk)
    while advance(job.pk):
        pass
    resume_scan(job.pk)

    killed = begin("drain", "hunter", HUNTER_CRASH_AT=f"scan_job.{point}")

    assert killed.wait() == KILLED, killed.words
    assert_adds_up(job)
    counts = job.counts()
    assert counts.total == large
    assert counts.pending in {CHUNK, 2 * CHUNK, 3 * CHUNK, large}, "whole pieces"

    books.let_time_pass()
    assert begin("drain", "hunter").wait() == 0
    assert_adds_up(job)
    assert job.entries.asked().count() == job.counts().pending == large
    asked = Item.objects.filter(kind="scan", due_at__isnull=False, requested=F("served") + 1)
    assert asked.count() == large, "one request for each"


def test_a_kill_just_before_the_commit_leaves_every_count_as_it_was(sandbox, begin):
    job = start_scan_of(has_companies(sandbox, 40), wanted="all")
    killed = begin("drain", "dns", HUNTER_CRASH_AT="scan.before_settle_commit")

    assert killed.wait() == KILLED, killed.words

    assert job.counts().pending == 40
    assert ScanJobEntry.objects.filter(is_asked=True).count() == 40
