"""Columns that both sides changed: both values, and the two buttons, on the error, the lead and the company."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.safestring import SafeString

from crm.models import CrmRecord
from crm.registry import chosen_crms, crm_backend
from crm.services.conflicts import Keep, conflict_kind, conflicts_of, decide
from hunter.ops.acts import Act, ActResult, Chosen
from hunter.ops.advice import Advice
from hunter.ops.choosing import Choice, choices
from hunter.ops.showing import piece
from hunter.work.models import ErrorRecord

PERMISSION = "crm.decide_crmrecord"


class ConflictForm(forms.Form):
    """Which column, and which two values the person saw."""

    column = forms.CharField(max_length=100, widget=forms.HiddenInput)
    conflict = forms.CharField(max_length=16, widget=forms.HiddenInput)


def keep_here(chosen: Chosen) -> ActResult:
    return kept(chosen, Keep.HERE)


def keep_there(chosen: Chosen) -> ActResult:
    return kept(chosen, Keep.THERE)


def kept(chosen: Chosen, keep: Keep) -> ActResult:
    assert isinstance(chosen.by, AbstractBaseUser)  # noqa: S101  staff are never anonymous
    column, conflict = chosen.answers["column"], chosen.answers["conflict"]
    return decide(chosen.rows.get(), column=column, conflict=conflict, keep=keep, by=chosen.by)


KEEP_HERE = Act("keep_here", "Keep ours", PERMISSION, keep_here, frozenset(), form=ConflictForm)
KEEP_THERE = Act("keep_there", "Take theirs", PERMISSION, keep_there, frozenset(), form=ConflictForm)


def conflict_context(row: CrmRecord, request: HttpRequest) -> dict[str, Any] | None:
    """What the piece with the two buttons needs; None where nothing waits."""
    lines = conflicts_of(row)
    if not lines:
        return None
    return {
        "record": row,
        "crm": crm_backend(row.crm).title,
        "lines": lines,
        "can_decide": request.user.has_perm(PERMISSION),
        "buttons": [
            (reverse("admin:crm_crmrecord_act", args=[act.name]), act.label) for act in (KEEP_HERE, KEEP_THERE)
        ],
        "next": request.get_full_path(),
        "csrf": get_token(request),
    }


def conflict_section(error: ErrorRecord, request: HttpRequest) -> SafeString:
    """Both values on the error's page; nothing once it is settled, or for whoever may not see leads."""
    if not request.user.has_perm("crm.view_crmrecord"):
        return SafeString()
    crm = error.kind.removeprefix(conflict_kind(""))
    row = CrmRecord.objects.of_crm(crm).filter(company__domain=error.key).first()
    context = conflict_context(row, request) if row else None
    if context is None:
        return SafeString()
    context["lines"] = [line for line in context["lines"] if line.column == error.field]
    if not context["lines"]:
        return SafeString()
    return piece("admin/crm_conflict_card.html", {"conflicts": context})


BOTH_CHANGED = Advice(
    "conflict",
    "The value was changed in Hunter and in the CRM since they last agreed, and the mapping leaves it to a person.",
    "The column keeps the CRM's value there and Hunter's here; all other columns are pushed meanwhile.",
    "Keep ours: Hunter's value is pushed. Take theirs: the CRM's value comes into Hunter.",
)
for _backend in chosen_crms():
    choices[conflict_kind(_backend.name)] = Choice(BOTH_CHANGED, conflict_section)
