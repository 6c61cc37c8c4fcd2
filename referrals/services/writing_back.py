"""What is to be written to referrals at Partner Center: asked for by a confirmed lead, or chosen by a person (R1.8, R3.3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F, Q

from hunter.audit import recording
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.transactions import retried
from hunter.work.asking import ask
from hunter.work.models import Priority
from hunter.work.problems import resolve_problems
from referrals.models import Referral, WriteBack, WriteBackState
from referrals.services.runs import check_enabled
from referrals.status import OPEN_STATUSES
from referrals.writing import TARGETS, Pair, StatusStep, refusal

KIND, OPERATION = "write_referral", "change a referral"
WORDS = {
    StatusStep.ACCEPT: "accepted",
    StatusStep.DECLINE: "declined",
    StatusStep.WON: "closed as won",
    StatusStep.LOST: "closed as lost",
}


class WritingIsOff(HunterError):
    """Statuses are not written to Partner Center in this installation."""

    def __init__(self) -> None:
        super().__init__(
            "Hunter may not change statuses at Partner Center here. Set PARTNER_CENTER_WRITE_STATUS in the environment "
            "or in .env, or change it in Partner Center itself.",
            field="PARTNER_CENTER_WRITE_STATUS",
        )


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person chose for a referral, and what will happen."""

    referral: Referral
    words: str

    @property
    def failed(self) -> bool:
        return False

    def sentence(self) -> str:
        return f"{self.referral} {self.words}"


def references_are_written() -> bool:
    """Whether the set-up lets Hunter write references at all."""
    return bool(settings.PARTNER_CENTER_ENABLED and settings.PARTNER_CENTER_WRITE_REFERENCE)


def want_references(leads: Mapping[int, str]) -> int:
    """Ask that the open referrals of companies name our lead at Partner Center; how many do not yet.

    `leads` are references by company. One that somebody else has put there stays and is not asked for; nor is a referral
    that has vanished. In the caller's transaction.
    """
    if not (leads and references_are_written()):
        return 0
    ours = Q(external_reference_id="") | Q(external_reference_id=F("write_back__reference_written"))
    there = Referral.objects.filter(company__in=list(leads), status__in=OPEN_STATUSES, vanished_at__isnull=True)
    rows = there.filter(ours)
    told = rows.values_list("referral_id", "company_id", "external_reference_id")
    return ask(KIND, sorted(one for one, company, reference in told if leads[company] != reference))


@retried
@transaction.atomic(durable=True)
def want_status(referral: Referral, step: StatusStep, *, by: AbstractBaseUser | None, why: str = "") -> Chosen:
    """Have a referral's status changed at Partner Center because a person chose so; audited, done within a minute.

    Raises HunterError before any call where it can't be, and StaleVersion's sentence when the referral has changed since
    the person saw it: `referral.version` is the one that he saw.
    """
    check_enabled()
    if not settings.PARTNER_CENTER_WRITE_STATUS:
        raise WritingIsOff
    now = Referral.objects.select_for_update(of=("self",), no_key=True).filter(pk=referral.pk).first()
    if now is None:
        raise HunterError("The referral is not there any more. Nothing was changed.")
    if now.vanished_at:
        raise HunterError(f"Partner Center does not show {now} to us any more, so its status can't be changed there.")
    seen, target = Pair(now.status, now.substatus), TARGETS[step]
    if now.version != referral.version:
        raise HunterError(f"{now} was changed since you opened it; it is {seen} now. Look at it, then choose again.")
    if seen == target:
        return Chosen(now, f"is {seen} already; nothing was changed.")
    refused = refusal(seen, target)
    if refused:
        raise HunterError(f"{refused} Nothing was changed.")
    row = locked(now)
    row.wanted_status, row.wanted_substatus = target
    row.seen_status, row.seen_substatus = seen
    row.wanted_reason, row.wanted_by, row.wanted_at = why.strip()[:1000], by, database_now()  # type: ignore[assignment]  # known at run time only
    row.state, row.told, row.conflicts = WriteBackState.WAITING, "", 0
    row.save()
    recording.record(now, act=step.value, by=by, before=str(seen), after=str(target), why=why)
    ask(KIND, [now.referral_id], priority=Priority.PERSON, asked_by=by.get_username() if by else "")
    return Chosen(now, f"will be {WORDS[step]} at Partner Center within a minute.")


@retried
@transaction.atomic(durable=True)
def keep_theirs(referral: Referral, *, by: AbstractBaseUser | None, why: str = "") -> Chosen:
    """Give up what was chosen: Partner Center's own status stays. Its error is settled; audited."""
    row = WriteBack.objects.select_for_update(of=("self",)).filter(referral=referral).first()
    if row is None or row.wanted is None:
        return Chosen(referral, "waits for nothing; nothing was changed.")
    before = str(row.wanted)
    row.forget_wish()
    row.state, row.told = WriteBackState.IN_STEP, ""
    row.save()
    recording.record(referral, act="keep Partner Center's status", by=by, before=before, why=why)
    resolve_problems(KIND, [referral.referral_id])
    return Chosen(referral, "stays as Partner Center has it.")


def locked(referral: Referral) -> WriteBack:
    """The referral's row of what is written, made where there is none, and locked until the caller commits."""
    WriteBack.objects.bulk_create([WriteBack(referral=referral)], ignore_conflicts=True)
    return WriteBack.objects.select_for_update(of=("self",)).get(referral=referral)


def locked_rows(referrals: Collection[Referral]) -> dict[int, WriteBack]:
    """The rows of several referrals, by the referral's key: made where there are none, and locked in order."""
    fresh = [WriteBack(referral=one) for one in sorted(referrals, key=lambda one: one.pk)]
    WriteBack.objects.bulk_create(fresh, ignore_conflicts=True)
    rows = WriteBack.objects.select_for_update(of=("self",)).filter(referral__in=list(referrals))
    return {row.referral_id: row for row in rows.order_by("referral_id")}
