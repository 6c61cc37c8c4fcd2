"""Errors as a list that leaves the house (g.7)."""

from __future__ import annotations

from hunter.exports.sheet import Column, Sheet
from hunter.ops.services import title_of

ERROR_SHEET = Sheet(
    title="errors",
    columns=(
        Column("What failed", lambda one: one.operation),
        Column("About", lambda one: one.key),
        Column("Service", lambda one: title_of(one.service)),
        Column("Class", lambda one: one.error_class),
        Column("HTTP", lambda one: one.status),
        Column("Code", lambda one: one.code),
        Column("Field", lambda one: one.field),
        Column("Message", lambda one: one.message),
        Column("State", lambda one: one.get_state_display()),
        Column("Why", lambda one: one.state_reason),
        Column("Attempt", lambda one: one.attempt),
        Column("Times", lambda one: one.times),
        Column("Given up", lambda one: one.gave_up),
        Column("First seen", lambda one: one.first_seen),
        Column("Last seen", lambda one: one.last_seen),
        Column("Settled", lambda one: one.settled_at),
        Column("Request", lambda one: one.request_id),
        Column("Correlation", lambda one: str(one.correlation) if one.correlation else None),
    ),
    heavy=("context",),
)
