"""Several processes at once on the same work: it is parted, nothing is done twice, and the lane's limits hold (R2.1–R2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from hunter.work.asking import ask
from leads.models import Company, Signals
from leads.services.scanning import start_scan
from referrals.kinds import LinkOrigin
from referrals.models import LinkMove, Referral
from referrals.services.syncing import sync_referrals
from tests.factories.leads import CompanyFactory, ScannedCompanyFactory
from tests.processes.pipelines import books, works
from tests.processes.pipelines.conftest import FREELY
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.processes]

MANY = 60
RATE, BURST, SLOTS, REGISTRY_SLOTS = 30, 5, 12, 4
LIMIT = f"{RATE},{BURST}"
Span = tuple[datetime, datetime]


def spans_of(calls: Iterable[dict[str, Any]]) -> list[Span]:
    """From when to when each call was open."""
    begun = [(datetime.fromisoformat(call["at"]), call["seconds"]) for call in calls]
    return sorted((at, at + timedelta(seconds=seconds)) for at, seconds in begun)


def most_at_once(spans: Sequence[Span]) -> int:
    return max(sum(other[0] <= one[0] < other[1] for other in spans) for one in spans)


def most_over_limit(spans: Sequence[Span]) -> float:
    """By how many calls the fullest of all windows is over rate × its length + burst; what was granted may arrive bunched."""
    starts = [begin for begin, _ in spans]
    return max(
        last - first + 1 - BURST - RATE * (starts[last] - starts[first]).total_seconds()
        for first in range(len(starts))
        for last in range(first, len(starts))
    )


def both_with_work(begin: Any, lane: str, kind: str, **more: str) -> list[dict[str, Any]]:
    """Two drainers that have both claimed before either goes on; what each says of its work."""
    more |= {"HUNTER_STOP_AT": f"{kind}.after_claim_commit"}
    both = [begin("drain", lane, "--json", **more) for _ in range(2)]
    for one in both:
        one.wait_until_stopped()
    for one in both:
        one.go_on()
    assert [one.wait() for one in both] == [0, 0], [one.words for one in both]
    return [one.answer for one in both]


BY_RATE = pytest.param(LIMIT, id="where the rate is the limit")
BY_SLOTS = pytest.param(FREELY, id="where the slots are the limit")


@pytest.mark.proves("R1.1", "R2.1", "R2.2", "R2.3", "R3.2")
@pytest.mark.parametrize("limit", [BY_RATE, BY_SLOTS])
def test_two_drainers_part_the_pushes_and_keep_to_the_lanes_limits(limit, sandbox, begin):
    companies = ScannedCompanyFactory.create_batch(MANY)
    sandbox.control.add_fault(service="dataverse", operation="create", fault="slow", seconds=0.5)
    ask("push_dynamics365", [one.domain for one in companies])
    more = {"LIMIT_DYNAMICS365": limit, "CONCURRENCY_DYNAMICS365": str(SLOTS)}

    told = both_with_work(begin, "dynamics365", "push_dynamics365", **more)

    journal = sandbox.control.journal("dataverse")
    assert sum(one["done"] for one in told) == MANY
    assert all(one["done"] for one in told)
    assert 2 < journal["most_open"] <= SLOTS
    assert limit == FREELY or most_over_limit(spans_of(journal["calls"])) <= SLOTS
    books.leads_are_balanced(sandbox)


@pytest.mark.proves("R2.1", "R2.2", "R2.3", "R3.2")
@pytest.mark.parametrize("limit", [BY_RATE, BY_SLOTS])
def test_two_drainers_part_the_scans_and_keep_to_the_lanes_limits(limit, sandbox, begin):
    sandbox.control.reset(companies=MANY + 10, referrals=0, seed=2)
    sandbox.control.add_fault(service="dns", operation="NS", fault="slow", seconds=0.5)
    start_scan(books.answering_domains(sandbox)[:MANY], wanted="all")

    told = both_with_work(begin, "dns", "scan", LIMIT_DNS=limit, CONCURRENCY_DNS=str(SLOTS))

    spans = spans_of_domains(sandbox)
    assert sum(one["done"] for one in told) == MANY == len(spans)
    assert all(one["done"] for one in told)
    assert 2 < most_at_once(spans) <= SLOTS
    assert limit == FREELY or most_over_limit(spans) <= SLOTS
    assert sorted(Signals.objects.values_list("scan_count", flat=True)) == [1] * MANY
    books.scans_are_balanced(sandbox)


@pytest.mark.proves("R2.1", "R2.3", "R2.4", "R3.2")
@pytest.mark.parametrize("limit", [BY_RATE, BY_SLOTS])
def test_two_drainers_together_keep_to_the_limits_of_the_registries(limit, sandbox, begin):
    sandbox.control.reset(companies=MANY + 10, referrals=0, seed=2)
    for service in ("rdap", "whois"):
        sandbox.control.add_fault(service=service, operation="domain", fault="slow", seconds=0.5)
    start_scan(books.answering_domains(sandbox)[:MANY], wanted="all")

    more = {"LIMIT_RDAP": limit, "CONCURRENCY_RDAP": str(REGISTRY_SLOTS), "CONCURRENCY_DNS": str(MANY // 2)}
    told = both_with_work(begin, "dns", "scan", **more)

    spans = sorted(spans_of(sandbox.control.calls("rdap")) + spans_of(sandbox.control.calls("whois")))
    assert all(one["done"] for one in told)
    assert len(spans) >= MANY, "each was asked about"
    assert 2 < most_at_once(spans) <= REGISTRY_SLOTS
    assert limit == FREELY or most_over_limit(spans) <= REGISTRY_SLOTS
    books.scans_are_balanced(sandbox)


def spans_of_domains(sandbox: Any) -> list[Span]:
    """From the first question about each domain to its last answer: a scan is one call of the lane (domain document b.4)."""
    calls = sandbox.control.calls("dns")
    spans = []
    for domain in Company.objects.values_list("domain", flat=True):
        own = spans_of(call for call in calls if is_about(call["path"], domain))
        spans.append((own[0][0], max(end for _, end in own)))
    return sorted(spans)


def is_about(name: str, domain: str) -> bool:
    name = name.rstrip(".").lower()
    return name == domain or name.endswith(f".{domain}")


# --- syncs ---------------------------------------------------------------------------------------------------------

LAST_QUERY = "select count(*) from pg_stat_activity where application_name = %s and query ilike %s"


def has_asked(process: str, what: str) -> bool:
    """Whether the newest query of the process of that name is about `what`."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_QUERY, [process, f"%{what}%"])
        return bool(cursor.fetchone()[0])


@pytest.mark.proves("R3.1", "R3.2")
def test_two_syncs_at_once_are_one_run_and_read_each_page_once(sandbox, begin):
    works.has_pages(sandbox)
    first = begin("sync_referrals", "--json", HUNTER_STOP_AT="partner_center.list referrals.after:2")
    first.wait_until_stopped()
    second = begin("sync_referrals", "--json", PGAPPNAME="second")
    until(lambda: has_asked("second", "remote_slot"), what="the second sync waits for its turn")
    first.go_on()

    ends = [one.wait() for one in (first, second)]

    assert ends == [1, 1], "some rows of the sandbox are bad"
    told = [{name: value for name, value in one.answer.items() if name != "seconds"} for one in (first, second)]
    assert told[0] == told[1]
    assert len(sandbox.control.calls("partner-center")) == told[0]["pages"] == 3
    books.sync_is_balanced(sandbox)


@pytest.mark.proves("R3.3")
@pytest.mark.parametrize(
    "point",
    [
        pytest.param("partner_center.list referrals.before", id="before it asks for the page"),
        pytest.param("sync_referrals.before_settle", id="with the page in hand"),
        pytest.param("sync_referrals.before_write", id="when it has decided on the page"),
    ],
)
def test_a_link_that_a_person_sets_during_a_sync_stays(point, sandbox, begin):
    referral = synced_and_changed(sandbox)
    sync = begin("sync_referrals", "--full", HUNTER_STOP_AT=point)
    sync.wait_until_stopped()

    relink = begin("relink_referral", referral, "chosen.example")
    assert relink.wait() == 0, relink.words
    sync.go_on()

    assert sync.wait() in {0, 1}, sync.words
    link_stays(referral)


@pytest.mark.proves("R3.2", "R3.3")
def test_two_syncs_and_a_person_who_links_and_undoes_leave_each_referral_once_and_the_last_word_to_the_person(
    sandbox, begin
):
    referral = synced_and_changed(sandbox)
    first = begin("sync_referrals", "--full", HUNTER_STOP_AT="sync_referrals.before_write")
    first.wait_until_stopped()
    second = begin("sync_referrals", "--full", PGAPPNAME="second")
    until(lambda: has_asked("second", "remote_slot"), what="the second sync waits for its turn")

    for arguments in (["chosen.example"], ["--undo"], ["chosen.example", "--why", "meant it"]):
        assert (one := begin("relink_referral", referral, *arguments)).wait() == 0, one.words
    first.go_on()

    assert {first.wait(), second.wait()} <= {0, 1}, (first.words, second.words)
    link_stays(referral)
    moves = LinkMove.objects.filter(referral__referral_id=referral).order_by("pk")
    assert list(moves.values_list("act", flat=True))[:3] == ["linked", "undone", "linked"]
    rows = {row["id"]: row["eTag"] for row in books.incoming(sandbox) if row.get("id")}
    assert dict(Referral.objects.values_list("referral_id", "etag")) == rows


@pytest.mark.proves("R3.3", "R3.4")
def test_a_link_that_a_person_sets_while_a_sync_commits_is_refused_or_stays(sandbox, begin):
    referral = synced_and_changed(sandbox)
    sync = begin("sync_referrals", "--full", HUNTER_STOP_AT="sync_referrals.before_settle_commit")
    sync.wait_until_stopped()

    relink = begin("relink_referral", referral, "chosen.example", PGAPPNAME="relink")
    until(lambda: has_asked("relink", "update"), what="the relink waits for the sync's row")
    sync.go_on()

    assert sync.wait() in {0, 1}, sync.words
    if relink.wait():  # it had read the row of before: a person is told and clicks again
        assert begin("relink_referral", referral, "chosen.example").wait() == 0
    link_stays(referral)


def synced_and_changed(sandbox: Any) -> str:
    """A referral that was synced and has since got another domain at Partner Center."""
    works.has_pages(sandbox)
    sync_referrals()
    CompanyFactory.create(domain="chosen.example")
    referral = Referral.objects.filter(link_origin=LinkOrigin.AUTOMATIC, company__isnull=False).earliest(
        "updated_at_source"
    )
    change = {"name": "Renamed", "/customerProfile/team/0/email": "anna@moved.example"}
    sandbox.control.edit("partner-center", {"id": referral.referral_id, "set": change})
    return referral.referral_id


def link_stays(referral_id: str) -> None:
    """Now, and after one more sync of everything."""
    for _ in range(2):
        referral = Referral.objects.select_related("company").get(referral_id=referral_id)
        assert referral.company is not None
        assert (referral.company.domain, referral.link_origin) == ("chosen.example", LinkOrigin.PERSON)
        sync_referrals(works.EVERYTHING)
    assert referral.name == "Renamed"
