"""`$apply` in the one form that looks for values that occur several times (contract 16.7)."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from hunter.sandbox.dataverse.errors import bad_request, no_such_property
from hunter.sandbox.dataverse.filters import parse_filter
from hunter.sandbox.dataverse.lifecycle import Environment
from hunter.sandbox.dataverse.matching import compile_filter
from hunter.sandbox.dataverse.records import folded

GROUPED = re.compile(r"filter\((?P<filter>.+)\)/groupby\(\((?P<column>\w+)\),aggregate\(\$count as (?P<alias>\w+)\)\)")


def answer_groups(text: str, environment: Environment, *, api: str) -> dict[str, Any]:
    """How many leads have each value of a column. Raises DataverseError for another form of `$apply`."""
    found = GROUPED.fullmatch(text.strip())
    if found is None:
        raise bad_request(f"The $apply expression '{text[:200]}' is not supported.")
    column = environment.schema.by_property(found["column"])
    if column is None:
        raise no_such_property(found["column"])
    matches = compile_filter(parse_filter(found["filter"]), environment.schema)
    name, spellings, counts = column.property_name, dict[Any, Any](), Counter[Any]()
    for lead in environment.store.all():
        if matches(lead.values):
            value = lead.values.get(name)
            counts[folded(value)] += 1
            spellings.setdefault(folded(value), value)
    rows = [{name: spellings[value], found["alias"]: count} for value, count in counts.items()]
    return {"@odata.context": f"{api}/$metadata#leads({name},{found['alias']})", "value": rows}
