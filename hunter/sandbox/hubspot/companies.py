"""The companies of the account: made, changed, archived, merged; each property value that is unique held once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hunter.sandbox.hubspot.properties import Schema, moment_text
from hunter.sandbox.hubspot.refusals import HubSpotError, ValuesRefused

FIRST_ID = 9_000_000_001
ALWAYS_TOLD = ("createdate", "hs_lastmodifieddate", "hs_object_id")
TOLD_UNLESS_ASKED = ("domain", "name")
MILLISECOND = timedelta(milliseconds=1)


@dataclass(slots=True)
class Company:
    """One company; values are texts, an empty one is none. `merged`: the ids of those that were merged into it."""

    object_id: str
    created: datetime
    updated: datetime
    values: dict[str, str] = field(default_factory=dict)
    archived: bool = False
    merged: list[str] = field(default_factory=list)
    history: list[tuple[datetime, dict[str, str]]] = field(default_factory=list)  # what search has yet to see

    def value(self, name: str) -> str | None:
        match name:
            case "createdate":
                return moment_text(self.created)
            case "hs_lastmodifieddate":
                return moment_text(self.updated)
            case "hs_object_id":
                return self.object_id
            case "hs_merged_object_ids":
                return ";".join(self.merged) or None
        return self.values.get(name) or None

    def as_json(self, names: list[str] | None = None) -> dict[str, Any]:
        wanted = dict.fromkeys([*ALWAYS_TOLD, *(TOLD_UNLESS_ASKED if names is None else names)])
        return {
            "id": self.object_id,
            "properties": {name: self.value(name) for name in wanted},
            "createdAt": moment_text(self.created),
            "updatedAt": moment_text(self.updated),
            "archived": self.archived,
        }


class Companies:
    """All of them. The service's lock is held by whoever calls."""

    def __init__(self, schema: Schema, now: Callable[[], datetime]) -> None:
        self.schema = schema
        self._now = now
        self._all: dict[str, Company] = {}

    def everybody(self) -> list[Company]:
        """All that are not archived, the oldest first."""
        return [one for one in self._all.values() if not one.archived]

    def archived(self) -> list[Company]:
        return [one for one in self._all.values() if one.archived]

    def find(self, named: str, *, by: str = "") -> Company | None:
        """By its id, or by the value of a unique property. A company that was merged answers as the one that stays."""
        if by and by != "hs_object_id":
            if not self.schema.named(by).unique:
                raise HubSpotError(400, f"{by} is not a unique property and can't be an idProperty")
            return next((one for one in self.everybody() if one.values.get(by) == named), None)
        stays = next((one for one in self.everybody() if named in one.merged), None)
        found = stays or self._all.get(named)
        return None if found is None or found.archived else found

    def get(self, named: str, *, by: str = "") -> Company:
        found = self.find(named, by=by)
        if found is None:
            raise HubSpotError(404, "resource not found")
        return found

    def create(self, properties: Mapping[str, Any]) -> Company:
        values = self._checked(properties, owner="")
        now = self._moment()
        made = Company(str(FIRST_ID + len(self._all)), now, now, {k: v for k, v in values.items() if v})
        self._all[made.object_id] = made
        self._remember(made)
        return made

    def update(self, company: Company, properties: Mapping[str, Any]) -> Company:
        company.values.update(self._checked(properties, owner=company.object_id))
        self._touch(company)
        return company

    def archive(self, company: Company) -> None:
        company.archived = True
        self._touch(company)

    def merge(self, stays: Company, goes: Company) -> Company:
        """What stays keeps its values; where it has none it takes those of the other."""
        goes.archived = True
        stays.values = {**{k: v for k, v in goes.values.items() if v}, **{k: v for k, v in stays.values.items() if v}}
        stays.merged = [*stays.merged, goes.object_id, *goes.merged]
        self._touch(stays)
        return stays

    def as_search_sees(self, *, behind: timedelta) -> list[tuple[Company, Mapping[str, str]]]:
        """Each company as it was so long ago: the index is filled some time after a write."""
        until = self._now() - behind
        seen: list[tuple[Company, Mapping[str, str]]] = []
        for one in self._all.values():
            known = [values for at, values in one.history if at <= until]
            if known and not one.archived:
                seen.append((one, known[-1]))
        return seen

    def _touch(self, company: Company) -> None:
        company.updated = max(self._moment(), company.updated + MILLISECOND)
        self._remember(company)

    def _remember(self, company: Company) -> None:
        company.history = [*company.history[-5:], (company.updated, dict(company.values))]

    def _moment(self) -> datetime:
        now = self._now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def _checked(self, properties: Mapping[str, Any], *, owner: str) -> dict[str, str]:
        """The values as they are kept. Raises ValuesRefused with everything that is wrong."""
        faults: list[tuple[str, str, str]] = []
        kept: dict[str, str] = {}
        for name, value in properties.items():
            known = self.schema.properties.get(name)
            if known is None:
                faults.append((name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'))
                continue
            taken = known.taken(value)
            if isinstance(taken, tuple):
                faults.append((name, *taken))
                continue
            kept[name] = taken
            if known.unique and taken:
                other = self.find(taken, by=name)
                if other is not None and other.object_id != owner:
                    faults.append((name, "CONFLICTING_UNIQUE_VALUE", f"{other.object_id} already has that value."))
        if faults:
            raise ValuesRefused(faults)
        return kept
