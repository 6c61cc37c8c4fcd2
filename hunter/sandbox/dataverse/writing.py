"""From the JSON of a request to values that the table takes, or a refusal that names the column (contract 3.3, 12)."""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hunter.sandbox.dataverse import dates
from hunter.sandbox.dataverse.errors import DataverseError, Refusal, bad_payload
from hunter.sandbox.dataverse.guids import read_guid
from hunter.sandbox.dataverse.schema import CHOICES, FRACTIONS, LOOKUPS, TEXTS, Column, ColumnType, Scalar, Schema

INT32 = range(-(2**31), 2**31)
CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
EDM = {
    ColumnType.BOOLEAN: "Edm.Boolean",
    ColumnType.DECIMAL: "Edm.Decimal",
    ColumnType.DOUBLE: "Edm.Double",
    ColumnType.MONEY: "Edm.Decimal",
    ColumnType.UNIQUEIDENTIFIER: "Edm.Guid",
}


class WriteKind(enum.Enum):
    CREATE = "create"
    UPDATE = "update"


class NumberTexts(enum.Enum):
    """Whether a number in quotes is taken for the number."""

    REFUSED = "refused"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Values:
    """What a body asks for: plain values by column, and binds by navigation property (None: clear it)."""

    columns: dict[str, Scalar] = field(default_factory=dict)
    binds: dict[str, str | None] = field(default_factory=dict)


def read_body(body: Mapping[str, Any], schema: Schema, *, kind: WriteKind, texts: NumberTexts) -> Values:
    """The values of a create or an update. Columns not valid for it are left out, an unknown one refuses the whole."""
    values = Values()
    for name, value in body.items():
        if name.endswith("@odata.bind"):
            _read_bind(name.removesuffix("@odata.bind"), value, schema, values)
        elif "@" not in name:
            column = _plain_column(name, schema)
            if _is_valid_for(column, kind):
                values.columns[name] = read_value(column, value, texts=texts)
    return values


def read_value(column: Column, value: object, *, texts: NumberTexts = NumberTexts.REFUSED) -> Scalar:
    """The value as the table stores it: `""` is null, moments are UTC seconds, GUIDs lower case."""
    if value is None or value == "":
        if column.required == "SystemRequired":
            raise DataverseError(Refusal.NOT_NULLABLE, f"The property '{column.name}' cannot be set to null.")
        if value is None or column.type in TEXTS:
            return None
    return _READERS[column.type](column, value, texts)


def _plain_column(name: str, schema: Schema) -> Column:
    column = schema.writable(name)
    if column is None:
        raise _undeclared(name)
    if column.type in LOOKUPS:
        raise bad_payload(
            f"A '{name}' is a navigation property: its value must be given as '{name}@odata.bind'. An undeclared "
            f"property '{name}' which only has property annotations was found."
        )
    return column


def _undeclared(name: str) -> DataverseError:
    return bad_payload(
        f"An undeclared property '{name}' which only has property annotations in the payload but no property value "
        f"was found in the payload, or the property does not exist on type 'Microsoft.Dynamics.CRM.lead'."
    )


def _read_bind(name: str, value: object, schema: Schema, values: Values) -> None:
    column = schema.by_navigation(name)
    if column is None:
        raise _undeclared(name)
    if value is not None and not isinstance(value, str):
        raise bad_payload(f"The value of '{name}@odata.bind' must be the address of a row.")
    if value is None and column.required == "SystemRequired":
        raise DataverseError(Refusal.NOT_NULLABLE, f"The property '{column.name}' cannot be set to null.")
    values.binds[name] = value


def _is_valid_for(column: Column, kind: WriteKind) -> bool:
    return column.create if kind is WriteKind.CREATE else column.update


def _cannot_convert(value: object, edm: str) -> DataverseError:
    return bad_payload(f"Cannot convert the literal '{value}' to the expected type '{edm}'.")


def _read_text(column: Column, value: object, texts: NumberTexts) -> Scalar:
    if not isinstance(value, str):
        raise _cannot_convert(value, "Edm.String")
    if len(value.encode("utf-16-le", "surrogatepass")) // 2 > column.max_length:
        raise DataverseError(
            Refusal.TOO_LONG,
            f"A validation error occurred.  The length of the '{column.name}' attribute of the 'lead' entity "
            f"exceeded the maximum allowed length of '{column.max_length}'.",
        )
    if CONTROL_CHARACTER.search(value):
        raise DataverseError(
            Refusal.BAD_CHARACTERS, f"The field '{column.name}' contains characters that are not valid in XML."
        )
    return value


def _whole_number(value: object, texts: NumberTexts) -> int:
    if isinstance(value, str) and texts is NumberTexts.READ and re.fullmatch(r"-?\d{1,10}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value not in INT32:
        raise _cannot_convert(value, "Edm.Int32")
    return value


def _read_integer(column: Column, value: object, texts: NumberTexts) -> Scalar:
    number = _whole_number(value, texts)
    if not column.minimum <= number <= column.maximum:
        raise DataverseError(Refusal.INTEGER_RANGE, _out_of_range(column, number))
    return number


def _read_choice(column: Column, value: object, texts: NumberTexts) -> Scalar:
    number = _whole_number(value, texts)
    if column.option(number) is None:
        accepted = ",".join(str(option.value) for option in column.options)
        raise DataverseError(
            Refusal.NO_SUCH_OPTION,
            f"A validation error occurred.  The value '{number}' of '{column.name}' on record of type 'lead' is "
            f"outside the valid range. Accepted Values: {accepted}",
        )
    return number


def _read_fraction(column: Column, value: object, texts: NumberTexts) -> Scalar:
    if isinstance(value, str) and texts is NumberTexts.READ and re.fullmatch(r"-?\d+(\.\d+)?", value):
        value = float(value)
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise _cannot_convert(value, EDM[column.type])
    if not column.minimum <= value <= column.maximum:
        raise DataverseError(Refusal.DECIMAL_RANGE, _out_of_range(column, value))
    return float(Decimal(str(value)).quantize(Decimal(1).scaleb(-column.precision), ROUND_HALF_UP))


def _out_of_range(column: Column, value: float) -> str:
    return (
        f"A validation error occurred.  The value {value} of '{column.name}' on record of type 'lead' is outside "
        f"the valid range of {column.minimum} to {column.maximum}."
    )


def _read_boolean(column: Column, value: object, texts: NumberTexts) -> Scalar:
    if not isinstance(value, bool):
        raise _cannot_convert(value, "Edm.Boolean")
    return value


def _read_date_time(column: Column, value: object, texts: NumberTexts) -> Scalar:
    edm = "Edm.Date" if column.behavior == "DateOnly" else "Edm.DateTimeOffset"
    if not isinstance(value, str):
        raise _cannot_convert(value, edm)
    try:
        if column.behavior == "DateOnly":
            day, text = dates.read_day(value), value
        else:
            moment = dates.read_moment(value)
            day, text = moment.date(), dates.moment_text(moment)
    except (ValueError, OverflowError):
        raise _cannot_convert(value, edm) from None
    if not dates.is_storable(day):
        raise DataverseError(
            Refusal.BAD_DATE, f"The date-time format for {value} is invalid, or value is outside the supported range."
        )
    return text


def _read_identifier(column: Column, value: object, texts: NumberTexts) -> Scalar:
    guid = read_guid(value) if isinstance(value, str) else None
    if guid is None:
        raise _cannot_convert(value, "Edm.Guid")
    return guid


Reader = Callable[[Column, object, NumberTexts], Scalar]

_READERS: dict[ColumnType, Reader] = {
    **dict.fromkeys(TEXTS, _read_text),
    **dict.fromkeys(CHOICES, _read_choice),
    **dict.fromkeys(FRACTIONS, _read_fraction),
    **dict.fromkeys(LOOKUPS | {ColumnType.UNIQUEIDENTIFIER}, _read_identifier),
    ColumnType.INTEGER: _read_integer,
    ColumnType.BIG_INT: _read_integer,
    ColumnType.BOOLEAN: _read_boolean,
    ColumnType.DATE_TIME: _read_date_time,
}
