"""What a push would send: every column of the mapping filled from a company's values, or the one that can't be (R4.6)."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import JsonValue

from crm.interface import ColumnValues, OptionName
from crm.mapping.columns import Column, Direction, Kind, Transform, WhenEmpty
from crm.mapping.facts import BOOKKEEPING, FACTS, Fact, field_of
from crm.mapping.resolving import ResolvedMapping, SendableColumn
from crm.mapping.values import CompanyValues

EMPTY = "empty"
ONLY_AT_FIRST = "only at the first push; it belongs to the CRM after that"
CONTROL = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Payload:
    """The columns to compare and send, and for each other one of the mapping why it isn't there."""

    columns: ColumnValues
    left_out: dict[str, str]


@dataclass(frozen=True, slots=True)
class PayloadRefused:
    """No push: the CRM would refuse this value, or be spoilt by it."""

    field: str
    column: str
    reason: str

    def sentence(self) -> str:
        return f"{self.field} can't be sent as {self.column}: {self.reason}."


@dataclass(frozen=True, slots=True)
class PushFacts:
    """What columns 14 to 19 tell: the state that holds once this very push has succeeded (f.3)."""

    time: datetime
    lead_id: str = ""
    attempts: int | None = None

    def value_of(self, fact: str) -> Fact:
        return {
            "push.lead_id": self.lead_id,
            "push.time": self.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "push.attempts": self.attempts,
            "push.processing": "Completed",
            "push.error": None,
            "push.status": "Synced",
        }[fact]


class _RefusedValue(Exception):
    """Why one value fits its column in no way; caught where the column's name is known."""


def lead_payload(
    values: CompanyValues,
    mapping: ResolvedMapping,
    *,
    once_sent: Collection[str] = (),
    first_push: bool = True,
) -> Payload | PayloadRefused:
    """The compared columns of a lead, validated in full before any call (R4.6).

    `once_sent` names the columns that an earlier payload held: those marked so are cleared when their value is gone.
    """
    columns = [column for column in mapping.columns if not column.column.bookkeeping]
    return _fill(columns, values, once_sent=once_sent, first_push=first_push, push=None, mapping=mapping)


def bookkeeping(mapping: ResolvedMapping, push: PushFacts) -> Payload:
    """Columns 14 to 19: part of every write, never a reason for one (f.6)."""
    columns = [column for column in mapping.columns if column.column.bookkeeping]
    filled = _fill(columns, CompanyValues(), once_sent=(), first_push=False, push=push, mapping=mapping)
    return filled if isinstance(filled, Payload) else Payload({}, {filled.column: filled.reason})


def _fill(
    columns: list[SendableColumn],
    values: CompanyValues,
    *,
    once_sent: Collection[str],
    first_push: bool,
    push: PushFacts | None,
    mapping: ResolvedMapping,
) -> Payload | PayloadRefused:
    filled: dict[str, JsonValue] = {}
    left_out = {} if push else {off.name: off.reason for off in mapping.mapping.off}
    for sendable in columns:
        column = sendable.column
        try:
            if reason := _why_off(column, sendable.off, first_push=first_push):
                _check_word(column, values, push)
                left_out[column.name] = reason
                continue
            value = _column_value(sendable, values, push)
        except _RefusedValue as refused:
            return PayloadRefused(field_of(column.value), column.name, str(refused))
        if value is not None or column.empty is WhenEmpty.CLEAR:
            filled[column.name] = value
        elif column.clear_once_sent and column.name in once_sent:
            filled[column.name] = None
        else:
            left_out[column.name] = EMPTY
    return Payload(filled, left_out)


def _why_off(column: Column, off: str, *, first_push: bool) -> str:
    if off:
        return off
    return ONLY_AT_FIRST if column.direction is Direction.FIRST_PUSH and not first_push else ""


def _check_word(column: Column, values: CompanyValues, push: PushFacts | None) -> None:
    """A word that Hunter does not know is a fault of the value, also where the column is off."""
    word = _fact(column.value, values, push)
    if column.labels is not None and word is not None and word not in column.labels:
        raise _RefusedValue(f"{word!r} is not one of {', '.join(column.labels)}")


def _column_value(sendable: SendableColumn, values: CompanyValues, push: PushFacts | None) -> JsonValue:
    """The value in the column's own form, None when there is none. Raises _RefusedValue."""
    column = sendable.column
    converted = _converted(sendable, _fact(column.value, values, push))
    if converted is None and column.empty is WhenEmpty.DEFAULT:
        default = _fact(column.default_from, values, push) if column.default_from else column.default
        converted = _converted(sendable, default)
    if converted is None and column.empty is WhenEmpty.REFUSE:
        raise _RefusedValue("it is empty, and no lead goes without it")
    return converted


def _fact(name: str, values: CompanyValues, push: PushFacts | None) -> Fact:
    if name in BOOKKEEPING:
        return push.value_of(name) if push else None
    return FACTS[name](values)


def _converted(sendable: SendableColumn, value: Fact) -> JsonValue:
    if value is None:
        return None
    match sendable.column.kind:
        case Kind.TEXT | Kind.LINES | Kind.IDENTIFIER:
            return _text(sendable, value)
        case Kind.WHOLE | Kind.DECIMAL:
            return _number(sendable, value)
        case Kind.CHOICE:
            return _option(sendable, value)
        case Kind.JSON:
            return _json(sendable, value)
        case Kind.YES_NO:
            if not isinstance(value, bool):
                raise _RefusedValue(f"{value!r} is neither yes nor no")
            return value
        case Kind.MOMENT:
            return str(value)


def _text(sendable: SendableColumn, value: Fact) -> str | None:
    column = sendable.column
    cleaned = clean_lines(str(value)) if column.kind is Kind.LINES else clean_text(str(value))
    if not cleaned:
        return None
    if column.transform is Transform.LOWER:
        cleaned = cleaned.lower()
    cleaned = column.prefix + cleaned
    if sendable.length is None or units(cleaned) <= sendable.length:
        return cleaned
    if column.kind is Kind.IDENTIFIER:
        raise _RefusedValue(
            f"{units(cleaned)} characters, the column holds {sendable.length}, and an identifier is never cut"
        )
    return cut(cleaned, sendable.length)


def _number(sendable: SendableColumn, value: Fact) -> JsonValue:
    column = sendable.column
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _RefusedValue(f"{value!r} is no number")
    number = round(float(value), column.places) if column.kind is Kind.DECIMAL else value
    if (sendable.least is not None and number < sendable.least) or (
        sendable.most is not None and number > sendable.most
    ):
        raise _RefusedValue(f"{number} is outside {sendable.least} to {sendable.most}")
    return number


def _option(sendable: SendableColumn, value: Fact) -> OptionName | None:
    word = str(value).strip()
    if not word:
        return None
    options = sendable.numbers
    if sendable.column.any_case:
        word, options = word.casefold(), {known.casefold(): number for known, number in options.items()}
    if word not in options:
        raise _RefusedValue(f"{value!r} is not one of {', '.join(sendable.numbers)}")
    return options[word]


def _json(sendable: SendableColumn, value: Fact) -> str | None:
    """JSON is never cut: the last parts are left out until the rest fits (f.1)."""
    if not isinstance(value, dict):
        raise _RefusedValue("it is no object")
    parts = dict(value)
    while parts:
        text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if sendable.length is None or units(text) <= sendable.length:
            return text
        parts.popitem()
    return None


def clean_text(text: str) -> str:
    """One line without control characters: the CRM refuses them (0x80040278)."""
    return CONTROL.sub(" ", _printable(text, keep="")).strip()


def clean_lines(text: str) -> str:
    return _printable(text.replace("\r\n", "\n"), keep="\n\t").strip()


def _printable(text: str, *, keep: str) -> str:
    """Control characters become blanks, halves of a surrogate pair go: no JSON holds them."""
    return "".join(
        character if character in keep or unicodedata.category(character) != "Cc" else " "
        for character in text
        if unicodedata.category(character) != "Cs"
    )


def units(text: str) -> int:
    """The length as the CRM counts it, in UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, length: int) -> str:
    """The text's beginning, never half a character."""
    while units(text) > length:
        text = text[: max(len(text) - max((units(text) - length) // 2, 1), 0)]
    return text.rstrip()
