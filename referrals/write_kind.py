"""Writing to a referral as work of the ledger: the key is its id, an act reads it or makes one write.

A write carries the eTag of the row that it was decided on. While the outcome of one is not known, the referral is read
and taken in first; then it is decided anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from hunter.errors import HunterError
from hunter.logs import masked
from hunter.remote.clock import database_now
from hunter.remote.errors import Call, Conflict, NotFound, PermanentFailure, RemoteError
from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.remote.wording import storable
from hunter.work.kinds import Again, Claimed, Dead, Done, Handler, Kind, Later, Outcome, Step, Verdict
from hunter.work.policies import POLICIES
from hunter.work.verdicts import verdict_for
from leads.services.companies import consumer_domains
from referrals.models import Referral, WriteBack, WriteBackState
from referrals.references import references_of
from referrals.services.ingesting import ingest_page
from referrals.services.vanishing import mark_vanished
from referrals.services.writing_back import KIND, OPERATION, locked_rows
from referrals.sync_kind import LONGEST_ACT, SignedIn
from referrals.writing import UNKNOWN, Change, Known, Pair, Wish, decide

GONE = "Partner Center shows this referral to us no more."
MOST_CONFLICTS = 5  # so often somebody else may be quicker before a person is told


@dataclass(frozen=True, slots=True)
class WriteBrief:
    """The referral, and what is changed of the row with this eTag; nothing: it is read."""

    referral_id: str
    correlation_id: str
    etag: str = ""
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What the call gave back: the referral as it is now; None where the service took the change and said no more."""

    change: Change | None
    row: Any


class WriteHandler(SignedIn, Handler[WriteBrief, Written]):
    """Reads and writes single referrals; what will be sent is committed with the claim."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, WriteBrief | Verdict]:
        if not settings.PARTNER_CENTER_ENABLED:
            return {one.item_id: Done() for one in claimed}
        found = Referral.objects.defer("raw_data").filter(referral_id__in=[one.key for one in claimed])
        referrals = {one.referral_id: one for one in found}
        rows = locked_rows(referrals.values())
        companies = {one.company_id for one in referrals.values() if one.company_id}
        references = references_of(companies) if settings.PARTNER_CENTER_WRITE_REFERENCE else {}
        told: dict[int, WriteBrief | Verdict] = {}
        for one in claimed:
            referral = referrals.get(one.key)
            if referral is None:
                told[one.item_id] = Done()
                continue
            reference = references.get(referral.company_id or 0, "")
            told[one.item_id] = brief_for(one, referral, rows[referral.pk], reference=reference)
        return told

    def act(self, brief: WriteBrief, gates: Gates) -> Written:
        client = self.client(gates, correlation_id=brief.correlation_id)
        if brief.change is None:
            return Written(None, client.referral(brief.referral_id))
        return Written(
            brief.change, client.change(brief.referral_id, operations=brief.change.operations, etag=brief.etag)
        )

    def settle(self, outcomes: Sequence[Outcome[Written]]) -> Mapping[int, Verdict]:
        """Companies, then referrals, then what is written of them, each in order for the whole block (R3.6)."""
        troubles = taken_in(outcomes)
        mark_gone(outcomes)
        waiting = WriteBack.objects.filter(referral__referral_id__in=[one.claimed.key for one in outcomes])
        locked = waiting.select_related("referral").select_for_update(of=("self",)).order_by("referral_id")
        rows = {row.referral.referral_id: row for row in locked.defer("referral__raw_data")}
        return {
            one.claimed.item_id: settled(row, one, troubles.get(one.claimed.key)) if row else Done()
            for one in outcomes
            for row in [rows.get(one.claimed.key)]
        }


def brief_for(claimed: Claimed, referral: Referral, row: WriteBack, *, reference: str) -> WriteBrief | Verdict:
    """What is done about one referral; the intent is saved with the claim (R1.8)."""
    brief = WriteBrief(referral.referral_id, str(claimed.correlation))
    known = Known(Pair(referral.status, referral.substatus), referral.external_reference_id)
    wish = Wish(reference, row.wanted, row.seen, row.wanted_reason)
    if referral.vanished_at and not (row.must_read or row.wanted):
        row.state, row.told = WriteBackState.GONE, GONE
        row.save()
        return Done()
    decision = decide(known, wish, own_references=row.own_references, own_pairs=row.own_pairs)
    nothing_to_write = decision.change is None and not decision.conflict
    if row.must_read or (decision.change and (referral.vanished_at or not referral.etag)):
        row.must_read = True
        row.save()
        return brief
    if decision.conflict:
        return in_conflict(row, decision.conflict)
    if known.reference in row.own_references:
        row.reference_written = known.reference
    # What went out with another eTag than today's has arrived, or never will.
    row.sent = [one for one in row.sent if one.get("etag") == referral.etag]
    if nothing_to_write or decision.change is None:
        rest(row, known, reference=reference, kept=decision.kept)
        return Done()
    row.seen_status, row.seen_substatus = known.pair if row.wanted else UNKNOWN
    row.state, row.told, row.must_read = WriteBackState.WAITING, "", True
    going = {**decision.change.as_json(), "etag": referral.etag}
    row.sent = [*(one for one in row.sent if one != going), going]
    row.save()
    return WriteBrief(referral.referral_id, str(claimed.correlation), referral.etag, decision.change)


def rest(row: WriteBack, known: Known, *, reference: str, kept: str) -> None:
    """Nothing is to be written: what was wanted is there, or somebody else's reference stays."""
    wanted = row.wanted
    if wanted == known.pair:
        row.forget_wish()
    if reference and known.reference == reference:
        row.reference_written = reference
    row.state = WriteBackState.KEPT if kept else WriteBackState.IN_STEP
    row.told = f"Partner Center names {kept} as the reference there; Hunter leaves it." if kept else ""
    row.conflicts = 0
    row.save()


def in_conflict(row: WriteBack, words: str) -> Verdict:
    """Somebody else changed what the person wanted to change: he decides anew, nothing is written over."""
    row.state, row.told = WriteBackState.CONFLICT, words
    row.save()
    return Dead(Conflict(words, call=Call(LaneName.PARTNER_CENTER.value, OPERATION), field="status"))


def taken_in(outcomes: Sequence[Outcome[Written]]) -> dict[str, HunterError]:
    """Take in what the answers say of the referrals, as a page of a sync; what is wrong, by the referral's id."""
    troubles: dict[str, HunterError] = {}
    answers: dict[str, Any] = {}
    for one in outcomes:
        row = one.result.row if one.result else None
        if isinstance(row, dict) and row.get("id") == one.claimed.key:
            answers[one.claimed.key] = row
        elif row is not None:
            troubles[one.claimed.key] = PermanentFailure(
                "Partner Center answered with another referral than the one asked for.",
                call=Call(LaneName.PARTNER_CENTER.value, OPERATION),
            )
    if not answers:
        return troubles
    plan, counts = ingest_page(list(answers.values()), consumer_domains=consumer_domains())
    troubles |= {key: HunterError("The database refused the referral.") for key in counts.rows.refused}
    for fault in plan.faults:
        troubles |= {key: fault.error for key, row in answers.items() if row is fault.as_sent}
    return troubles


def mark_gone(outcomes: Sequence[Outcome[Written]]) -> None:
    """Mark as vanished what Partner Center did not know when it was asked; before anything of them is locked."""
    gone = {one.claimed.key: one.began_at for one in outcomes if isinstance(one.error, NotFound)}
    if gone:
        stored = Referral.objects.filter(referral_id__in=gone).values_list("pk", flat=True)
        mark_vanished(list(stored), asked=min(gone.values()))


def settled(row: WriteBack, outcome: Outcome[Written], trouble: HunterError | None) -> Verdict:
    """The row after an act, and what becomes of the item."""
    result = outcome.result
    verdict: Verdict
    if result is None:
        verdict = failed(row, outcome)
    elif result.change is not None:
        confirmed(row, result.change)
        row.must_read = result.row is None or trouble is not None
        verdict = Again() if row.must_read else Done()
    elif trouble is not None:
        row.state, row.told = WriteBackState.REFUSED, shown(trouble)
        verdict = Dead(trouble)
    else:
        row.must_read = False
        verdict = Again()  # it is decided anew, on what was just read
    row.save()
    return verdict


def confirmed(row: WriteBack, change: Change) -> None:
    """The service took the change: with it every earlier eTag is void, so nothing older can arrive any more."""
    row.sent, row.conflicts, row.told = [], 0, ""
    row.state, row.written_at = WriteBackState.IN_STEP, database_now()
    if change.reference:
        row.reference_written = change.reference
    if change.pair and change.pair == row.wanted:
        row.forget_wish()


def failed(row: WriteBack, outcome: Outcome[Written]) -> Verdict:
    """What a failure means for the row; it stays to be read before the next write."""
    error = outcome.error or HunterError("The change ended without a word. Try it again.")
    verdict = verdict_for(outcome)
    if isinstance(error, Conflict):
        row.conflicts += 1
        if row.conflicts < MOST_CONFLICTS:
            return Again()
        row.state, row.told, row.conflicts = WriteBackState.CONFLICT, shown(error), 0
        return Dead(error)
    if isinstance(error, NotFound):
        row.state, row.told = WriteBackState.GONE, GONE
        return Dead(error) if row.wanted else Done()
    row.told = shown(error)
    gave_up = isinstance(verdict, Dead) or (
        isinstance(verdict, Later) and outcome.claimed.attempt >= POLICIES[KIND].attempts
    )
    row.state = WriteBackState.REFUSED if gave_up else WriteBackState.WAITING
    return verdict


def shown(error: HunterError) -> str:
    """An error's words as a page shows them."""
    words = error.message
    if isinstance(error, RemoteError) and error.call.request_id:
        words = f"{words} (request {error.call.request_id})"
    return storable(masked(words), longest=2000)


def write_kind() -> Kind:
    """How the ledger changes referrals at Partner Center."""
    return Kind(
        name=KIND,
        lane=LaneName.PARTNER_CENTER,
        handler=WriteHandler,
        policy=POLICIES[KIND],
        service=LaneName.PARTNER_CENTER.value,
        operation=OPERATION,
        longest_act=LONGEST_ACT,
        step=Step.WRITE_BACK,
        keeps_successes=True,
    )
