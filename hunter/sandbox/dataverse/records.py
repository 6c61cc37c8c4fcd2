"""The leads themselves: versions, key values, the recycle bin. Every write is one replacement, so nothing is half done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from hunter.sandbox.dataverse.errors import DataverseError, Refusal
from hunter.sandbox.dataverse.schema import AlternateKey, Row, Scalar, Schema

FIRST_VERSION = 5_216_700
KeyValue = tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Lead:
    """One row. `values` are by property name as they are read; `tables` says what each lookup points to."""

    lead_id: str
    version: int
    values: Row
    tables: dict[str, str] = field(default_factory=dict)
    writes: int = 0
    edits: int = 0
    created_by_api: bool = False

    @property
    def etag(self) -> str:
        return f'W/"{self.version}"'

    def with_values(self, values: dict[str, Scalar], *, version: int) -> Lead:
        return replace(
            self, values=MappingProxyType({**self.values, **values, "versionnumber": version}), version=version
        )


@dataclass(frozen=True, slots=True)
class Deletion:
    """A row as it was when it was deleted, and the version that its deletion has."""

    lead: Lead
    version: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rows at one moment."""

    leads: dict[str, Lead]
    bin: dict[str, Lead]
    deleted: list[Deletion]


def folded(value: Scalar) -> Scalar:
    """A value as the database compares it: without regard to case and to blanks at the end (contract 4.3 rule 10)."""
    return value.rstrip(" ").casefold() if isinstance(value, str) else value


class LeadStore:
    """All leads by id, and by the values of their alternate keys. Not locked: the service holds one lock around it."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._leads: dict[str, Lead] = {}
        self._by_key: dict[tuple[str, ...], dict[KeyValue, set[str]]] = {}
        self._version = FIRST_VERSION
        self.bin: dict[str, Lead] = {}
        self.deleted: list[Deletion] = []

    def __len__(self) -> int:
        return len(self._leads)

    def next_version(self) -> int:
        self._version += 1
        return self._version

    @property
    def version(self) -> int:
        """The version of the latest write."""
        return self._version

    def get(self, lead_id: str) -> Lead | None:
        return self._leads.get(lead_id)

    def all(self) -> Iterable[Lead]:
        return self._leads.values()

    def with_key_value(self, key: AlternateKey, values: KeyValue) -> list[Lead]:
        ids = self._index_of(key.columns).get(tuple(folded(value) for value in values), set())
        return [self._leads[lead_id] for lead_id in sorted(ids)]

    def with_any(self, pins: Iterable[tuple[str, Scalar]]) -> list[Lead]:
        """Those that have one of these values in its column, as the database compares them."""
        ids = {lead_id for column, value in pins for lead_id in self._index_of((column,)).get((folded(value),), ())}
        return [self._leads[lead_id] for lead_id in sorted(ids)]

    def insert(self, lead: Lead) -> None:
        if lead.lead_id in self._leads:
            raise DataverseError(Refusal.DUPLICATE_RECORD, "A record with matching key values already exists.")
        self.replace(lead)

    def replace(self, lead: Lead) -> None:
        """Put the row in place of what was there. Raises a duplicate when an active key's value is somebody else's."""
        for key in self._schema.keys.values():
            if key.is_active:
                self._refuse_duplicate(lead, key)
        self._unindex(self._leads.get(lead.lead_id))
        self._leads[lead.lead_id] = lead
        for columns, index in self._by_key.items():
            _add(index, lead, columns)

    def delete(self, lead: Lead, *, into_bin: bool) -> None:
        self._unindex(lead)
        del self._leads[lead.lead_id]
        self.deleted.append(Deletion(lead, self.next_version()))
        if into_bin:
            self.bin.setdefault(lead.lead_id, lead)

    def snapshot(self) -> Snapshot:
        """What `restore` brings back; rows are never changed in place, so references do."""
        return Snapshot(dict(self._leads), dict(self.bin), list(self.deleted))

    def restore(self, before: Snapshot) -> None:
        """Undo all writes since: versions go on from where they are."""
        self._leads, self.bin, self.deleted = dict(before.leads), dict(before.bin), list(before.deleted)
        self._by_key.clear()

    def forget_column(self, name: str) -> None:
        """Take a property out of every row; versions stay, as nothing was written to the rows."""
        for lead in list(self._leads.values()):
            values = {column: value for column, value in lead.values.items() if column != name}
            self._leads[lead.lead_id] = replace(lead, values=MappingProxyType(values))
        self._by_key.clear()

    def fill_column(self, name: str, value: Scalar) -> None:
        for lead in list(self._leads.values()):
            self._leads[lead.lead_id] = replace(lead, values=MappingProxyType({**lead.values, name: value}))
        self._by_key.clear()

    def duplicates_of(self, key: AlternateKey) -> list[KeyValue]:
        return [value for value, ids in self._index_of(key.columns).items() if len(ids) > 1]

    def _refuse_duplicate(self, lead: Lead, key: AlternateKey) -> None:
        value = key_value(lead, key.columns)
        if value is None or self._index_of(key.columns).get(value, set()) <= {lead.lead_id}:
            return
        columns = ", ".join(key.columns)
        raise DataverseError(
            Refusal.DUPLICATE_KEY,
            f"Entity Key {key.name} violated. A record with the same value for {columns} already exists. A duplicate "
            "record cannot be created. Select one or more unique values and try again.",
        )

    def _index_of(self, columns: tuple[str, ...]) -> dict[KeyValue, set[str]]:
        index = self._by_key.get(columns)
        if index is None:
            index = self._by_key[columns] = {}
            for lead in self._leads.values():
                _add(index, lead, columns)
        return index

    def _unindex(self, lead: Lead | None) -> None:
        if lead is None:
            return
        for columns, index in self._by_key.items():
            value = key_value(lead, columns)
            if value is not None:
                index[value].discard(lead.lead_id)


def key_value(lead: Lead, columns: tuple[str, ...]) -> KeyValue | None:
    """The folded values of the key's columns; None when one is null, since such rows are not compared (rule 9)."""
    values = tuple(folded(lead.values.get(column)) for column in columns)
    return None if None in values else values


def _add(index: dict[KeyValue, set[str]], lead: Lead, columns: tuple[str, ...]) -> None:
    value = key_value(lead, columns)
    if value is not None:
        index.setdefault(value, set()).add(lead.lead_id)
