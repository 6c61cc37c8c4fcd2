"""The mail domains of private persons, as they come with Hunter.

The file is the beginning: a migration loads it into the table that administrators edit.
Rules that run without a database (`explain_domain`) read the file.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

CONSUMER_DOMAINS_FILE = Path(__file__).parent / "data" / "consumer_domains.txt"


def parse_consumer_domains(text: str) -> frozenset[str]:
    """The domains of a list with one a line; blank lines and lines that start with # are passed over."""
    lines = (line.strip().lower() for line in text.splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))


@cache
def shipped_consumer_domains() -> frozenset[str]:
    """The list that Hunter is delivered with."""
    return parse_consumer_domains(CONSUMER_DOMAINS_FILE.read_text(encoding="utf-8"))
