"""A lead as JSON: selected properties, ETag, formatted values (contract 3.3, 4.6, D43)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from hunter.sandbox.dataverse.addressing import Preferences
from hunter.sandbox.dataverse.directory import Directory, Reference
from hunter.sandbox.dataverse.errors import no_such_property
from hunter.sandbox.dataverse.records import Lead
from hunter.sandbox.dataverse.schema import CHOICES, LOOKUPS, TEXTS, Column, ColumnType, Scalar, Schema

FORMATTED = "OData.Community.Display.V1.FormattedValue"
LOOKUP_TABLE = "Microsoft.Dynamics.CRM.lookuplogicalname"
NAVIGATION = "Microsoft.Dynamics.CRM.associatednavigationproperty"


def selected_columns(text: str | None, schema: Schema) -> list[Column] | None:
    """The columns of a `$select`, None without one. Raises DataverseError for a name the table does not have."""
    if text is None or not text.strip():
        return None
    return [_selected(name.strip(), schema) for name in text.split(",")]


def _selected(name: str, schema: Schema) -> Column:
    column = schema.by_property(name)
    if column is None:
        raise no_such_property(name)
    return column


def represented(
    lead: Lead, columns: Iterable[Column], *, directory: Directory, preferences: Preferences
) -> dict[str, Any]:
    """The row with its ETag first and its id always."""
    shown: dict[str, Any] = {"@odata.etag": lead.etag}
    for column in columns:
        value = lead.values.get(column.property_name)
        shown[column.property_name] = value
        if preferences.annotations and value is not None:
            shown |= _annotations(column, value, lead, directory, preferences)
    shown["leadid"] = lead.lead_id
    return shown


def _annotations(
    column: Column, value: Scalar, lead: Lead, directory: Directory, preferences: Preferences
) -> dict[str, str]:
    if column.type in LOOKUPS:
        found = _lookup_annotations(column, str(value), lead, directory)
    else:
        text = formatted(column, value)
        found = {} if text is None else {FORMATTED: text}
    return {f"{column.property_name}@{term}": text for term, text in found.items() if preferences.annotates(term)}


def _lookup_annotations(column: Column, row_id: str, lead: Lead, directory: Directory) -> dict[str, str]:
    table = lead.tables.get(column.name, column.targets[0])
    navigation = next((name for name, tables in column.navigation.items() if table in tables), column.name)
    name = directory.name_of(Reference(table, row_id))
    return {LOOKUP_TABLE: table, NAVIGATION: navigation} | ({FORMATTED: name} if name is not None else {})


def formatted(column: Column, value: Scalar) -> str | None:
    """What a person sees, in the manner of an English (US) user in UTC; None where the value says it itself."""
    if column.type in TEXTS or column.type is ColumnType.UNIQUEIDENTIFIER or value is None:
        return None
    if column.type in CHOICES:
        option = column.option(value)
        return option.label if option else str(value)
    if isinstance(value, bool):
        return column.labels[int(value)]
    if isinstance(value, str):
        return _formatted_moment(value)
    if column.type is ColumnType.MONEY:
        return f"€{value:,.{column.precision}f}"
    return f"{value:,.{column.precision}f}" if isinstance(value, float) else f"{value:,}"


def _formatted_moment(text: str) -> str:
    moment = datetime.fromisoformat(text)
    day = f"{moment.month}/{moment.day}/{moment.year}"
    return f"{day} {moment.hour % 12 or 12}:{moment:%M %p}" if "T" in text else day
