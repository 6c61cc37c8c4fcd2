"""What administrators over there do: columns, options, keys, rights, plug-ins, limits. One class for each act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from pydantic import ValidationError

from hunter.sandbox.dataverse.directory import Reference
from hunter.sandbox.dataverse.guids import read_guid
from hunter.sandbox.dataverse.hands import Act, Hands
from hunter.sandbox.dataverse.limits import Limits
from hunter.sandbox.dataverse.schema import (
    CHOICES,
    FRACTIONS,
    LOOKUPS,
    TEXTS,
    AlternateKey,
    Column,
    ColumnType,
    Option,
)
from hunter.sandbox.dataverse.switches import Switches
from hunter.sandbox.service import EditRefused

KEY_STATUSES = Literal["Pending", "InProgress", "Active", "Failed"]


class DropColumn(Act):
    act: Literal["drop_column"]
    column: str

    def apply(self, hands: Hands) -> dict[str, Any]:
        column = _removable(hands, self.column)
        hands.environment.schema.drop_column(column.name)
        hands.environment.store.forget_column(column.property_name)
        return {"column": column.name}


class AddColumn(Act):
    """Add one of the optional columns by name, or a column of one's own by its definition as in `schema.toml`."""

    act: Literal["add_column"]
    column: str | dict[str, Any]

    def apply(self, hands: Hands) -> dict[str, Any]:
        schema = hands.environment.schema
        column = self._defined(schema.optional)
        if column.name in schema.columns:
            raise EditRefused(f"The lead table has a column '{column.name}' already.", field="column")
        schema.put_column(column)
        hands.environment.store.fill_column(column.property_name, None)
        return {"column": column.name}

    def _defined(self, optional: Mapping[str, Column]) -> Column:
        if isinstance(self.column, dict):
            try:
                return Column.model_validate(self.column)
            except ValidationError as error:
                raise EditRefused(error.errors()[0]["msg"], field="column") from error
        if self.column not in optional:
            raise EditRefused(
                f"'{self.column}' is none of the optional columns: {', '.join(optional)}.", field="column"
            )
        return optional[self.column]


class SetLength(Act):
    act: Literal["set_length"]
    column: str
    length: int

    def apply(self, hands: Hands) -> dict[str, Any]:
        column = hands.column(self.column)
        if column.type not in TEXTS:
            raise EditRefused(f"'{column.name}' is {column.type}; only text has a length.", field="column")
        return _put(hands, column, max_length=self.length)


class SetRange(Act):
    act: Literal["set_range"]
    column: str
    minimum: float
    maximum: float

    def apply(self, hands: Hands) -> dict[str, Any]:
        column = hands.column(self.column)
        if column.type not in FRACTIONS | {ColumnType.INTEGER}:
            raise EditRefused(f"'{column.name}' is {column.type}; only numbers have a range.", field="column")
        return _put(hands, column, minimum=self.minimum, maximum=self.maximum)


class SetRequired(Act):
    act: Literal["set_required"]
    column: str
    required: Literal["None", "Recommended", "ApplicationRequired", "SystemRequired"]

    def apply(self, hands: Hands) -> dict[str, Any]:
        return _put(hands, hands.column(self.column), required=self.required)


class SetType(Act):
    """As if the column had been deleted and made anew with another type: its values are gone."""

    act: Literal["set_type"]
    column: str
    type: ColumnType
    length: int = 100
    maximum: float = 1_000_000

    def apply(self, hands: Hands) -> dict[str, Any]:
        column = _removable(hands, self.column)
        hands.environment.store.forget_column(column.property_name)
        answer = _put(hands, column, type=self.type, max_length=self.length, maximum=self.maximum, default=None)
        new = hands.column(self.column)
        hands.environment.store.fill_column(new.property_name, None)
        return answer


class AddOption(Act):
    act: Literal["add_option"]
    column: str
    value: int
    label: str

    def apply(self, hands: Hands) -> dict[str, Any]:
        column = hands.column(self.column)
        if column.option(self.value) is not None:
            raise EditRefused(f"'{column.name}' has an option {self.value} already.", field="value")
        option = Option(value=self.value, label=self.label)
        return _put(hands, column, options=(*column.options, option))


class RenameOption(Act):
    act: Literal["rename_option"]
    column: str
    value: int
    label: str

    def apply(self, hands: Hands) -> dict[str, Any]:
        return _with_option(hands, self.column, self.value, label=self.label)


class RenumberOption(Act):
    """Give a choice another number. Leads that hold the old one keep it."""

    act: Literal["renumber_option"]
    column: str
    value: int
    to: int

    def apply(self, hands: Hands) -> dict[str, Any]:
        return _with_option(hands, self.column, self.value, value=self.to)


class DropOption(Act):
    act: Literal["drop_option"]
    column: str
    value: int

    def apply(self, hands: Hands) -> dict[str, Any]:
        column = _choice(hands, self.column, self.value)
        return _put(hands, column, options=tuple(option for option in column.options if option.value != self.value))


class SetKeyStatus(Act):
    """Active is refused while two leads share a value, as the index could not be built."""

    act: Literal["set_key_status"]
    key: str = "hnt_domain_key"
    status: KEY_STATUSES

    def apply(self, hands: Hands) -> dict[str, Any]:
        schema = hands.environment.schema
        key = schema.keys.get(self.key)
        if key is None:
            raise EditRefused(f"The lead table has no key '{self.key}'.", field="key")
        doubled = hands.environment.store.duplicates_of(key)
        if self.status == "Active" and doubled:
            raise EditRefused(f"The key can't become active: {len(doubled)} values occur twice.", field="status")
        schema.put_key(AlternateKey(name=key.name, columns=key.columns, status=self.status))
        return {"key": key.name, "status": self.status}


class AddPrincipal(Act):
    """A user or a team that can own leads; a team whose roles do not read leads is refused as an owner."""

    act: Literal["add_user", "add_team"]
    id: str
    name: str = ""
    reads_leads: bool = True

    def apply(self, hands: Hands) -> dict[str, Any]:
        guid = read_guid(self.id)
        if guid is None:
            raise EditRefused(f"'{self.id}' is no GUID.", field="id")
        table = "team" if self.act == "add_team" else "systemuser"
        directory = hands.environment.directory
        directory.add(Reference(table, guid), name=self.name or table)
        directory.teams_without_read.discard(guid)
        if not self.reads_leads:
            directory.teams_without_read.add(guid)
        return {"table": table, "id": guid}


class SetSwitches(Act):
    """Change some of `Switches`; what is not named stays."""

    act: Literal["switch"]
    switches: dict[str, Any]

    def apply(self, hands: Hands) -> dict[str, Any]:
        environment = hands.environment
        changed = {**environment.switches.model_dump(), **self.switches}
        try:
            environment.switches = Switches.model_validate(changed)
        except ValidationError as error:
            raise _refused_setting(error, "switches") from error
        return {"switches": environment.switches.model_dump(mode="json")}


class SetLimits(Act):
    """Change some of `Limits`; what was counted so far is forgotten."""

    act: Literal["limit"]
    limits: dict[str, Any]

    def apply(self, hands: Hands) -> dict[str, Any]:
        changed = {**hands.protection.limits.model_dump(), **self.limits}
        try:
            hands.protection.limits = Limits.model_validate(changed)
        except ValidationError as error:
            raise _refused_setting(error, "limits") from error
        hands.protection.clear()
        return {"limits": hands.protection.limits.model_dump(mode="json")}


class WithoutHunter(Act):
    """The environment of a customer whom Hunter has never met: none of its columns, keys, publisher and solution."""

    act: Literal["without_hunter"]

    def apply(self, hands: Hands) -> dict[str, Any]:
        schema, store = hands.environment.schema, hands.environment.store
        own = [column for column in schema.columns.values() if column.is_custom]
        for column in own:
            schema.drop_column(column.name)
            store.forget_column(column.property_name)
        hands.solutions.forget_hunter()
        return {"columns": sorted(column.name for column in own)}


class RunImport(Act):
    """Somebody imports a solution: for so long nobody else can change definitions (D57)."""

    act: Literal["run_import"]
    seconds: float

    def apply(self, hands: Hands) -> dict[str, Any]:
        until = hands.clock.now() + timedelta(seconds=self.seconds)
        hands.customization_lock.hold_until(until)
        return {"until": until.isoformat()}


EnvironmentAct = (
    DropColumn
    | AddColumn
    | SetLength
    | SetRange
    | SetRequired
    | SetType
    | AddOption
    | RenameOption
    | RenumberOption
    | DropOption
    | SetKeyStatus
    | AddPrincipal
    | WithoutHunter
    | RunImport
    | SetSwitches
    | SetLimits
)


def _put(hands: Hands, column: Column, **changes: Any) -> dict[str, Any]:
    changed = Column.model_validate({**column.model_dump(), **changes})
    hands.environment.schema.put_column(changed)
    return {"column": column.name, **{name: changed.model_dump(mode="json")[name] for name in changes}}


def _removable(hands: Hands, name: str) -> Column:
    column = hands.column(name)
    if column.required == "SystemRequired" or column.type in LOOKUPS | {ColumnType.STATUS, ColumnType.BIG_INT}:
        raise EditRefused(f"The platform itself needs '{name}'; it stays as it is.", field="column")
    return column


def _choice(hands: Hands, name: str, value: int) -> Column:
    column = hands.column(name)
    if column.type not in CHOICES or column.option(value) is None:
        raise EditRefused(f"'{name}' has no option {value}.", field="value")
    return column


def _with_option(hands: Hands, name: str, number: int, **changes: Any) -> dict[str, Any]:
    column = _choice(hands, name, number)
    options = tuple(
        option.model_copy(update=changes) if option.value == number else option for option in column.options
    )
    return _put(hands, column, options=options)


def _refused_setting(error: ValidationError, field: str) -> EditRefused:
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"])
    return EditRefused(f"{path}: {first['msg']}", field=f"{field}.{path}")
