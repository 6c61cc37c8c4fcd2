"""The books of a run, balanced from the other side's own store: what Hunter believes of itself proves nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Exists, F, OuterRef

from crm.models import CrmRecord
from hunter.sandbox.running import RunningSandbox
from hunter.work import problems
from hunter.work.models import Attempt, ErrorRecord, Item
from hunter.work.policies import POLICIES
from leads.models import Company, Signals
from referrals.models import Referral
from tests.chaos import world
from tests.chaos.world import KIND, REFUSED
from tests.processes.pipelines.test_workers import only_lost_referrals

Lead = dict[str, Any]
RESTING = ("review", "closed", "gone")
LANE = problems.LANE


def faults(sandbox: RunningSandbox, *, items: int, edited_there: Mapping[str, str]) -> list[str]:
    """Everything that is wrong in the end; nothing when the books balance. One sentence each."""
    leads = sandbox.control.state("dataverse")["leads"]
    by_domain: dict[str, list[Lead]] = {}
    for lead in leads:
        by_domain.setdefault(lead["hnt_domain"], []).append(lead)
    return [
        *_missing_and_double(by_domain, items=items),
        *_made_beside(leads),
        *_decided_unasked(leads, by_domain, items=items),
        *_older_values(by_domain),
        *_lost_edits(by_domain, edited_there),
        *_ledger(),
        *_referrals(sandbox),
        *_scans(),
    ]


def due_companies() -> dict[str, Company]:
    """Those whose lead must be in the CRM: scored, not Skip, not refused there, and not for a person to decide."""
    resting = CrmRecord.objects.filter(state__in=RESTING).values("company")
    companies = Company.objects.worth_a_push().exclude(infrastructure_summary=REFUSED).exclude(pk__in=resting)
    return {one.domain: one for one in companies.exclude(pk__in=only_lost_referrals())}


def _missing_and_double(by_domain: Mapping[str, list[Lead]], *, items: int) -> Iterator[str]:
    due = due_companies()
    if len(due) < items * 0.9:
        yield f"Only {len(due)} of {items} companies were to be pushed at all."
    for domain in due:
        if len(by_domain.get(domain, [])) != 1:
            yield f"{domain} has {len(by_domain.get(domain, []))} leads."
    refused = Company.objects.filter(infrastructure_summary=REFUSED).values_list("domain", flat=True)
    for domain in refused:
        if any(lead["hnt_lastsynctime"] for lead in by_domain.get(domain, [])):
            yield f"{domain} was written to, though the CRM refuses it."


def _made_beside(leads: list[Lead]) -> Iterator[str]:
    """Of the leads that the API made, each has the id that Hunter derived for its company."""
    own = {str(ident) for ident in CrmRecord.objects.values_list("own_id", flat=True)}
    for lead in leads:
        if lead["_created_by_api"] and lead["leadid"].lower() not in own:
            yield f"Lead {lead['leadid']} was made beside the derived ids."


def _decided_unasked(leads: list[Lead], by_domain: Mapping[str, list[Lead]], *, items: int) -> Iterator[str]:
    """No lead that its website alone ties to a company was written to; where one was there first, a person is asked."""
    for lead in leads:
        if lead["websiteurl"] and not lead["hnt_domain"] and lead["hnt_lastsynctime"]:
            yield f"Lead {lead['leadid']} was taken over, and nobody had said so."
    alike = [world.domain_of(number) for number in range(items) if world.is_alike(number)]
    held = CrmRecord.objects.filter(state="review").exclude(look_alikes=[]).values_list("company__domain", flat=True)
    for domain in set(alike) - set(held):
        yield f"{domain} waits for no person, though the CRM had a lead with its website."
    for domain in alike:
        if by_domain.get(domain):
            yield f"{domain} got a lead before a person had said that it needs one."


def _older_values(by_domain: Mapping[str, list[Lead]]) -> Iterator[str]:
    """What Hunter wins is there as Hunter has it now, and as Hunter believes that it was confirmed."""
    records = {one.company.domain: one for one in CrmRecord.objects.select_related("company")}
    for domain, company in due_companies().items():
        for lead in by_domain.get(domain, [])[:1]:
            told = (lead["hnt_infrasummary"] or "", lead["hnt_finalscore"])
            if told != (company.infrastructure_summary, company.score):
                yield f"{domain} has {told} there, and {company.infrastructure_summary!r}, {company.score} here."
            record = records.get(domain)
            if record is None or record.confirmed is None or record.sent:
                yield f"{domain} is not known to be confirmed, or something sent is still in doubt."
            elif (record.confirmed.get("hnt_infrasummary") or "") != (lead["hnt_infrasummary"] or ""):
                yield f"{domain}: confirmed is not what the CRM has."


def _lost_edits(by_domain: Mapping[str, list[Lead]], edited_there: Mapping[str, str]) -> Iterator[str]:
    for domain, title in edited_there.items():
        if [lead["jobtitle"] for lead in by_domain.get(domain, [])] != [title]:
            yield f"{domain}: what a person wrote in the CRM is lost."


def _ledger() -> Iterator[str]:
    """Every item is served as often as it was asked for, or given up with the record that says why."""
    unsettled = ErrorRecord.objects.unsettled().filter(kind=OuterRef("kind"), key=OuterRef("key"))
    dead = Item.objects.filter(dead_at__isnull=False)
    for item in dead.exclude(Exists(unsettled)):
        yield f"{item} was given up without a record."
    refused = set(Company.objects.filter(infrastructure_summary=REFUSED).values_list("domain", flat=True))
    given_up = set(dead.filter(kind=KIND).values_list("key", flat=True))
    if given_up != refused:
        yield f"Given up: {sorted(given_up - refused)[:5]} too much, {sorted(refused - given_up)[:5]} too few."
    for item in Item.objects.filter(dead_at__isnull=True).exclude(served=F("requested")):
        yield f"{item} is still owed."
    for item in Item.objects.filter(lease__isnull=False):
        yield f"{item} is still held."
    for kind, most in {name: policy.attempts for name, policy in POLICIES.items()}.items():
        for item in Item.objects.filter(kind=kind, attempts__gt=most):
            yield f"{item} has {item.attempts} attempts, more than its {most}."
    failed = Attempt.objects.filter(outcome="dead").values("item_id")
    silent = Item.objects.filter(pk__in=failed).exclude(
        Exists(ErrorRecord.objects.filter(kind=OuterRef("kind"), key=OuterRef("key")))
    )
    for item in silent:
        yield f"{item} failed in silence."
    for trouble in ErrorRecord.objects.unsettled().filter(kind=LANE):
        yield f"The lane {trouble.key} is still in trouble: {trouble.message}"


def _referrals(sandbox: RunningSandbox) -> Iterator[str]:
    rows = sandbox.control.state("partner-center")["referrals"]
    there = {row["id"]: row["eTag"] for row in rows if row.get("direction") == "Incoming" and row.get("id")}
    stored = dict(Referral.objects.values_list("referral_id", "etag"))
    if stored != there:
        yield f"{len(there.items() ^ stored.items())} differences between Partner Center's referrals and ours."


def _scans() -> Iterator[str]:
    """A company that a referral brought was not recorded more often than it was asked for, however often it was killed."""
    asked = dict(Item.objects.filter(kind="scan").values_list("key", "served"))
    for domain, count in Signals.objects.filter(scan_count__gt=1).values_list("company__domain", "scan_count"):
        if count > asked.get(domain, 0):
            yield f"{domain} was recorded {count} times and asked for {asked.get(domain, 0)} times."


def repeated_writes(sandbox: RunningSandbox) -> int:
    """Writes beyond the first of each lead: repeats after a lost answer, and edits; harmless, and told."""
    leads = sandbox.control.state("dataverse")["leads"]
    return sum(Counter({lead["leadid"]: max(0, lead["_writes"] - 1) for lead in leads}).values())
