"""Pushes as work of the ledger, for whichever CRM: the key is the domain, an act makes at most one write (R8.2).

The decisions are in `crm.push`; here rows are read, locked and written around them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models.functions import Now

from crm.backend import CrmBackend
from crm.connecting import MappedCrm
from crm.dueness import Dueness, PushCase, dueness
from crm.models import CrmRecord
from crm.push.act import NotDone, Outcome, Unknown, carry_out
from crm.push.brief import Step, plan_push
from crm.push.record import LeadRecord, LeadState
from crm.push.settle import Next, Settled, settle
from crm.references import tell_referrals
from crm.services.assembling import Assembled, assembled
from crm.services.columns import forget_columns
from crm.services.conflicts import tell_conflicts
from crm.services.intents import as_value, known_records, locked_records, put, write_records
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.errors import Misconfigured, RemoteError
from hunter.remote.gate import Gates
from hunter.work import kinds
from hunter.work.kinds import Again, Claimed, Dead, Done, Handler, Kind, Later, Verdict
from hunter.work.models import Item
from hunter.work.policies import POLICIES
from hunter.work.verdicts import verdict_for
from leads.models import Company

OPERATION = "push a lead"
BUDGET_OF_A_DRAINER = timedelta(seconds=60)
WHILE_A_SCAN_RUNS = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class PushBrief:
    """One step, and the record's generation that it was decided for."""

    step: Step
    generation: int


@dataclass(frozen=True, slots=True)
class PushEnd:
    """How the step ended."""

    outcome: Outcome
    generation: int


class PushHandler(MappedCrm, Handler[PushBrief, PushEnd]):
    """Pushes companies to one CRM. Knows the interface of a CRM, never a CRM."""

    def __init__(self, backend: CrmBackend) -> None:
        super().__init__(backend, outlives=BUDGET_OF_A_DRAINER + backend.longest_act)

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, PushBrief | Verdict]:
        """What will be sent is committed with the claim, before anything is (rule 2)."""
        if self._wishes is None:
            return {one.item_id: Done() for one in claimed}
        companies = {company.domain: company for company in Company.objects.of_domains(one.key for one in claimed)}
        scanned_now = running_scans(companies)
        block = _Block(self._backend, list(companies.values()), scanned_now=scanned_now)
        decided = {
            one.item_id: self._decide(one, block, companies.get(one.key), scan_runs=one.key in scanned_now)
            for one in claimed
        }
        block.write()
        tell_referrals(company for domain, company in companies.items() if domain in resting(claimed, decided))
        return decided

    def _decide(
        self, claimed: Claimed, block: _Block, company: Company | None, *, scan_runs: bool
    ) -> PushBrief | Verdict:
        if company is None or self._wishes is None:
            return Done()
        row, known = block.rows.get(company.pk), block.known[company.pk]
        decided = block.dueness_of(company, scan_runs=scan_runs)
        if decided is Dueness.SCAN_RUNS:
            return Again(wait=WHILE_A_SCAN_RUNS)
        if decided is not Dueness.DUE or row is None:
            return Done()
        record = as_value(row, domain=company.domain)
        try:
            wanted = self._wishes.wanted(known, record, now=block.now, attempts=claimed.attempt - 1)
        except HunterError as error:
            block.put(row, replace(record, words=error.message))
            return Dead(error)
        plan = plan_push(record, wanted, now=block.now)
        if plan.step is None:
            row.wanted_by_person = False
            if plan.record.state is LeadState.SYNCED:  # what was confirmed is what this mapping wants (R4.8)
                row.mapping_version = self._wishes.resolved.mapping.version
        block.put(row, plan.record)
        return PushBrief(plan.step, record.generation) if plan.step is not None else Done()

    def act(self, brief: PushBrief, gates: Gates) -> PushEnd:
        """The step; what the service as a whole refuses is raised, so that the lane hears of it at once."""
        if self._crm is None:
            raise HunterError(f"{self._backend.title} is off.")
        outcome = carry_out(brief.step, self._crm)
        if isinstance(outcome, NotDone):
            raise outcome.error
        return PushEnd(outcome, brief.generation)

    def trouble_of(self, result: PushEnd) -> HunterError | None:
        """The answer that was lost: of a write nobody knows whether it arrived."""
        return result.outcome.error if isinstance(result.outcome, Unknown) else None

    def settle(self, outcomes: Sequence[kinds.Outcome[PushEnd]]) -> Mapping[int, Verdict]:
        """Company and record are locked and as they are now: the merge compares with today's values."""
        if any(isinstance(one.error, Misconfigured) for one in outcomes):
            forget_columns()
        rows = Company.objects.filter(domain__in=[one.claimed.key for one in outcomes]).order_by("pk")
        companies = {company.domain: company for company in rows.select_for_update(no_key=True)}
        block = _Block(self._backend, list(companies.values()), scanned_now=None)
        verdicts = {one.claimed.item_id: self._settled(one, block, companies.get(one.claimed.key)) for one in outcomes}
        block.write()
        done = resting([one.claimed for one in outcomes], verdicts)
        tell_referrals(company for domain, company in companies.items() if domain in done)
        return verdicts

    def _settled(self, outcome: kinds.Outcome[PushEnd], block: _Block, company: Company | None) -> Verdict:
        if company is None or self._wishes is None:
            return Done()
        row = block.rows[company.pk]
        record = as_value(row, domain=company.domain)
        if outcome.result is None:
            error = outcome.error or HunterError("The push ended without a word. Try it again.")
            block.put(row, replace(record, words=error.message))
            return verdict_for(outcome)
        if outcome.result.generation != record.generation:
            return Again()  # a person had the lead made again meanwhile: this outcome is of the one before
        try:
            wanted = self._wishes.wanted(block.known[company.pk], record, now=block.now)
        except HunterError:
            wanted = self._wishes.last_wanted(record, now=block.now)
        settled = settle(record, outcome.result.outcome, wanted, now=block.now)
        if settled.next is Next.REST:
            row.wanted_by_person = False
        block.put(row, settled.record)
        return verdict_of(settled, outcome)


class _Block:
    """The rows of a block of companies: read in a constant number of queries, written in one (R7.7)."""

    def __init__(self, backend: CrmBackend, companies: list[Company], *, scanned_now: Collection[str] | None) -> None:
        """`scanned_now` where the block is briefed: then a record is made only for a company whose push is due."""
        self._crm = backend.name
        self.known: Mapping[int, Assembled] = assembled(companies)
        self.rows: Mapping[int, CrmRecord] = known_records(companies, crm=backend.name)
        due = [
            company
            for company in companies
            if scanned_now is None or self.dueness_of(company, scan_runs=company.domain in scanned_now) is Dueness.DUE
        ]
        self.rows = {**self.rows, **locked_records(due, crm=backend.name)}
        self.now: datetime = database_now()
        self._version = backend.load_mapping().version
        self._changed: list[CrmRecord] = []

    def dueness_of(self, company: Company, *, scan_runs: bool) -> Dueness:
        row = self.rows.get(company.pk) or CrmRecord(company=company, crm=self._crm)
        return dueness(push_case(self.known[company.pk], row, scan_runs=scan_runs))

    def put(self, row: CrmRecord, record: LeadRecord) -> None:
        before = row.undecided
        put(row, record, mapping_version=self._version, now=self.now)
        tell_conflicts(row, domain=record.domain, before=before)
        self._changed.append(row)

    def write(self) -> None:
        if self._changed:
            write_records(self._changed)


def resting(claimed: Sequence[Claimed], decided: Mapping[int, object]) -> set[str]:
    """The domains whose push rests: what the CRM has is what is wanted there."""
    return {one.key for one in claimed if isinstance(decided.get(one.item_id), Done)}


def push_case(known: Assembled, row: CrmRecord | None, *, scan_runs: bool) -> PushCase:
    """What the dueness of a company rests on."""
    return PushCase(
        is_scored=known.company.is_scored,
        segment=known.company.segment,
        scan_runs=scan_runs,
        asked_by_person=row is not None and row.wanted_by_person,
        ever_confirmed=row is not None and row.ever_confirmed,
        referral_count=known.figures.referral_count,
        referrals_call_for_push=known.figures.calls_for_push,
        sources=tuple(known.company.sources),
    )


def running_scans(domains: Mapping[str, Company] | Sequence[str]) -> frozenset[str]:
    """Those of the domains that are being scanned at this moment (f.6); a lease that has run out is nobody's."""
    scans = [kind.name for kind in kinds.kinds_of(kinds.Step.SCAN)]
    items = Item.objects.filter(kind__in=scans, key__in=list(domains), lease__isnull=False, due_at__gt=Now())
    return frozenset(items.values_list("key", flat=True))


def verdict_of(settled: Settled, outcome: kinds.Outcome[PushEnd]) -> Verdict:
    """What the ledger does with the item."""
    error = settled.error
    if settled.next is Next.AT_ONCE:
        return Again(wait=settled.wait)
    if error is None or settled.next is Next.REST:
        return Done()
    if settled.next is Next.LATER:
        return Later(error, wait=error.retry_after if isinstance(error, RemoteError) else None)
    if settled.next is Next.GIVE_UP:
        return Dead(error)
    return verdict_for(replace(outcome, result=None, error=error))


def push_kind(backend: CrmBackend) -> Kind:
    """How the ledger does a push to this CRM."""
    make: Callable[[], PushHandler] = lambda: PushHandler(backend)  # noqa: E731  a handler for each drainer
    return Kind(
        name=backend.push_kind,
        lane=backend.lane,
        handler=make,
        policy=POLICIES[backend.push_kind],
        service=backend.name,
        operation=OPERATION,
        longest_act=backend.longest_act,
        step=kinds.Step.PUSH,
        keeps_successes=True,
    )
