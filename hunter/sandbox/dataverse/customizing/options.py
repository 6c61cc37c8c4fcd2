"""The options of a choice, one by one: they are not changed with their column (contract 16.8, D60)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hunter.sandbox.dataverse.customizing.bodies import OptionAct, OptionBody
from hunter.sandbox.dataverse.customizing.columns import next_option, option_of, option_taken
from hunter.sandbox.dataverse.customizing.solutions import Solutions
from hunter.sandbox.dataverse.errors import DataverseError, Refusal, bad_payload, no_such_record
from hunter.sandbox.dataverse.lifecycle import Environment
from hunter.sandbox.dataverse.schema import Column, ColumnType, Option

Options = tuple[Option, ...]


def insert_option(environment: Environment, solutions: Solutions, act: OptionAct) -> int:
    """Add an option; its number. Raises DataverseError when the number is taken."""
    column, solution = _choice(environment, act), solutions.named(act.solution_unique_name)
    taken = {option.value for option in column.options}
    value = next_option(taken, first=solutions.first_option(solution)) if act.value is None else act.value
    if value in taken:
        raise option_taken()
    if act.label is None:
        raise bad_payload("InsertOptionValue needs a Label.")
    option = option_of(OptionBody(Value=value, Label=act.label), value)
    _put(environment, column, (*column.options, option))
    return value


def change_options(environment: Environment, solutions: Solutions, name: str, act: OptionAct) -> None:
    """UpdateOptionValue, DeleteOptionValue or OrderOption. Raises DataverseError."""
    solutions.named(act.solution_unique_name)
    column = _choice(environment, act)
    _put(environment, column, _ACTS[name](column, act))


def _renamed(column: Column, act: OptionAct) -> Options:
    old = _existing(column, act)
    if act.label is None:
        raise bad_payload("UpdateOptionValue needs a Label.")
    new = option_of(OptionBody(Value=old.value, Label=act.label), old.value)
    if act.merge_labels:
        new = new.model_copy(update={"translations": {**old.translations, **new.translations}})
    return tuple(new if option.value == old.value else option for option in column.options)


def _without(column: Column, act: OptionAct) -> Options:
    old = _existing(column, act)
    return tuple(option for option in column.options if option.value != old.value)


def _ordered(column: Column, act: OptionAct) -> Options:
    by_value = {option.value: option for option in column.options}
    if set(act.values) != set(by_value) or len(act.values) != len(by_value):
        raise bad_payload("OrderOption needs all values of the choice, each once.")
    return tuple(by_value[value] for value in act.values)


_ACTS: Mapping[str, Callable[[Column, OptionAct], Options]] = {
    "UpdateOptionValue": _renamed,
    "DeleteOptionValue": _without,
    "OrderOption": _ordered,
}


def _choice(environment: Environment, act: OptionAct) -> Column:
    column = environment.schema.columns.get(act.attribute_logical_name)
    if act.entity_logical_name != "lead" or column is None:
        raise no_such_record("Attribute", act.attribute_logical_name)
    if column.type not in (ColumnType.PICKLIST, ColumnType.STATUS):
        raise DataverseError(Refusal.OPTION_TYPE, "Only picklist and status attributes take option values.")
    return column


def _existing(column: Column, act: OptionAct) -> Option:
    found = column.option(act.value)
    if found is None:
        raise no_such_record("Option", str(act.value))
    return found


def _put(environment: Environment, column: Column, options: Options) -> None:
    environment.schema.put_column(column.model_copy(update={"options": options}))
