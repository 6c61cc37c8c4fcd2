"""Personal data taken out of a row that is kept as evidence of an error (R5.6)."""

from __future__ import annotations

import re
from typing import Any

PERSONAL = frozenset({"firstname", "lastname", "phonenumber", "email", "notes", "addressline1", "addressline2"})
EMAIL = re.compile(r"[^\s@<>\"']+@")


def masked(value: Any, *, name: str = "") -> Any:
    """The value with names, phones, streets and notes covered, and mail addresses down to their domain."""
    if isinstance(value, dict):
        return {member: masked(inner, name=member) for member, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner, name=name) for inner in value]
    if not isinstance(value, str) or not value:
        return value
    if "@" in value:
        return EMAIL.sub("***@", value)
    return "***" if name.lower() in PERSONAL else value
