"""Reading a mapping file: what is wrong is said with line, column, key and the way out (R4.1)."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from crm.mapping.columns import Mapping
from hunter.errors import HunterError

COLUMN_TABLE = re.compile(r"^\s*\[\[\s*(column|off)\s*\]\]")
WAY_OUT = "Mend the file; `manage.py check_crm` holds it against the CRM."


class MappingError(HunterError):
    """The mapping can't be used as it stands."""


@lru_cache
def load_mapping(path: Path) -> Mapping:
    """The mapping in the file. Raises MappingError, which names line, column and key."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise MappingError(
            f"There is no mapping {path.name}: {error.strerror}. Name one that is in the settings."
        ) from error
    return parse_mapping(text, name=path.name)


def load_version(version: int, *, chosen: str, shipped: Path) -> Mapping:
    """The mapping `v<version>.toml` beside the chosen file, else of those that come with Hunter. Raises MappingError."""
    name = f"v{version}.toml"
    beside = Path(chosen).parent / name if chosen.endswith(".toml") else shipped / name
    path = beside if beside.exists() else shipped / name
    mapping = load_mapping(path)
    if mapping.version != version:
        raise MappingError(f"Mapping {name} says version = {mapping.version}. Give the file the number it holds.")
    return mapping


def parse_mapping(text: str, *, name: str) -> Mapping:
    """The mapping in a TOML text. `name` is what errors call it. Raises MappingError."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"Mapping {name}: {error}. {WAY_OUT}") from error
    try:
        return Mapping.model_validate(raw)
    except ValidationError as error:
        raise MappingError(_sentence(error, raw=raw, text=text, name=name)) from error


def _sentence(error: ValidationError, *, raw: dict[str, object], text: str, name: str) -> str:
    first = error.errors(include_url=False)[0]
    location = first["loc"]
    reason = first["msg"].removeprefix("Value error, ")
    place = f"Mapping {name}"
    key = str(location[-1]) if location and isinstance(location[-1], str) else ""
    if len(location) > 1 and location[0] in {"column", "off"} and isinstance(location[1], int):
        table, position = str(location[0]), location[1]
        line = _line_of(text, table=table, position=position, key=key)
        place += f", line {line}, column {_column_name(raw, table=table, position=position)}"
        key = key if len(location) > 2 else ""
    return f"{place}{f', key {key}' if key else ''}: {reason}. {WAY_OUT}"


def _column_name(raw: dict[str, object], *, table: str, position: int) -> str:
    tables = raw.get(table)
    entry = tables[position] if isinstance(tables, list) and position < len(tables) else None
    return str(entry.get("name", f"number {position + 1}")) if isinstance(entry, dict) else f"number {position + 1}"


def _line_of(text: str, *, table: str, position: int, key: str) -> int:
    """The line of the key in the table, or of the table's head when the key is missing."""
    seen, head = -1, 1
    for number, line in enumerate(text.splitlines(), start=1):
        if found := COLUMN_TABLE.match(line):
            if seen == position:
                return head
            if found[1] == table:
                seen += 1
                head = number if seen == position else head
        elif seen == position and key and re.match(rf"\s*{re.escape(key)}\s*=", line):
            return number
    return head
