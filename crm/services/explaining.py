"""A payload shown to a person: what is sent, what is left out and why, or the value that can't be sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from crm.mapping.columns import Mapping
from crm.mapping.facts import field_of
from crm.mapping.payload import PayloadRefused, PushFacts, bookkeeping, lead_payload
from crm.mapping.resolving import by_itself
from crm.mapping.values import faulty_field, read_values
from hunter.errors import HunterError


def explained_payload(raw: object, mapping: Mapping, *, now: datetime) -> dict[str, Any]:
    """`payload` and `left_out`, or `error`, `field` and `column`. Raises HunterError when it is no company at all."""
    if not isinstance(raw, dict):
        raise HunterError('A company is a JSON object like {"domain": "contoso.com", "score": 60}.')
    try:
        values = read_values(raw)
    except ValidationError as error:
        field, sentence = faulty_field(error)
        return {"error": sentence, "field": field, "column": column_of(field, mapping)}

    resolved = by_itself(mapping)
    filled = lead_payload(values, resolved)
    if isinstance(filled, PayloadRefused):
        return {"error": filled.sentence(), "field": filled.field, "column": filled.column}
    push = bookkeeping(resolved, PushFacts(time=now, lead_id=values.lead_id or "", attempts=values.sync_attempts))
    return {
        "payload": {**filled.columns, **push.columns},
        "left_out": {**filled.left_out, **push.left_out},
    }


def column_of(field: str, mapping: Mapping) -> str:
    """The first column that the field is sent in, empty when there is none."""
    return next((column.name for column in mapping.column if field_of(column.value) == field), "")
