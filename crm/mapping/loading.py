"""Reading a mapping file: what is wrong is said with file, line, column, key and the way out (R4.1)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from pydantic import ValidationError

from crm.mapping.columns import Mapping
from crm.mapping.faults import fault_at, fault_of_mapping, fault_of_text
from crm.mapping.lines import Path as Place
from hunter.errors import HunterError


class MappingError(HunterError):
    """The mapping can't be used as it stands."""


Broken = tuple[Place, str] | None  # where a CRM's own rule is broken, and how
Rules = Callable[[Mapping], Broken]


def of_one_record(mapping: Mapping) -> Broken:
    """The rule of a CRM whose leads are one record each: no column is of another."""
    for position, column in enumerate(mapping.column):
        if "." in column.name:
            reason = f"{column.name!r} is no column's name in {mapping.crm}: take out the dot"
            return ("column", position, "name"), reason
    return None


@lru_cache
def load_mapping(path: Path, *, crm: str, rules: Rules = of_one_record) -> Mapping:
    """The CRM's mapping in the file. Raises MappingError, which names file, line, column and key."""
    text, name = _text_of(path), _shown(path)
    mapping = parse_mapping(text, name=name)
    if mapping.crm != crm:
        reason = f"this is a mapping for {mapping.crm}; the settings name it for {crm}"
        raise MappingError(fault_at(text, ("crm",), reason, name=name))
    if broken := rules(mapping):
        raise MappingError(fault_at(text, *broken, name=name))
    return mapping


def load_version(version: int, *, crm: str, chosen: str, shipped: Path, rules: Rules = of_one_record) -> Mapping:
    """The mapping `v<version>.toml` beside the chosen file, else of those that come with Hunter. Raises MappingError."""
    file = f"v{version}.toml"
    beside = Path(chosen).parent / file if chosen.endswith(".toml") else shipped / file
    path = beside if beside.exists() else shipped / file
    mapping = load_mapping(path, crm=crm, rules=rules)
    if mapping.version != version:
        reason = f"{file} says version = {mapping.version}; give the file the number it holds, or it the file's"
        raise MappingError(fault_at(_text_of(path), ("version",), reason, name=_shown(path)))
    return mapping


def parse_mapping(text: str, *, name: str) -> Mapping:
    """The mapping in a TOML text. `name` is what errors call it. Raises MappingError."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(fault_of_text(text, error, name=name)) from error
    try:
        return Mapping.model_validate(raw)
    except ValidationError as error:
        raise MappingError(fault_of_mapping(text, error, name=name)) from error


def _text_of(path: Path) -> str:
    try:
        found = path.read_bytes()
    except FileNotFoundError as error:
        raise MappingError(
            f"There is no mapping {path.name} in {_shown(path.parent)}. The settings name one that comes with Hunter, "
            "such as v1, or the path of a TOML file."
        ) from error
    except OSError as error:
        raise MappingError(f"Mapping {_shown(path)} can't be read: {error.strerror}. Let Hunter read it.") from error
    try:
        return found.decode("utf-8")
    except UnicodeDecodeError as error:
        line = found.count(b"\n", 0, error.start) + 1
        raise MappingError(
            f"Mapping {_shown(path)}, line {line}: this is not UTF-8. Save the file as UTF-8."
        ) from error


def _shown(path: Path) -> str:
    """The file as people know it: what comes with Hunter by its place there."""
    return str(path.relative_to(settings.BASE_DIR) if path.is_relative_to(settings.BASE_DIR) else path)
