"""Makes Hunter's properties of companies and contacts in a HubSpot account, in a group of their own.

What is lacking is read anew before each part: the account is the only record of how far it is, so a run may be killed
anywhere and begun again. Nothing that is there is changed or deleted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

from crm.hubspot.answers import GroupPage, PropertyPage
from crm.hubspot.calls import PROPERTIES, HubSpotCalls
from crm.hubspot.columns import CONTACT
from crm.hubspot.ids import KEY
from crm.interface import ColumnType, Inventory, Part, PartKind, WantedColumn
from hunter.remote.errors import Duplicate
from hunter.remote.gate import Gate

GROUP: Final = "hunter"
SHAPES: Final[Mapping[ColumnType, tuple[str, str]]] = {
    ColumnType.TEXT: ("string", "text"),
    ColumnType.LINES: ("string", "textarea"),
    ColumnType.WHOLE: ("number", "number"),
    ColumnType.DECIMAL: ("number", "number"),
    ColumnType.YES_NO: ("bool", "booleancheckbox"),
    ColumnType.CHOICE: ("enumeration", "select"),
    ColumnType.MOMENT: ("datetime", "date"),
}
YES_AND_NO: Final = {"Yes": "true", "No": "false"}
OBJECTS: Final[Mapping[str, str]] = {"": "companies", CONTACT: "contacts"}


class _Made(BaseModel):
    name: str


class HubSpotProvisioner:
    """One account."""

    def __init__(self, *, base_url: str, gate: Gate, bearer: str) -> None:
        self._calls = HubSpotCalls(base_url=base_url, gate=gate, bearer=bearer)

    def inventory(self, wanted: Sequence[WantedColumn]) -> Inventory:
        """The unique property of Hunter's id is the key: without it a repeated create would make a second record."""
        missing: list[Part] = []
        obstacle = ""
        for prefix in OBJECTS:
            of_it = [one for one in wanted if _split(one.name)[0] == prefix]
            if of_it:
                lacking, in_the_way = self._lacking(of_it, prefix)
                missing += lacking
                obstacle = obstacle or in_the_way
        return Inventory(tuple(missing), obstacle=obstacle)

    def make(self, part: Part) -> str:
        prefix, name = _split(part.name)
        address = f"{PROPERTIES}/{OBJECTS[prefix]}"
        try:
            if part.column is None:
                return self._post(f"{address}/groups", {"name": name, "label": "Hunter", "displayOrder": -1})
            return self._post(address, property_body(part.column))
        except Duplicate:
            return ""  # somebody was quicker, or our own answer was lost

    def _lacking(self, wanted: Sequence[WantedColumn], prefix: str) -> tuple[list[Part], str]:
        """What one type of object lacks, the key first, and what stands in the way."""
        address, key = f"{PROPERTIES}/{OBJECTS[prefix]}", f"{prefix}{KEY}"
        there = self._calls.read(PropertyPage, "GET", address, operation="look what is there").results
        known = {f"{prefix}{one.name}": one for one in there}
        missing = [
            Part(PartKind.KEY if one.name == key else PartKind.COLUMN, one.name, one)
            for one in wanted
            if one.name not in known
        ]
        missing.sort(key=lambda part: part.kind is not PartKind.KEY)
        if missing and GROUP not in self._groups(address):
            missing.insert(0, Part(PartKind.OWNER, f"{prefix}{GROUP}"))
        if key not in known or known[key].is_unique:
            return missing, ""
        return missing, (
            f"{key} is there, but does not take each value only once, and HubSpot can't change that. Delete the "
            "property in HubSpot's settings, then try again."
        )

    def _groups(self, address: str) -> set[str]:
        page = self._calls.read(GroupPage, "GET", f"{address}/groups", operation="look what is there")
        return {one.name for one in page.results}

    def _post(self, path: str, body: Mapping[str, Any]) -> str:
        return self._calls.write(_Made, "POST", path, operation="create a part", json=dict(body)).name


def property_body(column: WantedColumn) -> dict[str, Any]:
    """The definition of a property. A choice's options are named as they are shown."""
    kind, shown_as = SHAPES[column.type]
    _, name = _split(column.name)
    options = YES_AND_NO if column.type is ColumnType.YES_NO else {label: label for label in column.options}
    body: dict[str, Any] = {
        "name": name,
        "label": column.title,
        "type": kind,
        "fieldType": shown_as,
        "groupName": GROUP,
        "description": "Written by Hunter",
        "hasUniqueValue": name == KEY,
        "formField": False,
    }
    if options:
        body["options"] = [
            {"label": label, "value": value, "displayOrder": place, "hidden": False}
            for place, (label, value) in enumerate(options.items())
        ]
    return body


def _split(name: str) -> tuple[str, str]:
    """Of which type of object a part is, and its name there."""
    return (CONTACT, name.removeprefix(CONTACT)) if name.startswith(CONTACT) else ("", name)
