"""A page of referrals into the database: companies, referrals, links, what follows, counts (ledger: sync)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from hunter.crashpoints import crash_point
from hunter.work.problems import record_problem, resolve_problems
from leads.models import Company
from referrals.company_facts import EarlierFacts
from referrals.contract import UnreadableReferral
from referrals.kinds import WITH_COMPANY
from referrals.link_rules import AutomaticLink
from referrals.masking import masked
from referrals.models import Referral
from referrals.services.companies import Tidings, ask_for_next_steps, companies_for
from referrals.services.planning import Fault, PagePlan, fault_of, plan_page
from referrals.services.quarantine import KIND, OPERATION, keep_refused, settle_refused
from referrals.services.storing import FirstLink, Stored, Written, upsert_referrals

SERVICE = "partner_center"

# A link that a person set or took away is out of reach for every sync (R3.3); an equal one is not written again.
# The first link of a referral is no move; one that leaves a company is kept in the link's history.
LINK = """
with v as (
    select * from unnest(%(ids)s::text[], %(companies)s::bigint[], %(statuses)s::text[], %(candidates)s::jsonb[])
        v (referral_id, company_id, link_status, candidates)
), moved as (
    insert into referrals_linkmove (referral_id, act, from_domain, to_domain)
    select r.id, 'moved', coalesce(old.domain, ''), coalesce(new.domain, '')
    from v join referrals_referral r on r.referral_id = v.referral_id and r.link_origin <> 'person'
        and r.company_id is not null and r.company_id is distinct from v.company_id
    join leads_company old on old.id = r.company_id left join leads_company new on new.id = v.company_id
    order by r.id
)
update referrals_referral r set company_id = v.company_id, link_status = v.link_status,
    candidates = v.candidates, linked_by_id = null, linked_at = now()
from v
where r.referral_id = v.referral_id and r.link_origin <> 'person'
  and (r.company_id, r.link_status, r.candidates) is distinct from (v.company_id, v.link_status, v.candidates)
"""


@dataclass(frozen=True, slots=True)
class PageRows:
    """The rows of a page by what became of them: the keys of stored referrals, and what refused rows are kept under.

    A row that came twice is there twice, so that there are as many as were counted.
    """

    created: tuple[int, ...] = ()
    updated: tuple[int, ...] = ()
    unchanged: tuple[int, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageCounts:
    """What became of the rows of a page: fetched = created + updated + unchanged + skipped + failed."""

    fetched: int
    created: int
    updated: int
    unchanged: int
    linked: int
    unlinked: int
    failed: int
    skipped: Mapping[str, int]
    rows: PageRows = field(default_factory=PageRows)


def ingest_page(rows: Sequence[Any], *, consumer_domains: AbstractSet[str]) -> tuple[PagePlan, PageCounts]:
    """Write a page. Takes part in the caller's transaction; a bad row is kept as an error, the page goes on (R3.5).

    Locks companies, then referrals. A page in which nothing changed writes nothing.
    """
    plan = plan_page(rows, consumer_domains=consumer_domains)
    crash_point("sync_referrals.before_write")
    told = companies_for(_tidings(plan))
    firsts = {one: _first_link(link, companies=told.by_domain) for one, link in plan.links.items()}
    written = upsert_referrals([reading.fields for reading in plan.changed.values()], links=firsts)
    touched = written.created.keys() | written.updated.keys()
    link_referrals(
        {one: plan.links[one] for one in written.updated.keys() & plan.links.keys()}, companies=told.by_domain
    )
    ask_for_next_steps(_affected(plan, touched), outdated=told.outdated)
    faults = [*plan.faults, *_refusals(written, plan)]
    _keep_problems(faults, seen=plan.changed.keys() | plan.unchanged.keys())
    return plan, _counts(plan, written, faults=faults)


def link_referrals(links: Mapping[str, AutomaticLink], *, companies: Mapping[str, Company]) -> None:
    """Set the automatic links in one statement; what a person decided stays."""
    if not links:
        return
    ids = sorted(links)
    values: dict[str, Any] = {
        "ids": ids,
        "companies": [companies[domain].pk if (domain := links[one].domain) else None for one in ids],
        "statuses": [links[one].status.value for one in ids],
        "candidates": [json.dumps(list(links[one].candidates)) for one in ids],
    }
    with connection.cursor() as cursor:
        cursor.execute(LINK, values)


def _first_link(link: AutomaticLink, *, companies: Mapping[str, Company]) -> FirstLink:
    company = companies[link.domain].pk if link.domain else None
    return FirstLink(company, link.status, tuple(link.candidates))


def _tidings(plan: PagePlan) -> list[Tidings]:
    """What the changed referrals tell the companies that they are tied to without a person; oldest change first."""
    return [
        Tidings(domain, reading, earlier=_earlier(plan.stored.get(referral_id), domain=domain))
        for referral_id, reading in plan.changed.items()
        if (domain := _company_of(plan, referral_id))
    ]


def _company_of(plan: PagePlan, referral_id: str) -> str | None:
    """The domain of the company that hears of the referral: the person's choice, else the automatic one."""
    link = plan.links.get(referral_id)
    return link.domain if link else plan.stored[referral_id].linked_to


def _earlier(held: Stored | None, *, domain: str) -> EarlierFacts | None:
    if held is None or held.linked_to != domain:
        return None
    return EarlierFacts(held.company_name, held.azure_tenant_id)


def _affected(plan: PagePlan, touched: AbstractSet[str]) -> set[str]:
    """The domains whose companies count these referrals, before and after (e.6)."""
    domains: set[str | None] = set()
    for referral_id in touched:
        held = plan.stored.get(referral_id)
        domains |= {_company_of(plan, referral_id), plan.changed[referral_id].fields.domain}
        domains |= {held.linked_to, held.domain} if held else set()
    return {domain for domain in domains if domain}


def _refusals(written: Written, plan: PagePlan) -> Iterable[Fault]:
    for fields, reason in written.refused:
        error = UnreadableReferral(f"The database refused the referral: {reason}.")
        yield fault_of(plan.changed[fields.referral_id].fields.raw_data, referral_id=fields.referral_id, error=error)


def _keep_problems(faults: Sequence[Fault], *, seen: AbstractSet[str]) -> None:
    good = sorted(seen - {fault.key for fault in faults})
    resolve_problems(KIND, good, OPERATION)
    settle_refused(good, how="It was taken in.")
    keep_refused(faults)
    for fault in sorted(faults, key=lambda one: one.key):
        context = {"reason": fault.error.message, "row": masked(fault.row)}
        record_problem(KIND, fault.key, fault.error, operation=OPERATION, service=SERVICE, context=context)


def _counts(plan: PagePlan, written: Written, *, faults: Sequence[Fault]) -> PageCounts:
    refused = {fields.referral_id for fields, _ in written.refused}
    occurrences = plan.unchanged + Counter(plan.changed.keys() - refused)
    outrun = plan.changed.keys() - refused - written.created.keys() - written.updated.keys()  # another was quicker
    same = plan.unchanged + Counter(outrun)
    stands = _standing(plan, written, unclear=plan.changed.keys() - refused - written.created.keys())
    linked = sum(count for one, count in occurrences.items() if stands[one].is_linked)
    return PageCounts(
        fetched=plan.fetched,
        created=len(written.created),
        updated=len(written.updated),
        unchanged=same.total(),
        linked=linked,
        unlinked=occurrences.total() - linked,
        failed=len(faults),
        skipped=plan.skipped,
        rows=PageRows(
            created=tuple(sorted(written.created.values())),
            updated=tuple(sorted(written.updated.values())),
            unchanged=tuple(sorted(stands[one].pk for one in same.elements())),
            refused=tuple(sorted(fault.key for fault in faults)),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    pk: int
    link_status: str

    @property
    def is_linked(self) -> bool:
        return self.link_status in WITH_COMPANY


def _standing(plan: PagePlan, written: Written, *, unclear: AbstractSet[str]) -> dict[str, _Standing]:
    """How each referral of the page stands now: as it was read, as it was made, and the others read again."""
    stands = {one: _Standing(held.pk, held.link_status) for one, held in plan.stored.items()}
    stands |= {one: _Standing(pk, plan.links[one].status) for one, pk in written.created.items()}
    if unclear:
        rows = Referral.objects.filter(referral_id__in=unclear).values_list("referral_id", "pk", "link_status")
        stands |= {referral_id: _Standing(pk, status) for referral_id, pk, status in rows}
    return stands
