"""The companies or the contacts of the account: made, changed, archived, merged; what is unique is held once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hunter.sandbox.hubspot.properties import Schema, moment_text
from hunter.sandbox.hubspot.refusals import HubSpotError, ValuesRefused

MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class ObjectType:
    """What differs between companies and contacts. `address`: a property that HubSpot itself takes once."""

    name: str
    title: str
    first_id: int
    changed: str
    told_unless_asked: tuple[str, ...]
    address: str = ""


COMPANY = ObjectType("companies", "Company", 9_000_000_001, "hs_lastmodifieddate", ("domain", "name"))
CONTACT = ObjectType(
    "contacts", "Contact", 5_000_000_001, "lastmodifieddate", ("email", "firstname", "lastname"), address="email"
)


@dataclass(slots=True)
class Record:
    """One of them; values are texts, an empty one is none. `merged`: the ids of those that were merged into it.

    `versions`: what each property held and since when, the newest last.
    """

    of: ObjectType
    object_id: str
    created: datetime
    updated: datetime
    values: dict[str, str] = field(default_factory=dict)
    archived: bool = False
    merged: list[str] = field(default_factory=list)
    history: list[tuple[datetime, dict[str, str]]] = field(default_factory=list)  # what search has yet to see
    versions: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)

    def value(self, name: str) -> str | None:
        match name:
            case "createdate":
                return moment_text(self.created)
            case "hs_object_id":
                return self.object_id
            case "hs_merged_object_ids":
                return ";".join(self.merged) or None
        return moment_text(self.updated) if name == self.of.changed else self.values.get(name) or None

    def as_json(self, names: list[str] | None = None, histories: Sequence[str] = ()) -> dict[str, Any]:
        wanted = dict.fromkeys(
            ["createdate", self.of.changed, "hs_object_id", *(self.of.told_unless_asked if names is None else names)]
        )
        told: dict[str, Any] = {
            "id": self.object_id,
            "properties": {name: self.value(name) for name in wanted},
            "createdAt": moment_text(self.created),
            "updatedAt": moment_text(self.updated),
            "archived": self.archived,
        }
        if histories:
            told["propertiesWithHistory"] = {name: self.history_of(name) for name in histories}
        return told

    def history_of(self, name: str) -> list[dict[str, str]]:
        """What it held, the newest first."""
        return [
            {"value": value, "timestamp": moment_text(at), "sourceType": "INTEGRATION"}
            for at, value in reversed(self.versions.get(name, ()))
        ]


class Records:
    """All of one type. The service's lock is held by whoever calls."""

    def __init__(self, of: ObjectType, schema: Schema, now: Callable[[], datetime]) -> None:
        self.of = of
        self.schema = schema
        self._now = now
        self._all: dict[str, Record] = {}

    def everybody(self) -> list[Record]:
        """All that are not archived, the oldest first."""
        return [one for one in self._all.values() if not one.archived]

    def archived(self) -> list[Record]:
        return [one for one in self._all.values() if one.archived]

    def find(self, named: str, *, by: str = "") -> Record | None:
        """By its id, or by the value of a unique property. One that was merged answers as what it was merged into."""
        if by and by != "hs_object_id":
            if not self.schema.named(by).unique and by != self.of.address:
                raise HubSpotError(400, f"{by} is not a unique property and can't be an idProperty")
            value = named.lower() if by == self.of.address else named
            return next((one for one in self.everybody() if one.values.get(by) == value), None)
        made_of_it = next((one for one in self.everybody() if named in one.merged), None)
        found = made_of_it or self._all.get(named)
        return None if found is None or found.archived else found

    def get(self, named: str, *, by: str = "") -> Record:
        found = self.find(named, by=by)
        if found is None:
            raise HubSpotError(404, "resource not found")
        return found

    def create(self, properties: Mapping[str, Any]) -> Record:
        values = self._checked(properties, owner="")
        return self._added({k: v for k, v in values.items() if v})

    def _added(self, values: dict[str, str]) -> Record:
        now = self._moment()
        made = Record(self.of, str(self.of.first_id + len(self._all)), now, now, values)
        self._all[made.object_id] = made
        made.versions = {name: [(now, value)] for name, value in values.items()}
        self._remember(made)
        return made

    def update(self, record: Record, properties: Mapping[str, Any]) -> Record:
        changed = self._checked(properties, owner=record.object_id)
        record.values.update(changed)
        self.touch(record)
        for name, value in changed.items():
            record.versions.setdefault(name, []).append((record.updated, value))
        return record

    def archive(self, record: Record) -> None:
        record.archived = True
        self.touch(record)

    def merge(self, primary: Record, other: Record) -> Record:
        """A new one in place of both, with the primary one's values; where that has none, with those of the other. It
        knows what each of the two held before."""
        primary.archived = other.archived = True
        values = {name: value for one in (other, primary) for name, value in one.values.items() if value}
        made = self._added(values)
        made.merged = [primary.object_id, *primary.merged, other.object_id, *other.merged]
        before = {
            name: sorted(primary.versions.get(name, []) + other.versions.get(name, []))
            for name in primary.versions.keys() | other.versions.keys()
        }
        made.versions = {name: before.get(name, []) + made.versions.get(name, []) for name in before | made.versions}
        return made

    def as_search_sees(self, *, behind: timedelta) -> list[tuple[Record, Mapping[str, str]]]:
        """Each as it was so long ago: the index is filled some time after a write."""
        until = self._now() - behind
        seen: list[tuple[Record, Mapping[str, str]]] = []
        for one in self._all.values():
            known = [values for at, values in one.history if at <= until]
            if known and not one.archived:
                seen.append((one, known[-1]))
        return seen

    def touch(self, record: Record) -> None:
        record.updated = max(self._moment(), record.updated + MILLISECOND)
        self._remember(record)

    def _remember(self, record: Record) -> None:
        record.history = [*record.history[-5:], (record.updated, dict(record.values))]

    def _moment(self) -> datetime:
        now = self._now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def _checked(self, properties: Mapping[str, Any], *, owner: str) -> dict[str, str]:
        """The values as they are kept. Raises ValuesRefused with everything that is wrong, and 409 for an address."""
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
            kept[name] = taken.lower() if name == self.of.address else taken
            if known.unique and taken:
                other = self.find(taken, by=name)
                if other is not None and other.object_id != owner:
                    faults.append((name, "CONFLICTING_UNIQUE_VALUE", f"{other.object_id} already has that value."))
        self._check_address(kept, owner=owner)
        if faults:
            raise ValuesRefused(faults)
        return kept

    def _check_address(self, kept: Mapping[str, str], *, owner: str) -> None:
        address = kept.get(self.of.address)
        other = self.find(address, by=self.of.address) if address else None
        if other is not None and other.object_id != owner:
            raise HubSpotError(409, f"{self.of.title} already exists. Existing ID: {other.object_id}")
