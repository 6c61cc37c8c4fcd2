"""The `$filter` that the service understands (contract P18): eq, and, parentheses, nested paths, team/any, times."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from hunter.sandbox.partner_center.moments import comparable

Row = dict[str, Any]
Test = Callable[[Row], bool]

TEXT_FIELDS = frozenset({
    "id", "engagementId", "externalReferenceId", "status", "substatus", "qualification", "type", "direction",
    "customerProfile/address/country",
})  # fmt: skip
MOMENT_FIELDS = frozenset({"createdDateTime", "updatedDateTime"})
GUID_FIELDS = frozenset({"id", "engagementId"})
COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda value, literal: value == literal,
    "gt": lambda value, literal: value > literal,
    "ge": lambda value, literal: value >= literal,
    "lt": lambda value, literal: value < literal,
    "le": lambda value, literal: value <= literal,
}
DEEPEST_NESTING = 20

_TOKEN = re.compile(
    r"\s*(?:(?P<quoted>'(?:[^']|'')*')"
    r"|(?P<any>team/any\(\s*(?P<var>\w+)\s*:\s*(?P=var)/email\s+eq\s+(?P<email>'(?:[^']|'')*')\s*\))"
    r"|(?P<bracket>[()])|(?P<word>[\w/:.\-+]+))"
)


class FilterRefused(ValueError):
    """Not in the grammar; the text says what."""


def read_filter(text: str) -> Test:
    """Whether a row fits. Raises FilterRefused."""
    reader = _Reader(_tokens(text))
    test = reader.conjunction(depth=0)
    reader.expect_end()
    return test


def _tokens(text: str) -> list[re.Match[str]]:
    tokens, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        found = _TOKEN.match(stripped, at)
        if found is None:
            raise FilterRefused(f"Syntax error at position {at} in '{text}'.")
        tokens.append(found)
        at = found.end()
    return tokens


class _Reader:
    def __init__(self, tokens: list[re.Match[str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def conjunction(self, *, depth: int) -> Test:
        tests = [self._term(depth=depth)]
        while self._peek() == "and":
            self._at += 1
            tests.append(self._term(depth=depth))
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def expect_end(self) -> None:
        if self._at < len(self._tokens):
            raise FilterRefused(f"'{self._peek()}' is not expected here.")

    def _peek(self) -> str:
        return self._tokens[self._at][0].strip() if self._at < len(self._tokens) else ""

    def _next(self) -> re.Match[str]:
        if self._at >= len(self._tokens):
            raise FilterRefused("The expression ends too early.")
        self._at += 1
        return self._tokens[self._at - 1]

    def _term(self, *, depth: int) -> Test:
        if depth > DEEPEST_NESTING:
            raise FilterRefused("Nested too deep.")
        token = self._next()
        if token["any"]:
            return _has_member(_unquoted(token["email"]))
        if token["bracket"] == "(":
            inner = self.conjunction(depth=depth + 1)
            if self._next()["bracket"] != ")":
                raise FilterRefused("A ')' is missing.")
            return inner
        return self._comparison(token)

    def _comparison(self, field_token: re.Match[str]) -> Test:
        field, word, literal = field_token["word"] or "", self._next()["word"] or "", self._next()
        compare = COMPARISONS.get(word)
        if compare is None:
            raise FilterRefused(f"The operator '{word}' is not supported.")
        if field in MOMENT_FIELDS:
            return _moment_test(field, compare, literal)
        if field not in TEXT_FIELDS:
            raise FilterRefused(f"The property '{field}' can't be filtered by.")
        if word != "eq":
            raise FilterRefused(f"The property '{field}' can only be compared by eq.")
        return _text_test(field, literal)


def _moment_test(field: str, compare: Callable[[str, str], bool], literal: re.Match[str]) -> Test:
    wanted = comparable(literal["word"])
    if wanted is None:
        raise FilterRefused(f"'{literal[0].strip()}' is no Edm.DateTimeOffset; write 2026-05-01T00:00:00Z, unquoted.")

    def fits(row: Row) -> bool:
        value = comparable(row.get(field))
        return value is not None and compare(value, wanted)

    return fits


def _text_test(field: str, literal: re.Match[str]) -> Test:
    if literal["quoted"]:
        wanted: str | None = _unquoted(literal["quoted"])
    elif literal["word"] == "null":
        wanted = None
    elif field in GUID_FIELDS and literal["word"]:
        wanted = literal["word"]
    else:
        raise FilterRefused(f"'{literal[0].strip()}' is no text; put it in single quotes.")
    path = field.split("/")
    return lambda row: _value_at(row, path) == wanted


def _has_member(email: str) -> Test:
    def fits(row: Row) -> bool:
        team = row.get("team")
        return isinstance(team, list) and any(isinstance(one, dict) and one.get("email") == email for one in team)

    return fits


def _unquoted(literal: str) -> str:
    return literal[1:-1].replace("''", "'")


def _value_at(row: Any, path: list[str]) -> Any:
    for name in path:
        row = row.get(name) if isinstance(row, dict) else None
    return row
