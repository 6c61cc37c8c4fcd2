"""On which line of a TOML text something stands; Python's own parser does not tell."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Sequence
from functools import partial
from typing import Any

Path = tuple[str | int, ...]
TOLD = re.compile(r"\(at line (\d+), column \d+\)")


def line_of(text: str, path: Path) -> int:
    """The line on which what the path leads to begins: the first that brings it in. Of what is missing, its table's."""
    lines = text.split("\n")
    there = part_there(tomllib.loads(text), path)
    is_in = partial(_is_in_the_first, lines, there)
    return max(1, bisect_left(range(len(lines)), x=True, key=is_in))


def line_of_fault(text: str, error: tomllib.TOMLDecodeError) -> int:
    """The line on which a text stops being TOML; of a value that never ends the line on which it begins."""
    if told := TOLD.search(str(error)):
        return int(told[1])
    lines = text.split("\n")
    return next(count for count in range(len(lines), 0, -1) if _parsed(lines[: count - 1]) is not None)


def part_there(found: Any, path: Path) -> Path:
    """The path as far as it leads to something: keys of tables, and positions in their lists."""
    for depth, part in enumerate(path):
        if not (part in found if isinstance(found, dict) else isinstance(found, list) and part in range(len(found))):
            return path[:depth]
        found = found[part]
    return path


def _is_in_the_first(lines: Sequence[str], path: Path, count: int) -> bool:
    """Whether that many lines, and as many more as a value over several lines needs to end, have something there."""
    found = next(read for end in range(count, len(lines) + 1) if (read := _parsed(lines[:end])) is not None)
    return part_there(found, path) == path


def _parsed(lines: Sequence[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return None
