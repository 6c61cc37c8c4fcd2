"""Accept, decline, won, lost: what a person may do with a referral at Partner Center, and how far it came (contract 3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

from hunter.errors import HunterError
from hunter.ops import acts
from hunter.ops.acts import Act, ActResult, Place, places
from hunter.ops.showing import Tone, ago, badge, page_url, piece
from hunter.work.models import ErrorRecord, Item
from referrals.models import Referral, WriteBack, WriteBackState
from referrals.services.writing_back import KIND, keep_theirs, want_status
from referrals.writing import TARGETS, Pair, StatusStep, refusal

PERMISSION = "referrals.decide_writeback"
TONES = {
    WriteBackState.WAITING: Tone.WAITING,
    WriteBackState.IN_STEP: Tone.GOOD,
    WriteBackState.KEPT: Tone.ASIDE,
    WriteBackState.CONFLICT: Tone.NEEDS_YOU,
    WriteBackState.REFUSED: Tone.FAILED,
    WriteBackState.GONE: Tone.FAILED,
}
NO_WAY_BACK = {
    StatusStep.ACCEPT: "You tell Microsoft and the customer that you take this deal.",
    StatusStep.DECLINE: "The referral is closed there for good.",
    StatusStep.WON: "The referral is closed there for good.",
    StatusStep.LOST: "The referral is closed there for good.",
}


class StatusForm(forms.Form):
    """The choice, for the referral as it was when the dialog was opened."""

    why = forms.CharField(
        label="Why?", max_length=1000, required=False, widget=UnfoldAdminTextInputWidget,
        help_text="Optional; it is written to the referral as the reason, and kept in the audit log.",
    )  # fmt: skip
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class KeepForm(forms.Form):
    """Giving up a choice."""

    why = forms.CharField(
        label="Why?", max_length=300, required=False, widget=UnfoldAdminTextInputWidget,
        help_text="Optional; kept in the audit log.",
    )  # fmt: skip


def act_for(step: StatusStep, label: str, *, icon: str) -> Act:
    """One step as an act; it is offered where Partner Center would take it, and the set-up lets Hunter write."""

    def run(chosen: acts.Chosen) -> ActResult:
        referral: Referral | None = chosen.rows.first()
        if referral is None:
            raise HunterError("The referral is not there any more. Nothing was changed.")
        referral.version = chosen.answers.get("version") or referral.version
        return want_status(referral, step, by=person(chosen), why=chosen.answers["why"])

    def about(rows: QuerySet[Any]) -> str:
        referral = rows.first()
        now = Pair(referral.status, referral.substatus) if referral else ""
        return f"It is {now} at Partner Center and becomes {TARGETS[step]}. {NO_WAY_BACK[step]}"

    return Act(
        step.value, label, PERMISSION, run, places(Place.DETAIL), icon=icon, form=StatusForm, about=about,
        offered=lambda row: is_offered(row, step), is_dangerous=step is not StatusStep.ACCEPT,
    )  # fmt: skip


def is_offered(referral: Referral, step: StatusStep) -> bool:
    """Won and lost are ends of a deal that was accepted; declining is an answer to a new one."""
    if not (settings.PARTNER_CENTER_ENABLED and settings.PARTNER_CENTER_WRITE_STATUS) or referral.vanished_at:
        return False
    fitting = "New" if step in {StatusStep.ACCEPT, StatusStep.DECLINE} else "Active"
    return referral.status == fitting and not refusal(Pair(referral.status, referral.substatus), TARGETS[step])


def keep(chosen: acts.Chosen) -> ActResult:
    referral: Referral | None = chosen.rows.first()
    if referral is None:
        raise HunterError("The referral is not there any more. Nothing was changed.")
    return keep_theirs(referral, by=person(chosen), why=chosen.answers["why"])


def person(chosen: acts.Chosen) -> Any:
    return chosen.by


def has_a_choice(referral: Referral) -> bool:
    row = WriteBack.objects.filter(referral=referral).first()
    return row is not None and row.wanted is not None


STATUS_ACTS = (
    act_for(StatusStep.ACCEPT, "Accept", icon="check"),
    act_for(StatusStep.DECLINE, "Decline", icon="block"),
    act_for(StatusStep.WON, "Close as won", icon="emoji_events"),
    act_for(StatusStep.LOST, "Close as lost", icon="trending_down"),
    Act(
        "keep_theirs", "Keep Partner Center's status", PERMISSION, keep, places(Place.DETAIL), icon="undo", form=KeepForm,
        question="What was chosen here is given up; Partner Center's own status stays.", offered=has_a_choice,
    ),
)  # fmt: skip
STEP_NAMES = frozenset(step.value for step in StatusStep)


def written_section(referral: Referral) -> Iterable[SafeString]:
    """What Hunter writes to the referral, where it ever did."""
    row = WriteBack.objects.select_related("wanted_by").filter(referral=referral).first()
    if row is None:
        return
    item = Item.objects.filter(kind=KIND, key=referral.referral_id, due_at__isnull=False).first()
    record = ErrorRecord.objects.unsettled().about(kind=KIND, keys=[referral.referral_id]).first()
    context = {
        "row": row,
        "state": badge(row.get_state_display(), TONES[WriteBackState(row.state)]),
        "wanted": str(row.wanted) if row.wanted else "",
        "seen": str(row.seen),
        "wanted_at": ago(row.wanted_at) if row.wanted_at else "",
        "written_at": ago(row.written_at) if row.written_at else "",
        "next_try": ago(item.due_at) if item else "",
        "error_url": page_url("work_errorrecord", record.pk) if record else "",
    }
    yield piece("admin/referral_written.html", context)
