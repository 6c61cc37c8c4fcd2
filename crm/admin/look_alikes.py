"""Leads that a company's website alone ties to it: what is known of each, and the buttons that decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse

from crm.models import CrmRecord
from crm.registry import crm_backend
from crm.services.look_alikes import keep_apart, look_alikes_shown, take_over_lead
from hunter.ops.acts import Act, ActResult, Chosen

PERMISSION = "crm.push_crmrecord"


class TakeOverForm(forms.Form):
    """Which lead."""

    lead_id = forms.UUIDField(widget=forms.HiddenInput)


class KeepApartForm(forms.Form):
    """Which leads the person saw."""

    lead_ids = forms.CharField(max_length=4000, widget=forms.HiddenInput)

    def clean_lead_ids(self) -> list[Any]:
        ids = self.cleaned_data["lead_ids"].split()
        try:
            return [forms.UUIDField().clean(lead_id) for lead_id in ids]
        except ValidationError as error:
            raise ValidationError("These are no ids of leads. Open the lead's page again.") from error


def take_over(chosen: Chosen) -> ActResult:
    assert isinstance(chosen.by, AbstractBaseUser)  # noqa: S101  staff are never anonymous
    return take_over_lead(chosen.rows.get(), lead_id=chosen.answers["lead_id"], by=chosen.by)


def keep_them_apart(chosen: Chosen) -> ActResult:
    assert isinstance(chosen.by, AbstractBaseUser)  # noqa: S101  as above
    return keep_apart(chosen.rows.get(), lead_ids=chosen.answers["lead_ids"], by=chosen.by)


TAKE_OVER = Act("take_over", "Take over this lead", PERMISSION, take_over, frozenset(), form=TakeOverForm)
KEEP_APART = Act("keep_apart", "Make a lead of its own", PERMISSION, keep_them_apart, frozenset(), form=KeepApartForm)


def look_alike_context(row: CrmRecord, request: HttpRequest) -> dict[str, Any] | None:
    """What the piece with the leads and the buttons needs; None where nothing waits."""
    shown = look_alikes_shown(row)
    if not shown:
        return None
    return {
        "record": row,
        "crm": crm_backend(row.crm).title,
        "leads": shown,
        "lead_ids": " ".join(one.lead_id for one in shown),
        "has_lead": row.is_known_there,
        "can_decide": request.user.has_perm(PERMISSION),
        "take_over": reverse("admin:crm_crmrecord_act", args=[TAKE_OVER.name]),
        "keep_apart": reverse("admin:crm_crmrecord_act", args=[KEEP_APART.name]),
        "next": request.get_full_path(),
        "csrf": get_token(request),
    }
