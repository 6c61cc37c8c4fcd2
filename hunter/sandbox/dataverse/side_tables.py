"""The tables beside leads that are only looked into: publishers, solutions, the organization, messages (contract 8.2, 16.1)."""

from __future__ import annotations

import re
from typing import Any

from hunter.sandbox.dataverse.customizing.solutions import Solutions
from hunter.sandbox.dataverse.directory import ORGANIZATION
from hunter.sandbox.dataverse.errors import bad_request, no_such_property
from hunter.sandbox.dataverse.filters import parse_filter
from hunter.sandbox.dataverse.guids import fixed_guid
from hunter.sandbox.dataverse.requests import Ask
from hunter.sandbox.dataverse.row_filter import compile_row_filter
from hunter.sandbox.dataverse.shapes import ENGLISH

MESSAGES = (
    "CreateMultiple",
    "UpdateMultiple",
    "UpsertMultiple",
    "Merge",
    "QualifyLead",
    "Restore",
    "SetState",
    "Assign",
)
TABLES = ("publishers", "solutions", "organizations", "sdkmessagefilters")
ALIAS = re.compile(r"@\w+")
Row = dict[str, Any]


def answer_table(ask: Ask, solutions: Solutions, *, api: str) -> Row:
    """The rows that a query means. Raises DataverseError for what the query language does not have here."""
    name = ask.segments[0].name
    rows = _rows(name, solutions)
    aliases = {option: value for option, value in ask.options.items() if option.startswith("@")}
    for option in ask.options:
        if option not in ("$select", "$filter") and option not in aliases:
            raise bad_request(f"The query parameter '{option}' is not supported for {name}.")
    if "$filter" in ask.options:
        text = ALIAS.sub(lambda found: aliases.get(found[0], found[0]), ask.options["$filter"])
        matches = compile_row_filter(parse_filter(text), type_of=lambda row: f"Microsoft.Dynamics.CRM.{name}")
        rows = [row for row in rows if matches(row)]
    selected = ask.options.get("$select", "")
    context = f"{api}/$metadata#{name}{f'({selected})' if selected else ''}"
    return {"@odata.context": context, "value": [_shaped(row, selected, name) for row in rows]}


def _rows(name: str, solutions: Solutions) -> list[Row]:
    if name == "publishers":
        return [one.as_row() for one in solutions.publishers.values()]
    if name == "solutions":
        return [one.as_row() for one in solutions.solutions.values()]
    if name == "organizations":
        return [{"organizationid": ORGANIZATION, "name": "hnt-demo", "languagecode": ENGLISH}]
    return [
        {
            "sdkmessagefilterid": fixed_guid(f"message:{message}"),
            "primaryobjecttypecode": "lead",
            "sdkmessageid": {"name": message},
        }
        for message in MESSAGES
    ]


def _shaped(row: Row, selected: str, name: str) -> Row:
    plain = {key: value for key, value in row.items() if not isinstance(value, dict)}
    if not selected:
        return plain
    wanted = [key.strip() for key in selected.split(",")]
    for key in wanted:
        if key not in plain:
            raise no_such_property(key, of_type=f"Microsoft.Dynamics.CRM.{name.removesuffix('s')}")
    return {key: plain[key] for key in (next(iter(plain)), *wanted)}
