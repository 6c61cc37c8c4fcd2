"""Two people at one form: nothing typed is lost, nothing saved is covered (R3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from django import forms
from django.core import signing
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from hunter.audit.models import AuditEntry
from hunter.errors import HunterError
from hunter.versioning import VersionedModel

TOKEN, SALT = "_version", "hunter.ops.stale_edits"


@runtime_checkable
class KeepsSecrets(Protocol):
    """A form with inputs that never show what is kept: an empty one keeps it."""

    def told_of_secrets(self, row: Any) -> dict[str, str]:
        """By input what may be told of the kept value, so that a change of it is seen."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The row as it was when the form was opened: its version, and what stood in each field that can be edited."""

    version: int
    values: Mapping[str, str]
    since: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a stale edit: as it was, as this person wants it, as it is now, and who changed it last.

    `theirs`: what the form sends to keep what is there now; nothing, where that is secret.
    """

    name: str
    label: str
    was: str
    mine: str
    now: str
    theirs: str
    by: str = ""

    @property
    def is_mine(self) -> bool:
        return self.mine != self.was

    @property
    def is_theirs(self) -> bool:
        return self.now != self.was

    @property
    def is_disputed(self) -> bool:
        """Both changed it, and not to the same: a person has to say which."""
        return self.is_mine and self.is_theirs and self.mine != self.now

    @property
    def merged(self) -> str:
        """What it becomes where nobody has to choose."""
        return self.mine if self.is_mine else self.theirs


def version_token(form: forms.BaseForm, row: VersionedModel) -> str:
    """The signed hidden field of a change form: which version it shows, and what stood in its fields."""
    return signing.dumps(
        {"version": row.version, "values": shown_values(form, row), "since": row.updated_at.isoformat()}, salt=SALT
    )


def opened_as(request: HttpRequest) -> Opened:
    """What the form showed. Raises HunterError when the field is missing or was meddled with."""
    try:
        return Opened(**signing.loads(request.POST.get(TOKEN, ""), salt=SALT))
    except (signing.BadSignature, TypeError) as error:
        raise HunterError(
            "This form doesn't say which version it was opened with, so nothing was saved. Open it again."
        ) from error


def shown_values(form: forms.BaseForm, row: Model) -> dict[str, str]:
    """What stands in each field of the form when it shows this row; of a secret what may be told."""
    return sent_values(form, row) | secrets_of(form, row)


def sent_values(form: forms.BaseForm, row: Model) -> dict[str, str]:
    """What the inputs of the form would send when it shows this row."""
    values = forms.model_to_dict(row, fields=list(form.fields))
    return {name: as_sent(field.prepare_value(values.get(name))) for name, field in form.fields.items()}


def secrets_of(form: forms.BaseForm, row: Model) -> dict[str, str]:
    """What the form tells of values that it never shows."""
    return form.told_of_secrets(row) if isinstance(form, KeepsSecrets) else {}


def as_sent(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else ""
    return str(getattr(value, "pk", value))


def changes(request: HttpRequest, form: forms.BaseForm, row: VersionedModel, *, opened: Opened) -> list[FieldChange]:
    """Field by field: what this person typed against what is there now; only fields that somebody changed."""
    now, sent, secret = shown_values(form, row), sent_values(form, row), secrets_of(form, row)
    authors = authors_since(row, since=opened.since)
    compared = [
        FieldChange(
            name=name,
            label=str(field.label or name),
            was=opened.values.get(name, ""),
            mine=request.POST.get(form.add_prefix(name), "").strip() or (opened.values[name] if name in secret else ""),
            now=now[name],
            theirs=sent[name],
            by=authors.get(name, ""),
        )
        for name, field in form.fields.items()
    ]
    return [one for one in compared if one.is_mine or one.is_theirs]


def authors_since(row: Model, *, since: str) -> dict[str, str]:
    """Who changed which field after that moment, as the audit log tells; a field that nobody claims is a machine's."""
    entries = AuditEntry.objects.filter(
        subject_type=row._meta.label_lower, subject_id=str(row.pk), happened_at__gt=since
    ).select_related("by")
    authors: dict[str, str] = {}
    for entry in sorted(entries, key=lambda one: one.pk):
        for name in entry.after if isinstance(entry.after, dict) else ():
            authors[name] = told(entry)
    return authors


def told(entry: AuditEntry) -> str:
    minutes = int((timezone.now() - entry.happened_at).total_seconds() // 60)
    who = (entry.by.get_full_name() or entry.by.get_username()) if entry.by else "a command"
    return f"{who}, {f'{minutes} min ago' if minutes else 'just now'}"


def merged_values(form: forms.BaseForm, row: Model, compared: Sequence[FieldChange]) -> dict[str, str]:
    """The newest row with this person's changes on it, for the fields where nobody has to choose."""
    merged = sent_values(form, row)
    return merged | {one.name: one.merged for one in compared if not one.is_disputed}
