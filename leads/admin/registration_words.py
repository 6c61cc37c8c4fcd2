"""Who keeps a domain registered, in words: told, not registered, or not known and why; the three are never confused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from hunter.ops.showing import day
from leads.admin.findings import Finding
from leads.models import Signals

NOT_TOLD = "not told by the registry"


def registration_findings(signals: Signals) -> Iterator[Finding]:
    """Registrar, beginning and end of the registration, each with who told and when."""
    answer = signals.answers.get("registration") or {}
    state, reason = answer.get("state"), answer.get("reason") or ""
    values = {
        "Registrar": signals.registrar,
        "Registered": day_words(signals.registered_at),
        "Domain ends": day_words(signals.expires_at),
    }
    if state == "absent":
        yield Finding("Registration", "not registered", reason)
    elif signals.registration_source:
        source = (
            f"{signals.get_registration_source_display()}, read {day_words(signals.registration_read_at) or 'before'}"
        )
        is_current = state != "not_known"
        rests_on = source if is_current else f"{source}; not known since: {reason}"
        for name, value in values.items():
            yield Finding(name, value or NOT_TOLD, rests_on if name == "Registrar" else "", is_known=is_current)
    else:
        yield Finding("Registration", f"not known: {reason or 'nobody answered'}", is_known=False)


def day_words(value: date | None) -> str:
    return str(day(value)) if value else ""
