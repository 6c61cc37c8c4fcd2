"""What changed in the CRM, taken in page by page; the pull's row is the checkpoint (R4.7, R1.9)."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from crm.backend import CrmBackend
from crm.interface import Changes, CrmRow
from crm.models import CrmPull, CrmRecord
from crm.push.brief import Wanted
from crm.push.pulled import Effect, Pulled, pulled_deletion, pulled_row
from crm.push.record import LeadRecord, LeadState
from crm.services.assembling import Assembled, assembled
from crm.services.conflicts import tell_conflicts
from crm.services.intents import as_value, put, write_records
from crm.services.taking_over import take_over
from crm.services.verifying import BLOCK, look_anew
from crm.services.wanting import Wishes
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.models import Lane
from hunter.work.asking import ask
from hunter.work.models import ErrorRecord, Priority
from hunter.work.outages import keeps_failing
from hunter.work.waiting import work_until
from leads.models import Company

KEY = "changes"
BUDGET = timedelta(hours=12)
EVERYTHING_ANEW = timedelta(days=1)  # where deletions are not told, only a pass over everything finds them


@dataclass(frozen=True, slots=True)
class PullReport:
    """What a pull saw, and what it did here."""

    seen: int
    applied: int
    ignored: int
    conflicts: int
    failed_rows: int
    trouble: str = ""

    @property
    def failed(self) -> bool:
        return bool(self.failed_rows or self.trouble)

    def sentence(self) -> str:
        told = (
            f"{self.seen} changes read: {self.applied} applied, {self.ignored} ignored, {self.conflicts} conflicts, "
            f"{self.failed_rows} failed."
        )
        return f"{told} {self.trouble}".strip()

    def as_dict(self) -> dict[str, Any]:
        return {
            "seen": self.seen,
            "applied": self.applied,
            "ignored": self.ignored,
            "conflicts": self.conflicts,
            "failed": self.failed_rows,
        }


def open_pull(crm: str, *, full: bool, asked_by: str = "") -> CrmPull:
    """The pull that goes on, or a new one that begins where the last good one ended. In the caller's transaction."""
    running = CrmPull.objects.running(crm).first()
    if running is not None:
        return running
    last = CrmPull.objects.good(crm).first()
    cursor = "" if full or last is None or _is_everything_due(last) else last.cursor
    CrmPull.objects.bulk_create(
        [CrmPull(crm=crm, cursor=cursor, is_full=not cursor, asked_by=asked_by)], ignore_conflicts=True
    )
    return CrmPull.objects.running(crm).get()


def _is_everything_due(last: CrmPull) -> bool:
    """Whether nobody tells of deletions, and everything was read too long ago."""
    if last.tells_deletions:
        return False
    whole = CrmPull.objects.good(last.crm).filter(is_full=True).first()
    return whole is None or database_now() - whole.started_at >= EVERYTHING_ANEW


@transaction.atomic
def start_pull(backend: CrmBackend, *, full: bool, asked_by: str = "") -> CrmPull:
    """Start a pull and ask for its work; where one goes on, that one, begun anew when everything is wished for."""
    pull = open_pull(backend.name, full=full, asked_by=asked_by)
    if full and not pull.is_full:
        begin_anew(pull)
    ask(backend.pull_kind, [KEY], priority=Priority.PERSON, asked_by=asked_by)
    return pull


def begin_anew(pull: CrmPull) -> None:
    """Read everything: the place up to which changes were read is not known any more, or not wanted."""
    pull.cursor, pull.is_full = "", True
    pull.save(update_fields=["cursor", "is_full"])


def take_changes(pull: CrmPull, changes: Changes, backend: CrmBackend, wishes: Wishes) -> None:
    """Write a page and the checkpoint behind it. In the caller's transaction; companies are locked, then records."""
    block = _Page(changes, backend)
    effects = block.apply(wishes, pull=pull)
    pull.pages += 1
    pull.seen += sum(effects.values())
    pull.applied += effects[Effect.APPLIED]
    pull.ignored += effects[Effect.IGNORED]
    pull.conflicts += effects[Effect.CONFLICT]
    pull.cursor, pull.tells_deletions = changes.cursor, changes.tells_deletions
    ask(backend.push_kind, block.to_push, priority=Priority.SCHEDULE, asked_by="pull_crm_changes")
    if changes.is_last and not (pull.is_full and _look_for_the_unseen(pull, backend)):
        pull.state, pull.finished_at = CrmPull.State.DONE, database_now()
    pull.save()


def _look_for_the_unseen(pull: CrmPull, backend: CrmBackend) -> bool:
    """A lead that a pass over everything did not meet is perhaps deleted: its push looks, and says so (§4, Gone).

    A block for each page (R3.7); whether there may be more, which the next page goes on with.
    """
    unseen = (
        CrmRecord.objects.of_crm(backend.name).in_step().filter(synced_at__lt=pull.started_at).exclude(pull=pull.pk)
    )
    block = list(unseen.order_by("company_id").values_list("company_id", flat=True)[:BLOCK])
    look_anew(block, backend, asked_by="pull")
    return len(block) == BLOCK


class _Page:
    """The rows of a page and the records that they are about: a constant number of queries (R7.7)."""

    def __init__(self, changes: Changes, backend: CrmBackend) -> None:
        self._backend = backend
        self._rows: Mapping[str, CrmRow] = {row.lead_id: row for row in changes.rows}
        self._deleted = set(changes.deleted) - set(self._rows)
        ids = [*self._rows, *self._deleted]
        self._by_domain: dict[str, list[str]] = defaultdict(list)  # by its website where it looks alike
        for row in self._rows.values():
            if row.domain or row.is_look_alike:
                self._by_domain[row.domain or row.site].append(row.lead_id)
        of_crm = CrmRecord.objects.of_crm(backend.name)
        company_ids = {
            *of_crm.filter(lead_id__in=ids).values_list("company_id", flat=True),
            *of_crm.filter(own_id__in=ids).values_list("company_id", flat=True),
            *of_crm.filter(company__domain__in=list(self._by_domain)).values_list("company_id", flat=True),
        }
        companies = Company.objects.filter(pk__in=company_ids).order_by("pk").select_for_update(no_key=True)
        self._companies = {company.pk: company for company in companies}
        self._records = list(of_crm.of_companies(self._companies.values()).select_for_update(no_key=True))
        self._ours = {str(lead_id) for row in self._records for lead_id in (row.lead_id, row.own_id)}
        self._known: Mapping[int, Assembled] = assembled(self._companies.values())
        self._now: datetime = database_now()
        self.to_push: list[str] = []

    def apply(self, wishes: Wishes, *, pull: CrmPull) -> Counter[Effect]:
        effects: Counter[Effect] = Counter()
        told: set[str] = set()
        for row in self._records:
            domain = self._companies[row.company_id].domain
            for lead_id in self._about(row, domain):
                told.add(lead_id)
                pulled = self._pulled(row, lead_id, wishes)
                effects[pulled.effect] += 1
                self._put(row, pulled, domain=domain)
            if pull.is_full:
                row.pull = pull.pk
        effects[Effect.IGNORED] += len((self._rows.keys() | self._deleted) - told)
        write_records(self._records)
        return effects

    def _about(self, row: CrmRecord, domain: str) -> list[str]:
        """The leads of this page that concern the record, its own first."""
        mine = list(dict.fromkeys((str(row.lead_id), str(row.own_id))))
        own = [lead_id for lead_id in mine if lead_id in self._rows or lead_id in self._deleted]
        others = [lead_id for lead_id in self._by_domain.get(domain, ()) if lead_id not in mine]
        return own + [one for one in others if self._rows[one].domain or one not in self._ours]

    def _pulled(self, row: CrmRecord, lead_id: str, wishes: Wishes) -> Pulled:
        record = as_value(row, domain=self._companies[row.company_id].domain)
        if lead_id in self._deleted:
            return pulled_deletion(record, lead_id)
        wanted = self._wanted(record, self._known[row.company_id], wishes)
        return pulled_row(record, self._rows[lead_id], wanted, is_newer=self._backend.is_newer)

    def _wanted(self, record: LeadRecord, known: Assembled, wishes: Wishes) -> Wanted:
        try:
            return wishes.wanted(known, record, now=self._now)
        except HunterError:
            return wishes.last_wanted(record, now=self._now)

    def _put(self, row: CrmRecord, pulled: Pulled, *, domain: str) -> None:
        before, looked_at, waiting = row.taken, row.looked_at, row.undecided
        put(row, pulled.record, mapping_version=row.mapping_version, now=self._now)
        row.looked_at = looked_at  # no payload was compared
        tell_conflicts(row, domain=domain, before=waiting)
        if pulled.record.state is LeadState.SYNCED and pulled.record.confirmed is None:
            row.state = LeadState.PENDING
        if pulled.push:
            self.to_push.append(domain)
        if row.taken != before:
            take_over(self._known[row.company_id], pulled.record.taken, self._backend, by=None)


def pull_crm_changes(
    backend: CrmBackend, *, full: bool, progress: Callable[[str], None] = lambda text: None
) -> PullReport:
    """Start a pull, or join the one that goes on, and wait for its end. Not inside a transaction."""
    began = time.monotonic()
    pull, since = start_pull(backend, full=full, asked_by="pull_crm_changes"), database_now()

    def is_done() -> bool:
        pull.refresh_from_db()
        progress(f"{pull.seen} changes so far, {time.monotonic() - began:.0f} s")
        return pull.state != CrmPull.State.RUNNING or bool(_what_keeps_it(backend, since=since))

    work_until([backend.lane], done=is_done, budget=BUDGET)
    pull.refresh_from_db()
    trouble = pull.error or (_what_keeps_it(backend, since=since) if pull.state == CrmPull.State.RUNNING else "")
    return PullReport(pull.seen, pull.applied, pull.ignored, pull.conflicts, pull.failed, trouble=trouble)


def _what_keeps_it(backend: CrmBackend, *, since: datetime) -> str:
    """Why it won't go on within moments; empty while it does."""
    if Lane.objects.filter(name=backend.lane, held=True).exists():
        return f"{backend.title} is held by a person; the pull goes on when it is resumed."
    about = ErrorRecord.objects.unsettled().filter(last_seen__gte=since)
    problem = (
        about.filter(kind=backend.pull_kind, key=KEY).first() or about.filter(kind="lane", key=backend.lane).first()
    )
    failing = keeps_failing(backend.pull_kind, KEY)
    return f"{problem.message} It goes on by itself." if problem and (failing or problem.kind == "lane") else ""
