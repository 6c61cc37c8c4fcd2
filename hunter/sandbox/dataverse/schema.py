"""The columns and keys of the lead table, as data that can change while the simulator runs (contract 3, 10)."""

from __future__ import annotations

import enum
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

Scalar = str | int | float | bool | None
Row = Mapping[str, Scalar]

OWN_PREFIX = "hnt_"
SCHEMA_FILE = Path(__file__).with_name("schema.toml")


class ColumnType(enum.StrEnum):
    """The attribute types of contract 10.2, spelled as the metadata spells them."""

    STRING = "String"
    MEMO = "Memo"
    INTEGER = "Integer"
    BIG_INT = "BigInt"
    DECIMAL = "Decimal"
    DOUBLE = "Double"
    MONEY = "Money"
    BOOLEAN = "Boolean"
    DATE_TIME = "DateTime"
    PICKLIST = "Picklist"
    STATE = "State"
    STATUS = "Status"
    LOOKUP = "Lookup"
    OWNER = "Owner"
    CUSTOMER = "Customer"
    UNIQUEIDENTIFIER = "Uniqueidentifier"


TEXTS = frozenset({ColumnType.STRING, ColumnType.MEMO})
CHOICES = frozenset({ColumnType.PICKLIST, ColumnType.STATE, ColumnType.STATUS})
WHOLE_NUMBERS = frozenset({ColumnType.INTEGER, ColumnType.BIG_INT}) | CHOICES
FRACTIONS = frozenset({ColumnType.DECIMAL, ColumnType.DOUBLE, ColumnType.MONEY})
LOOKUPS = frozenset({ColumnType.LOOKUP, ColumnType.OWNER, ColumnType.CUSTOMER})


class Option(BaseModel):
    """One choice: its number, and the label that people see."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: int
    label: str
    translations: dict[int, str] = {}
    state: int | None = None
    default_status: int | None = None


class Column(BaseModel):
    """A column with everything the metadata tells of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    type: ColumnType
    label: str
    format: str = "Text"
    max_length: int = 0
    minimum: float = 0
    maximum: float = 0
    precision: int = 0
    behavior: str = "UserLocal"
    required: str = "None"
    create: bool = True
    update: bool = True
    default: bool | int | None = None
    labels: tuple[str, str] = ("No", "Yes")
    options: tuple[Option, ...] = ()
    navigation: dict[str, tuple[str, ...]] = {}
    schema_name: str = ""
    translations: dict[int, str] = {}
    description: str = ""
    custom: bool = False

    @field_validator("options", mode="before")
    @classmethod
    def number_to_label(cls, value: object) -> object:
        if isinstance(value, Mapping):
            return [{"value": int(number), "label": label} for number, label in value.items()]
        return value

    @property
    def property_name(self) -> str:
        """The name under which the value is read: lookups show as `_name_value`."""
        return f"_{self.name}_value" if self.type in LOOKUPS else self.name

    @property
    def is_custom(self) -> bool:
        return self.custom or self.name.startswith(OWN_PREFIX)

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(table for tables in self.navigation.values() for table in tables)

    def option(self, value: Scalar) -> Option | None:
        return next((option for option in self.options if option.value == value), None)


class AlternateKey(BaseModel):
    """An alternate key. It resolves and protects only while its status is Active (contract 4.3 rule 8)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    columns: tuple[str, ...]
    status: str = "Active"
    requested_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        return self.status == "Active"


class _SchemaFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    columns: list[Column]
    choices: list[Column]
    optional: list[Column]
    keys: list[AlternateKey]


@dataclass
class Schema:
    """The lead table of this environment. `revision` rises with each change, so that what was built from it can tell."""

    columns: dict[str, Column]
    keys: dict[str, AlternateKey]
    optional: dict[str, Column] = field(default_factory=dict)
    revision: int = 0
    hidden: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._index()

    def by_property(self, name: str) -> Column | None:
        return self._by_property.get(name)

    def writable(self, name: str) -> Column | None:
        """The column as data calls know it: one that was just made is not there yet (contract 16.10)."""
        return None if name in self.hidden else self.columns.get(name)

    def hide(self, name: str, *, until: datetime) -> None:
        """Data calls learn of the column at `until`."""
        self.hidden[name] = until
        self._index()

    def reveal(self, now: datetime) -> None:
        """Let data calls see what was hidden long enough."""
        due = [name for name, until in self.hidden.items() if until <= now]
        for name in due:
            del self.hidden[name]
        if due:
            self._index()

    def copied(self) -> Schema:
        """This state, to be looked at later."""
        return Schema(dict(self.columns), dict(self.keys))

    def by_navigation(self, name: str) -> Column | None:
        return self._by_navigation.get(name)

    def put_column(self, column: Column) -> None:
        self.columns[column.name] = column
        self._index()

    def drop_column(self, name: str) -> None:
        """Take a column away, and with it the keys that rest on it."""
        del self.columns[name]
        self.keys = {key.name: key for key in self.keys.values() if name not in key.columns}
        self._index()

    def drop_key(self, name: str) -> None:
        del self.keys[name]
        self._index()

    def put_key(self, key: AlternateKey) -> None:
        self.keys[key.name] = key
        self._index()

    def key_of(self, columns: Iterable[str]) -> AlternateKey | None:
        wanted = set(columns)
        return next((key for key in self.keys.values() if set(key.columns) == wanted), None)

    def _index(self) -> None:
        known = [column for column in self.columns.values() if column.name not in self.hidden]
        self._by_property = {column.property_name: column for column in known}
        self._by_navigation = {name: column for column in self.columns.values() for name in column.navigation}
        self.revision += 1


def load_schema(path: Path = SCHEMA_FILE) -> Schema:
    """The lead table as the data file has it, without the optional columns."""
    content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    file = _SchemaFile.model_validate(content)
    return Schema(
        columns={column.name: column for column in (*file.columns, *file.choices)},
        keys={key.name: key for key in file.keys},
        optional={column.name: column for column in file.optional},
    )
