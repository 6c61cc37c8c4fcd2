"""What a person changed in a form, field by field, as the audit log keeps it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

NOT_TOLD = frozenset({"password", "password1", "password2", "usable_password"})


def edited_values(form: Any) -> tuple[dict[str, str], dict[str, str]]:
    """Each changed field as it was and as it is, in words; secrets only by name."""
    names = [name for name in getattr(form, "changed_data", ()) if name in form.fields]
    told = {name: ("…", "…") for name in names if name in NOT_TOLD}
    told |= {
        name: (in_words(form.initial.get(name)), in_words(form.cleaned_data.get(name)))
        for name in names
        if name not in NOT_TOLD
    }
    return {name: was for name, (was, _) in told.items()}, {name: now for name, (_, now) in told.items()}


def in_words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple | QuerySet):
        return ", ".join(str(one) for one in value)
    return str(value)
