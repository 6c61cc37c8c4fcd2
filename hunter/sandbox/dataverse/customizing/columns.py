"""From a definition to a column of the table, or the refusal of what is missing in it (contract 16.3, D53, D55)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hunter.sandbox.dataverse.customizing.bodies import ColumnBody, Label, OptionBody, read, type_name
from hunter.sandbox.dataverse.errors import DataverseError, Refusal, bad_payload
from hunter.sandbox.dataverse.schema import Column, ColumnType, Option
from hunter.sandbox.dataverse.shapes import ENGLISH

TYPES: Mapping[str, ColumnType] = {
    f"{kind.value}AttributeMetadata": kind
    for kind in (
        ColumnType.STRING, ColumnType.MEMO, ColumnType.INTEGER, ColumnType.DECIMAL,
        ColumnType.BOOLEAN, ColumnType.DATE_TIME, ColumnType.PICKLIST,
    )
}  # fmt: skip
INT32 = (-(2**31), 2**31 - 1)
LARGEST_DECIMAL = 100_000_000_000
LONGEST = {ColumnType.STRING: 4000, ColumnType.MEMO: 1_048_576}
MOST_PLACES = 10
Members = dict[str, Any]


def read_column(content: Mapping[str, Any], *, first_option: int) -> Column:
    """The column that a POST or PUT describes; options without a number are counted on from `first_option`."""
    kind = TYPES.get(type_name(content))
    if kind is None:
        raise bad_payload(f"The @odata.type '{content.get('@odata.type')}' is no type of a column.")
    body = read(ColumnBody, content)
    label, translations = _labels(body.display_name)
    return Column(
        name=body.schema_name.lower(),
        schema_name=body.schema_name,
        type=kind,
        label=label,
        translations=translations,
        description=_labels(body.description)[0] if body.description else "",
        required=body.required_level.value,
        custom=True,
        **_OWN[kind](body, first_option),
    )


def labels_merged(old: Column, new: Column) -> Column:
    """The new definition with the labels of other languages that the old one had (`MSCRM.MergeLabels: true`)."""
    return new.model_copy(update={"translations": {**old.translations, **new.translations}})


def next_option(taken: set[int], *, first: int) -> int:
    """The lowest number of the publisher's range that is free."""
    number = next((one for one in range(first, first + 10_000) if one not in taken), None)
    if number is None:
        raise DataverseError(Refusal.OPTIONS_USED_UP, "The range of option values of the publisher is used up.")
    return number


def option_of(body: OptionBody, value: int) -> Option:
    """An option with its labels."""
    label, translations = _labels(body.label)
    return Option(value=value, label=label, translations=translations)


def _labels(label: Label) -> tuple[str, dict[int, str]]:
    """The English text, else the first one, and the texts in other languages."""
    texts = label.by_language()
    return texts.get(ENGLISH, next(iter(texts.values()))), {
        code: text for code, text in texts.items() if code != ENGLISH
    }


def _text(body: ColumnBody, first_option: int) -> Members:
    longest = LONGEST[ColumnType.STRING]
    return {"max_length": _length(body, longest), "format": body.format_name.value if body.format_name else "Text"}


def _memo(body: ColumnBody, first_option: int) -> Members:
    return {"max_length": _length(body, LONGEST[ColumnType.MEMO])}


def _length(body: ColumnBody, longest: int) -> int:
    if body.max_length is None or not 1 <= body.max_length <= longest:
        raise bad_payload(f"MaxLength of '{body.schema_name}' must be between 1 and {longest}.")
    return body.max_length


def _integer(body: ColumnBody, first_option: int) -> Members:
    return _range(body, *INT32)


def _decimal(body: ColumnBody, first_option: int) -> Members:
    if body.precision is None or not 0 <= body.precision <= MOST_PLACES:
        raise bad_payload(f"Precision of '{body.schema_name}' must be between 0 and {MOST_PLACES}.")
    return {**_range(body, -LARGEST_DECIMAL, LARGEST_DECIMAL), "precision": body.precision}


def _range(body: ColumnBody, least: float, most: float) -> Members:
    minimum = least if body.min_value is None else body.min_value
    maximum = most if body.max_value is None else body.max_value
    if not least <= minimum <= maximum <= most:
        raise bad_payload(f"MinValue and MaxValue of '{body.schema_name}' are no range within {least} and {most}.")
    return {"minimum": minimum, "maximum": maximum}


def _boolean(body: ColumnBody, first_option: int) -> Members:
    options = body.option_set
    if not options or not options.true_option or not options.false_option:
        raise DataverseError(Refusal.BOOLEAN_OPTIONS, "A Boolean attribute needs exactly two options.")
    no, yes = (_labels(one.label)[0] for one in (options.false_option, options.true_option))
    return {"labels": (no, yes), "default": body.default_value}


def _date_time(body: ColumnBody, first_option: int) -> Members:
    behavior = body.date_time_behavior.value if body.date_time_behavior else "UserLocal"
    if behavior not in ("UserLocal", "DateOnly", "TimeZoneIndependent"):
        raise bad_payload(f"The DateTimeBehavior '{behavior}' is not known.")
    if (behavior == "DateOnly") != (body.format == "DateOnly"):
        raise DataverseError(Refusal.DATE_FORMAT, f"The Format '{body.format}' does not go with {behavior}.")
    return {"behavior": behavior}


def _choice(body: ColumnBody, first_option: int) -> Members:
    if body.option_set is None:
        raise bad_payload(f"'{body.schema_name}' is a choice and has no OptionSet.")
    given = [one.value for one in body.option_set.options if one.value is not None]
    if len(set(given)) < len(given):
        raise option_taken()
    taken, options = set(given), []
    for one in body.option_set.options:
        value = next_option(taken, first=first_option) if one.value is None else one.value
        taken.add(value)
        options.append(option_of(one, value))
    return {"options": tuple(options), "default": body.default_form_value}


def option_taken() -> DataverseError:
    """Two options with one number."""
    return DataverseError(Refusal.OPTION_TAKEN, "The picklist value is not unique.")


_OWN: Mapping[ColumnType, Callable[[ColumnBody, int], Members]] = {
    ColumnType.STRING: _text,
    ColumnType.MEMO: _memo,
    ColumnType.INTEGER: _integer,
    ColumnType.DECIMAL: _decimal,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.DATE_TIME: _date_time,
    ColumnType.PICKLIST: _choice,
}
