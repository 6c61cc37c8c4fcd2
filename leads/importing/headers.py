"""What the columns of a list are called: a header's words -> the kind of column (domain document g.1).

The words are data, checked when they are loaded, so that a wrong file says at once what is wrong with it.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from hunter.errors import HunterError

HEADERS_FILE = Path(__file__).parent.parent / "data" / "import_headers.toml"
TURKISH_LOWER = str.maketrans({"\u0130": "i", "I": "i", "\u0131": "i"})
LONGEST_HEADER = 200


class Column(StrEnum):
    """The kinds of column that a list may have. Where a header fits several, the one that stands first here counts."""

    EMAIL = "email"
    WEBSITE = "website"
    DOMAIN = "domain"
    FAX = "fax"
    PHONE = "phone"
    ADDRESS = "address"
    CITY = "city"
    COUNTRY = "country"
    SECTOR = "sector"
    PLOT = "plot"
    STATE = "state"
    NUMBER = "number"
    COMPANY = "company"


class Words(BaseModel):
    """The names of one column."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    english: tuple[str, ...]
    turkish: tuple[str, ...]


class HeaderFile(BaseModel):
    """The file of header words as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    alone: tuple[str, ...]
    web_words: tuple[str, ...]
    columns: dict[Column, Words]


@dataclass(frozen=True, slots=True)
class HeaderWords:
    """The names of all columns in the form in which they are compared."""

    exact: Mapping[tuple[str, ...], Column]
    within: Mapping[tuple[str, ...], Column]
    web: frozenset[str]

    def named(self, header: str) -> Column | None:
        """The column whose name the header is, word for word."""
        words = compared(header)
        return self.exact.get(words) or self._web_address(words)

    def hinted(self, header: str) -> Column | None:
        """The column whose name stands somewhere in the header, such as "Phone (work)"."""
        words = compared(header)
        found = {self.within[part] for part in parts_of(words) if part in self.within}
        return self.named(header) or next((column for column in Column if column in found), None)

    def _web_address(self, words: Sequence[str]) -> Column | None:
        has_address = any(self.exact.get((word,)) is Column.ADDRESS for word in words)
        return Column.WEBSITE if has_address and not self.web.isdisjoint(words) else None


def compared(header: str) -> tuple[str, ...]:
    """The words of a header without case, accents and punctuation, as Turkish writes lower case."""
    lowered = header[:LONGEST_HEADER].translate(TURKISH_LOWER).lower()
    plain = unicodedata.normalize("NFKD", lowered)
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return tuple("".join(sign if sign.isalnum() else " " for sign in bare).split())


def parts_of(words: Sequence[str]) -> list[tuple[str, ...]]:
    """Every run of neighbouring words."""
    return [tuple(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1)]


@cache
def header_words() -> HeaderWords:
    """The words that Hunter is delivered with."""
    return read_header_words(HEADERS_FILE.read_text(encoding="utf-8"), name=HEADERS_FILE.name)


def read_header_words(text: str, *, name: str) -> HeaderWords:
    """The words of a file. Raises HunterError that says what is wrong with it."""
    try:
        given = HeaderFile.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise HunterError(f"{name} can't be used: {error}.", field=name) from error
    if missing := [column.value for column in Column if column not in given.columns]:
        raise HunterError(f"{name} has no words for the column {missing[0]!r}.", field=name)

    exact: dict[tuple[str, ...], Column] = {}
    for column, words in given.columns.items():
        for word in (*words.english, *words.turkish):
            key = compared(word)
            if not key:
                raise HunterError(f"{name}: {word!r} among the words of {column.value!r} has no letters.", field=name)
            if exact.setdefault(key, column) is not column:
                raise HunterError(
                    f"{name}: {word!r} stands for {exact[key].value!r} and for {column.value!r}; keep one.", field=name
                )
    alone = {compared(word) for word in given.alone}
    within = {key: column for key, column in exact.items() if key not in alone}
    return HeaderWords(exact, within, frozenset(word for web in given.web_words for word in compared(web)))
