"""The `$filter` language: from its text to a tree (contract 4.7). What the names mean is the business of whoever asks."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from hunter.sandbox.dataverse.errors import DataverseError, bad_request
from hunter.sandbox.dataverse.guids import GUID

DEEPEST = 100
TOKENS = re.compile(
    rf"""\s*(?:
      (?P<guid>{GUID.pattern}(?![\w-]))
    | (?P<moment>\d{{4}}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?)
    | (?P<day>\d{{4}}-\d\d-\d\d)
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<enum>[A-Za-z_][\w.]*'(?:[^']|'')*')
    | (?P<name>[A-Za-z_][\w.]*(?:/[A-Za-z_]\w*)*)
    | (?P<text>'(?:[^']|'')*')
    | (?P<quoted>"[^"]*")
    | (?P<mark>[(),=\[\]])
    )""",
    re.VERBOSE,
)
COMPARISONS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
FLIPPED = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
TEXT_FUNCTIONS = frozenset({"contains", "startswith", "endswith"})
IN_FUNCTION = "Microsoft.Dynamics.CRM.In"


class Kind(enum.StrEnum):
    """The kinds of literals."""

    TEXT = "Edm.String"
    NUMBER = "Edm.Int32"
    BOOLEAN = "Edm.Boolean"
    GUID = "Edm.Guid"
    MOMENT = "Edm.DateTimeOffset"
    DAY = "Edm.Date"
    ENUM = "Edm.Enum"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Literal:
    kind: Kind
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Comparison:
    name: str
    operator: str
    literal: Literal


@dataclass(frozen=True, slots=True)
class TextCall:
    function: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class InList:
    name: str
    literals: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Both:
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Either:
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negated:
    node: Node


Node = Comparison | TextCall | InList | Both | Either | Negated


def parse_filter(text: str) -> Node:
    """The tree of a filter. Raises DataverseError with the documented 400 where the text can't be read."""
    parser = _Parser(text)
    node = parser.either()
    parser.expect_end()
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._tokenized()
        self._position = 0
        self._depth = 0

    def either(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise bad_request("Recursion limit exceeded.")
        node = self._both()
        while self._take("name", "or"):
            node = Either(node, self._both())
        self._depth -= 1
        return node

    def expect_end(self) -> None:
        if self._position < len(self._tokens):
            raise self._failure()

    def _both(self) -> Node:
        node = self._negated()
        while self._take("name", "and"):
            node = Both(node, self._negated())
        return node

    def _negated(self) -> Node:
        return Negated(self._term()) if self._take("name", "not") else self._term()

    def _term(self) -> Node:
        if self._take("mark", "("):
            node = self.either()
            self._expect("mark", ")")
            return node
        kind, text = self._peek()
        if kind == "name" and self._peek(1) == ("mark", "("):
            return self._call(text)
        return self._comparison()

    def _call(self, function: str) -> Node:
        self._position += 2
        if function in TEXT_FUNCTIONS:
            return self._text_call(function)
        if function == IN_FUNCTION:
            return self._in_list()
        raise bad_request(f"An unknown function with name '{function}' was found.")

    def _text_call(self, function: str) -> Node:
        name = self._expect("name")
        self._expect("mark", ",")
        text = _unquoted(self._expect("text"))
        self._expect("mark", ")")
        return TextCall(function, name, text)

    def _in_list(self) -> Node:
        self._expect("name", "PropertyName")
        self._expect("mark", "=")
        name = _unquoted(self._expect("text"))
        self._expect("mark", ",")
        self._expect("name", "PropertyValues")
        self._expect("mark", "=")
        self._expect("mark", "[")
        literals = [self._literal()]
        while self._take("mark", ","):
            literals.append(self._literal())
        self._expect("mark", "]")
        self._expect("mark", ")")
        return InList(name, tuple(literals))

    def _comparison(self) -> Node:
        kind, text = self._peek()
        if kind == "name" and text not in ("null", "true", "false"):
            self._position += 1
            return Comparison(text, self._operator(), self._literal())
        literal = self._literal()
        operator = self._operator()
        return Comparison(self._expect("name"), FLIPPED[operator], literal)

    def _operator(self) -> str:
        kind, text = self._peek()
        if kind != "name" or text not in COMPARISONS:
            raise self._failure()
        self._position += 1
        return text

    def _literal(self) -> Literal:
        kind, text = self._peek()
        self._position += 1
        if kind in ("text", "quoted"):
            return Literal(Kind.TEXT, _unquoted(text) if kind == "text" else text[1:-1])
        if kind == "number":
            return Literal(Kind.NUMBER, float(text) if re.search(r"[.eE]", text) else int(text))
        if kind == "name" and text in ("true", "false"):
            return Literal(Kind.BOOLEAN, text == "true")
        if kind == "name" and text == "null":
            return Literal(Kind.NULL, None)
        if kind in ("guid", "moment", "day"):
            return Literal(Kind[kind.upper()], text)
        if kind == "enum" and "." in text:
            return Literal(Kind.ENUM, text[text.index("'") + 1 : -1])
        self._position -= 1
        raise self._failure()

    def _tokenized(self) -> list[tuple[str, str]]:
        tokens, position, text = [], 0, self._text.rstrip()
        while position < len(text):
            found = TOKENS.match(text, position)
            if found is None or found.lastgroup is None:
                raise bad_request(f"Syntax error at position {position} in '{self._text}'.")
            tokens.append((found.lastgroup, found[found.lastgroup]))
            position = found.end()
        return tokens

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        position = self._position + ahead
        return self._tokens[position] if position < len(self._tokens) else ("end", "")

    def _take(self, kind: str, text: str) -> bool:
        if self._peek() != (kind, text):
            return False
        self._position += 1
        return True

    def _expect(self, kind: str, text: str = "") -> str:
        found = self._peek()
        if found[0] != kind or (text and found[1] != text):
            raise self._failure()
        self._position += 1
        return found[1]

    def _failure(self) -> DataverseError:
        found = self._peek()[1] or "end of text"
        return bad_request(f"Syntax error at '{found}' in '{self._text}'.")


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'")
