"""Pushes that somebody asks for: what is due is found and asked for, and the answers are waited for."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q

from crm.backend import CrmBackend
from crm.dueness import Dueness, dueness
from crm.models import CrmRecord
from crm.push.brief import as_it_would_be_sent, needs_write
from crm.push.record import LeadRecord, LeadState, PushResult
from crm.push_kind import push_case, running_scans
from crm.registry import enabled_crm, enabled_crms
from crm.services.assembling import Assembled, assembled
from crm.services.checking import live_mapping
from crm.services.conflicts import tell_conflicts
from crm.services.intents import as_value, installation_id, locked_records, own_lead_id
from crm.services.wanting import Wishes
from hunter.audit import recording
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.models import Lane
from hunter.remote.tokens import with_bearer
from hunter.transactions import retried
from hunter.work.asking import ask, sweep
from hunter.work.models import ErrorRecord, Item, Priority
from hunter.work.problems import LANE
from hunter.work.waiting import work_until
from leads.models import Company

PAGE = 500
BLOCK = 1000
BRIEFLY = timedelta(seconds=20)  # a wait shorter than this is waited for; a back-off is not
TOKEN_OUTLIVES = timedelta(minutes=5)
WAIT_FOR_SLOT = timedelta(minutes=3)  # longer than a drainer that has them all


@dataclass(frozen=True, slots=True)
class PushReport:
    """How the due companies stand after a run. `due` counts what was not confirmed, waiting for a retry or not.

    `held` are those of the failed whose lead rests: a person decides, or it is closed or deleted there.
    """

    due: int
    created: int = 0
    updated: int = 0
    adopted: int = 0
    unchanged: int = 0
    failed_companies: int = 0
    held: int = 0
    dead: int = 0
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        return bool(self.failed_companies or self.dead)

    def as_dict(self) -> dict[str, Any]:
        return {
            "due": self.due,
            "created": self.created,
            "updated": self.updated,
            "adopted": self.adopted,
            "unchanged": self.unchanged,
            "failed": self.failed_companies,
            "dead": self.dead,
            "seconds": round(self.seconds, 2),
        }

    def sentence(self) -> str:
        if not self.due:
            return "Nothing is due: every lead is as Hunter wants it."
        told = f"{self.created} created, {self.updated} updated, {self.adopted} adopted"
        again = self.failed_companies - self.held
        troubles = [
            f"{again} failed and are tried again by themselves" if again else "",
            f"{self.held} wait for a person, or are closed there: see CRM leads" if self.held else "",
            f"{self.dead} were given up: see their error records" if self.dead else "",
        ]
        return (
            ". ".join(
                [
                    f"{'1 was' if self.due == 1 else f'{self.due} were'} due: {told} ({self.seconds:.1f} s)",
                    *filter(None, troubles),
                ]
            )
            + "."
        )


@dataclass(frozen=True, slots=True)
class PushRequest:
    """What a click on *Push* came to."""

    asked: int
    deleted: int = 0  # of these leads, deleted in the CRM: a push leaves them so

    @property
    def failed(self) -> bool:
        return bool(self.deleted)

    def as_dict(self) -> dict[str, Any]:
        return {"asked": self.asked}

    def sentence(self) -> str:
        if not self.deleted:
            return f"{self.asked:,} will be pushed within a minute." if self.asked else "There was nothing to push."
        leads = "1 lead was" if self.deleted == 1 else f"{self.deleted:,} leads were"
        return (
            f"{self.asked:,} will be looked at within a minute. {leads} deleted in the CRM: only Make the lead again, on "
            "the lead's own page, makes it anew."
        )


def push_due(
    backend: CrmBackend | None = None, *, limit: int | None = None, progress: Callable[[str], None] | None = None
) -> PushReport:
    """Push everything that is due to one CRM, the first unless said, and wait for the answers.

    Raises HunterError when the CRM can't be used at all.
    """
    backend = backend or enabled_crm()
    began, since = time.monotonic(), database_now()
    domains = due_domains(backend, limit=limit)
    for start in range(0, len(domains), BLOCK):
        with transaction.atomic(durable=True):
            sweep(backend.push_kind, domains[start : start + BLOCK])
    return _waited_for(backend, domains, since=since, began=began, progress=progress)


def push_company(domain: str, backend: CrmBackend | None = None, *, asked_by: str = "") -> PushReport:
    """Push one company because a person wants it, and wait for the answer; dead letters and Skip are no obstacle."""
    backend = backend or enabled_crm()
    began, since = time.monotonic(), database_now()
    must_exist(domain)
    retried(transaction.atomic(durable=True)(want_pushes))([domain], asked_by=asked_by, backends=[backend])
    return _waited_for(backend, [domain], since=since, began=began, progress=None)


def must_exist(domain: str) -> None:
    """Raises HunterError with the way to a company of that domain where there is none."""
    if not Company.objects.filter(domain=domain).exists():
        raise HunterError(f"There is no company {domain}. `scan_domains {domain}` makes one.", field="company")


@retried
@transaction.atomic
def request_pushes(domains: Sequence[str], *, by: AbstractBaseUser | None, crm: str | None = None) -> PushRequest:
    """Ask for pushes as a person, to all CRMs or one: before all that a schedule asked for, whatever the segment. Audited.

    A lead that rested because there were several, or because it was closed, is looked at anew. A claim locks items
    before records and this the other way round, so it is repeated after a deadlock (R3.6).
    """
    backends = enabled_crms(crm)
    asked_by = by.get_username() if by else ""
    companies = list(Company.objects.of_domains(domains))
    for company in companies:
        recording.record(company, act="push", by=by)
    names = [backend.name for backend in backends]
    deleted = CrmRecord.objects.of_companies(companies).filter(crm__in=names, state=LeadState.GONE).count()
    return PushRequest(want_pushes(domains, asked_by=asked_by, backends=backends), deleted)


def want_pushes(domains: Sequence[str], *, asked_by: str, backends: Sequence[CrmBackend]) -> int:
    """Mark the records as wanted by a person and ask; how many companies it is. In the caller's transaction: all records
    are locked before the first item is.
    """
    companies = list(Company.objects.of_domains(domains))
    for row in [row for one in backends for row in locked_records(companies, crm=one.name).values()]:
        row.wanted_by_person = True
        if row.state in {LeadState.REVIEW, LeadState.CLOSED}:
            row.state, row.etag, row.absent_at, row.hops = LeadState.PENDING, "", None, 0
        row.save(update_fields=["wanted_by_person", "state", "etag", "absent_at", "hops"])
    keys = [company.domain for company in companies]
    return max(ask(one.push_kind, keys, priority=Priority.PERSON, asked_by=asked_by) for one in backends)


@retried
@transaction.atomic
def create_again(record: CrmRecord, *, by: AbstractBaseUser | None) -> PushRequest:
    """Make a lead that was deleted in the CRM anew, under a new id, because a person asks (ledger: Gone). Audited."""
    row = CrmRecord.objects.select_for_update().select_related("company").get(pk=record.pk)
    if row.state != LeadState.GONE:
        raise HunterError(f"The lead of {row.company.domain} was not deleted in the CRM; push it instead.")
    row.generation += 1
    domain = row.company.domain
    row.own_id = own_lead_id(installation_id(), crm=row.crm, domain=domain, generation=row.generation)
    row.lead_id, row.state, row.etag, row.sync_error = row.own_id, LeadState.PENDING, "", ""
    row.confirmed, row.seen, row.ever_confirmed, row.sent, row.taken, row.disputed = None, None, False, [], {}, {}
    row.absent_at, row.wanted_by_person, row.payload_hash = None, True, ""
    waited, row.undecided, row.has_conflict, row.look_alikes = row.undecided, {}, False, []
    row.save()
    tell_conflicts(row, domain=domain, before=waited)
    recording.record(row, act="create again", by=by)
    kind = enabled_crm(row.crm).push_kind
    return PushRequest(ask(kind, [domain], priority=Priority.PERSON, asked_by=by.get_username() if by else ""))


def due_domains(backend: CrmBackend, *, limit: int | None = None, only: str | None = None) -> list[str]:
    """The companies whose lead is not as Hunter wants it, by pages over the key (R7.3)."""
    wishes = live_wishes(backend)
    domains: list[str] = []
    for page in _pages(only):
        domains += due_of(page, wishes, crm=backend.name)
        if limit is not None and len(domains) >= limit:
            return domains[:limit]
    return domains


def live_wishes(backend: CrmBackend) -> Wishes:
    """The mapping as it can be sent now. Raises RemoteError, Deferred, Misconfigured."""
    mapping = with_bearer(
        backend.token_source(),
        lambda token: live_mapping(backend, token=token, wait=WAIT_FOR_SLOT),
        outlives=TOKEN_OUTLIVES,
    )
    return Wishes.of(backend, mapping)


def _pages(only: str | None) -> Iterator[list[Company]]:
    companies = Company.objects.scored().order_by("pk")
    if only:
        companies = companies.filter(domain=only)
    last = 0
    while page := list(companies.filter(pk__gt=last)[:PAGE]):
        yield page
        last = page[-1].pk


def due_of(page: list[Company], wishes: Wishes, *, crm: str) -> list[str]:
    """Those of the companies whose push is due, in a constant number of queries (R7.7)."""
    rows = {row.company_id: row for row in CrmRecord.objects.of_companies(page).of_crm(crm)}
    scanned_now = running_scans([company.domain for company in page])
    known, now = assembled(page), database_now()
    return [
        company.domain
        for company in page
        if _is_due(
            known[company.pk],
            rows.get(company.pk),
            wishes,
            now=now,
            scan_runs=company.domain in scanned_now,
        )
    ]


def _is_due(known: Assembled, row: CrmRecord | None, wishes: Wishes, *, now: datetime, scan_runs: bool) -> bool:
    if dueness(push_case(known, row, scan_runs=scan_runs)) not in {Dueness.DUE, Dueness.SCAN_RUNS}:
        return False
    domain = known.company.domain
    record = as_value(row, domain=domain) if row else LeadRecord(own_id="", lead_id="", domain=domain)
    if record.rests:
        return False
    try:
        wanted = wishes.wanted(known, record, now=now)
    except HunterError:
        return True  # its push will say why, as an error record
    brought_up, payload = as_it_would_be_sent(record, wanted)
    return needs_write(brought_up, payload) or brought_up.undecided != record.undecided


def _waited_for(
    backend: CrmBackend,
    domains: Sequence[str],
    *,
    since: datetime,
    began: float,
    progress: Callable[[str], None] | None,
) -> PushReport:
    tell = progress or (lambda text: None)

    def is_done() -> bool:
        waiting = _under_way(backend, domains)
        tell(f"{len(domains) - waiting} of {len(domains)} leads")
        return not waiting or _is_closed(backend, since=since)

    if not is_done():
        work_until([backend.lane], done=is_done)
    return _report(backend, domains, since=since, seconds=time.monotonic() - began)


def _is_closed(backend: CrmBackend, *, since: datetime) -> bool:
    """Whether the CRM's lane is held, or paused for longer than one waits for, or pushes can't be made: an error
    record says why."""
    closed = Q(held=True) | Q(paused_until__gt=database_now() + BRIEFLY)
    trouble = ErrorRecord.objects.unsettled().filter(kind=LANE, key=backend.lane, last_seen__gte=since)
    return Lane.objects.filter(closed, name=backend.lane).exists() or trouble.exists()


def _under_way(backend: CrmBackend, domains: Sequence[str]) -> int:
    """How many of them are running or will be within moments; a back-off of minutes is the schedule's business."""
    soon = database_now() + BRIEFLY
    items = Item.objects.filter(kind=backend.push_kind, key__in=domains, due_at__isnull=False)
    return items.filter(Q(lease__isnull=False) | Q(due_at__lte=soon)).count()


def _report(backend: CrmBackend, domains: Sequence[str], *, since: datetime, seconds: float) -> PushReport:
    items = Item.objects.filter(kind=backend.push_kind, key__in=domains)
    ended = CrmRecord.objects.of_crm(backend.name).filter(company__domain__in=domains, last_result_at__gte=since)
    results = Counter(ended.values_list("last_result", flat=True))
    rested = sum(results[result] for result in (PushResult.REVIEW, PushResult.GONE, PushResult.CLOSED))
    return PushReport(
        due=len(domains),
        created=results[PushResult.CREATED],
        updated=results[PushResult.UPDATED],
        adopted=results[PushResult.ADOPTED],
        unchanged=results[PushResult.UNCHANGED],
        failed_companies=items.filter(due_at__isnull=False).count() + rested,
        held=rested,
        dead=items.filter(dead_at__isnull=False).count(),
        seconds=seconds,
    )
