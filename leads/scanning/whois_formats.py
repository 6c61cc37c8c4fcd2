"""Who answers WHOIS for which ending, and how registries write: data, checked when it is loaded (b.3)."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

WHOIS_FILE = Path(__file__).parent.parent / "data" / "whois.toml"
WHOIS_PORT = 43


def known_charset(name: str) -> str:
    """A charset that Python can read. Raises LookupError."""
    return codecs.lookup(name).name


def naming_the_domain(question: str) -> str:
    if "{domain}" not in question:
        raise ValueError("a question holds {domain}")
    return question


class Strict(BaseModel):
    """A part of the file: a key that nobody reads is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WhoisServer(Strict):
    """Where an ending's registry listens, how it wants to be asked, and what it writes in besides UTF-8."""

    host: str
    port: int = WHOIS_PORT
    question: Annotated[str, AfterValidator(naming_the_domain)] = "{domain}"
    charset: Annotated[str, AfterValidator(known_charset)] = "iso-8859-1"

    def __str__(self) -> str:
        return self.host if self.port == WHOIS_PORT else f"{self.host}:{self.port}"


class Labels(Strict):
    """The labels of each value, in lower case."""

    domain: frozenset[str]
    registrar: frozenset[str]
    created: frozenset[str]
    expires: frozenset[str]
    nameservers: frozenset[str]
    referral: frozenset[str]
    root_referral: frozenset[str]


class Below(Strict):
    """Headings whose value stands in the lines below them; of the labels there the first in the list is the best."""

    headings: frozenset[str]
    labels: tuple[str, ...]


class Words(Strict):
    """Single words that mean something."""

    without_colon: tuple[str, ...]
    other_blocks: frozenset[str]
    comments: tuple[str, ...]
    nothing: frozenset[str]


class Phrases(Strict):
    """What whole lines say where none of the fields was found."""

    not_registered: tuple[re.Pattern[str], ...]
    throttled: tuple[re.Pattern[str], ...]
    refused: tuple[re.Pattern[str], ...]


class WhoisFormats(Strict):
    """The whole file."""

    root: str
    servers: Mapping[str, WhoisServer]
    labels: Labels
    below: Mapping[str, Below] = Field(min_length=2)
    words: Words
    phrases: Phrases


@cache
def whois_formats() -> WhoisFormats:
    """The file, read once. Raises ValidationError for one that can't be right."""
    return WhoisFormats.model_validate(tomllib.loads(WHOIS_FILE.read_text(encoding="utf-8")))
