"""What is wrong with a mapping file, in one sentence: file, line, column, key and the way out (R4.1)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from crm.mapping.columns import Column, OffColumn, nearest
from crm.mapping.columns import Mapping as WholeMapping
from crm.mapping.lines import Path, line_of, line_of_fault, part_there

WAY_OUT = "Mend the file; `manage.py check_crm` holds it against the CRM."
LONGEST_QUOTE = 60
TABLES: Mapping[object, type[BaseModel]] = {"column": Column, "off": OffColumn}
TOML_WORDS = {"Cannot overwrite a value": "this key stands there twice"}


def fault_of_text(text: str, error: tomllib.TOMLDecodeError, *, name: str) -> str:
    """Why the text is no TOML, with the line that breaks it."""
    line = line_of_fault(text, error)
    quoted = text.split("\n")[line - 1].strip()[:LONGEST_QUOTE]
    reason = str(error).partition(" (at ")[0]
    return f"Mapping {name}, line {line}, {quoted!r}: {TOML_WORDS.get(reason, f'no TOML, {reason}')}. {WAY_OUT}"


def fault_of_mapping(text: str, error: ValidationError, *, name: str) -> str:
    """The first thing that is wrong with the mapping, and how many more are."""
    raw = tomllib.loads(text)
    first, *others = error.errors(include_url=False)
    path = _path_of(first, raw)
    more = len({_path_of(other, raw) for other in others} - {path})
    return fault_at(text, path, _reason(first), name=name) + (f" {more} more must be mended in it." if more else "")


def fault_at(text: str, path: Path, reason: str, *, name: str) -> str:
    """That something is wrong at the place, or missing there."""
    place = f"Mapping {name}, line {line_of(text, path)}"
    if len(path) > 1 and path[0] in TABLES:
        place += f", column {_column_name(tomllib.loads(text), *path[:2])}"
        path = path[2:]
    key = f", key {'.'.join(str(part) for part in path)}" if path else ""
    return f"{place}{key}: {reason}. {WAY_OUT}"


def _path_of(error: ErrorDetails, raw: dict[str, Any]) -> Path:
    """Where the fault is: as far as the file goes, as pydantic's path goes on with the types that it tried."""
    path = (*error["loc"], *error.get("ctx", {}).get("at", ()))
    there = part_there(raw, path)
    return path[: len(there) + 1] if error["type"] == "missing" else there


def _column_name(raw: dict[str, Any], table: Any, position: Any) -> str:
    column = raw[table][position]
    return str(column["name"]) if isinstance(column, dict) and "name" in column else f"number {position + 1}"


def _no_such_key(error: ErrorDetails) -> str:
    *above, key = error["loc"]
    table = TABLES[str(above[0])] if above else WholeMapping
    return f"there is no such key; {nearest(str(key), table.model_fields)}"


REASONS: Mapping[str, Callable[[ErrorDetails], str]] = MappingProxyType(
    {
        "missing": lambda error: "it is missing",
        "extra_forbidden": _no_such_key,
        "enum": lambda error: f"{error['input']!r} is not one of {error['ctx']['expected']}",
        "string_pattern_mismatch": lambda error: (
            f"{error['input']!r} is no column's name: small letters, digits and _, a letter first"
        ),
        "tuple_type": lambda error: f"write [[{error['loc'][-1]}]], with two brackets, above each of its columns",
    }
)


def _reason(error: ErrorDetails) -> str:
    if told := REASONS.get(error["type"]):
        return told(error)
    said = error["msg"].removeprefix("Value error, ")
    return f"{error['input']!r}: {said[0].lower()}{said[1:]}" if "should" in said else said
