"""Makes Hunter's properties of companies in a HubSpot account, in a group of their own.

What is lacking is read anew before each part: the account is the only record of how far it is, so a run may be killed
anywhere and begun again. Nothing that is there is changed or deleted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

from crm.hubspot.answers import GroupPage, PropertyPage
from crm.hubspot.calls import PROPERTIES, HubSpotCalls
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


class _Made(BaseModel):
    name: str


class HubSpotProvisioner:
    """One account."""

    def __init__(self, *, base_url: str, gate: Gate, bearer: str) -> None:
        self._calls = HubSpotCalls(base_url=base_url, gate=gate, bearer=bearer)

    def inventory(self, wanted: Sequence[WantedColumn]) -> Inventory:
        """The unique property of Hunter's id is the key: without it a repeated create would make a second company."""
        there = self._calls.read(PropertyPage, "GET", PROPERTIES, operation="look what is there").results
        known = {one.name: one for one in there}
        missing = [
            Part(PartKind.KEY if one.name == KEY else PartKind.COLUMN, one.name, one)
            for one in wanted
            if one.name not in known
        ]
        missing.sort(key=lambda part: part.kind is not PartKind.KEY)
        obstacle = ""
        if KEY in known and not known[KEY].is_unique:
            obstacle = (
                f"{KEY} is there, but does not take each value only once, and HubSpot can't change that. Delete the "
                "property in HubSpot's settings, then try again."
            )
        if missing and GROUP not in self._groups():
            missing.insert(0, Part(PartKind.OWNER, GROUP))
        return Inventory(tuple(missing), obstacle=obstacle)

    def make(self, part: Part) -> str:
        try:
            if part.column is None:
                return self._post(f"{PROPERTIES}/groups", {"name": GROUP, "label": "Hunter", "displayOrder": -1})
            return self._post(PROPERTIES, property_body(part.column))
        except Duplicate:
            return ""  # somebody was quicker, or our own answer was lost

    def _groups(self) -> set[str]:
        page = self._calls.read(GroupPage, "GET", f"{PROPERTIES}/groups", operation="look what is there")
        return {one.name for one in page.results}

    def _post(self, path: str, body: Mapping[str, Any]) -> str:
        return self._calls.write(_Made, "POST", path, operation="create a part", json=dict(body)).name


def property_body(column: WantedColumn) -> dict[str, Any]:
    """The definition of a property. A choice's options are named as they are shown."""
    kind, shown_as = SHAPES[column.type]
    options = YES_AND_NO if column.type is ColumnType.YES_NO else {label: label for label in column.options}
    body: dict[str, Any] = {
        "name": column.name,
        "label": column.title,
        "type": kind,
        "fieldType": shown_as,
        "groupName": GROUP,
        "description": "Written by Hunter",
        "hasUniqueValue": column.name == KEY,
        "formField": False,
    }
    if options:
        body["options"] = [
            {"label": label, "value": value, "displayOrder": place, "hidden": False}
            for place, (label, value) in enumerate(options.items())
        ]
    return body
