"""How a lead stands, in the words that people read: its record together with its work item (f.6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.safestring import SafeString

from crm.dueness import Dueness, dueness
from crm.models import CrmRecord
from crm.push.record import LeadState, PushResult
from crm.push_kind import push_case, running_scans
from crm.registry import chosen_crms, crm_backend
from crm.services.assembling import assembled
from hunter.ops.showing import Tone, ago, badge, outside_link
from hunter.work.models import Item
from leads.models import Company

RESTING: Mapping[str, tuple[str, Tone]] = {
    LeadState.REVIEW: ("needs you", Tone.NEEDS_YOU),
    LeadState.GONE: ("deleted there", Tone.NEEDS_YOU),
    LeadState.CLOSED: ("closed there", Tone.ASIDE),
}


RESULTS: Mapping[PushResult, str] = {
    PushResult.CREATED: "created",
    PushResult.UPDATED: "updated",
    PushResult.ADOPTED: "taken over",
    PushResult.UNCHANGED: "nothing to change",
    PushResult.REVIEW: "a person is to decide",
    PushResult.GONE: "found deleted",
    PushResult.CLOSED: "found closed",
}


@dataclass(frozen=True, slots=True)
class PushWork:
    """What the ledger says of a company's push."""

    due_at: datetime | None = None
    is_running: bool = False
    gave_up: bool = False
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class LeadStanding:
    """A company's lead in one CRM: its record, and what is under way for it."""

    crm: str
    record: CrmRecord | None
    work: PushWork

    @property
    def words(self) -> tuple[str, Tone]:
        """The state in words, with its colour."""
        record, work = self.record, self.work
        if work.gave_up:
            return "failed", Tone.FAILED
        if work.is_running:
            return "running", Tone.RUNNING
        if record is not None and record.state in RESTING:
            return RESTING[record.state]
        if record is not None and record.has_conflict:
            return "conflict", Tone.NEEDS_YOU
        if work.due_at is not None:
            return "waiting", Tone.WAITING
        if record is not None and record.state == LeadState.SYNCED:
            return "in step", Tone.GOOD
        return ("not pushed", Tone.ASIDE) if record is None or not record.ever_confirmed else ("waiting", Tone.WAITING)

    @property
    def is_moving(self) -> bool:
        """Whether the push is made now or within a minute."""
        due_at = self.work.due_at
        return self.work.is_running or (due_at is not None and due_at < timezone.now() + timedelta(minutes=1))

    def badge(self) -> SafeString:
        words, tone = self.words
        return badge(words, tone, why=self.record.sync_error if self.record else "")

    def since(self) -> SafeString | str:
        """When it was confirmed, or is tried next."""
        if self.work.due_at is not None and not self.work.is_running and self.words[0] == "waiting":
            return ago(self.work.due_at)
        return ago(self.record.synced_at) if self.record and self.record.synced_at else ""


def push_work(domains: Iterable[str]) -> dict[tuple[str, str], PushWork]:
    """The work items of these companies' pushes, by CRM and domain; one query."""
    crms = {backend.push_kind: backend.name for backend in chosen_crms()}
    items = Item.objects.filter(kind__in=list(crms), key__in=list(domains))
    return {
        (crms[item.kind], item.key): PushWork(
            item.due_at, item.lease is not None, item.dead_at is not None, item.attempts
        )
        for item in items
    }


def standings(companies: Iterable[Company]) -> dict[int, list[LeadStanding]]:
    """How the leads of these companies stand, by company id, one for each CRM; two queries."""
    wanted = list(companies)
    records = {(row.company_id, row.crm): row for row in CrmRecord.objects.of_companies(wanted)}
    work = push_work(company.domain for company in wanted)
    crms = [backend.name for backend in chosen_crms()]
    return {
        company.pk: [
            LeadStanding(crm, records.get((company.pk, crm)), work.get((crm, company.domain), PushWork()))
            for crm in crms
        ]
        for company in wanted
    }


def standing_of(record: CrmRecord) -> LeadStanding:
    """How one lead stands."""
    domain = record.company.domain
    return LeadStanding(record.crm, record, push_work([domain]).get((record.crm, domain), PushWork()))


def result_words(record: CrmRecord) -> str:
    """What the last push did."""
    return RESULTS[PushResult(record.last_result)] if record.last_result else ""


def can_be_opened(record: CrmRecord) -> bool:
    """Whether there is a page of it in the CRM."""
    return record.is_known_there and record.state != LeadState.GONE


def lead_link(record: CrmRecord, *, words: str = "open") -> SafeString:
    """The lead's own page in the CRM."""
    return outside_link(words, crm_backend(record.crm).address_of(str(record.lead_id), record.seen))


def why_not(company: Company, record: CrmRecord | None) -> str:
    """Whether its first push is due, or the reason why not."""
    known = assembled([company])[company.pk]
    case = push_case(known, record, scan_runs=bool(running_scans([company.domain])))
    decided = dueness(case)
    return "due: it is pushed within minutes" if decided is Dueness.DUE else decided.value
