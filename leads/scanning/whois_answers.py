"""What a WHOIS answer says of a domain. Pure: text in, an answer out; never raises, whatever the text is.

Registries agree on nothing but lines: labels with a colon, dots, brackets or tabs, and headings above indented lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from leads.answers import Absent, NotKnown
from leads.domains import read_domain
from leads.scan_answer import Registration, RegistrationAnswer, RegistrationSource, Throttled
from leads.scanning.days import day_in
from leads.scanning.host_names import host_name
from leads.scanning.whois_formats import Below, WhoisFormats, whois_formats

MOST_LINES = 2000
LONGEST_LINE = 1000
MOST_PHRASES, LONGEST_PHRASE = 200, 300
MOST_NAMESERVERS = 30
BRACKETED = re.compile(r"(?:[a-z]\. ?)?\[([^\]]{1,60})\]\s*(.*)")
LABELLED = re.compile(r"([^:]{1,60}?)[\s.]{0,40}:(?!//)\s*(.*)")
NOMINET_TAG = re.compile(r"\s*\[tag = .*\]$", re.IGNORECASE)
WAIT = re.compile(r"\b(\d{1,5}) ?(s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?)\b")
UNITS = {"s": 1, "m": 60, "h": 3600}
GARBLED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its label in lower case (empty: it has none) and what follows it."""

    label: str
    value: str
    is_indented: bool


@dataclass(slots=True)
class Fields:
    """The values of an answer, in its order."""

    domains: list[str] = field(default_factory=list)
    registrars: list[str] = field(default_factory=list)
    created: list[date] = field(default_factory=list)
    expires: list[date] = field(default_factory=list)
    nameservers: list[str] = field(default_factory=list)
    referrals: list[str] = field(default_factory=list)

    @property
    def registration(self) -> Registration | None:
        """The fields of b.3; None where none of the three is there."""
        found = Registration(
            registrar=next(iter(self.registrars), ""),
            expires_at=next(iter(self.expires), None),
            nameservers=tuple(sorted(set(self.nameservers))[:MOST_NAMESERVERS]),
            created_at=next(iter(self.created), None),
            source=RegistrationSource.WHOIS,
        )
        return found if found.tells_something else None


@dataclass(frozen=True, slots=True)
class WhoisReading:
    """The answer to a question, and the server that it names as knowing more (a thin registry's)."""

    answer: RegistrationAnswer
    referral: str = ""


def read_whois(text: str, *, domain: str) -> WhoisReading:
    """What the answer to a question about `domain` says: registered, not registered, or not known and why."""
    formats = whois_formats()
    fields = fields_of(text, formats)
    if any(read_domain(told).domain not in (None, domain) for told in fields.domains[:1]):
        return WhoisReading(NotKnown("WHOIS answered about another domain"))
    referral = next(iter(fields.referrals), "")
    return WhoisReading(fields.registration or answer_without_fields(text, formats), referral)


def read_root_referral(text: str) -> str:
    """The server that the root names for an ending; empty where it names none."""
    formats = whois_formats()
    lines = lines_of(text, formats)
    return next((one.value for one in lines if one.label in formats.labels.root_referral and one.value), "")


def answer_without_fields(text: str, formats: WhoisFormats) -> RegistrationAnswer:
    """Why none of the fields is there: a definite no only where the registry says so in a line of its own."""
    stripped = (
        " ".join(line[:LONGEST_PHRASE].strip(" \t%#*>!").lower().split()) for line in text.splitlines()[:MOST_PHRASES]
    )
    said = [line for line in stripped if line]
    if not said:
        return NotKnown("WHOIS answered nothing")
    if said[0].startswith(("<", "http/1.")):
        return NotKnown("WHOIS answered with a web page")
    if matching(said, formats.phrases.not_registered):
        return Absent("not registered, says the registry (WHOIS)")
    if throttled := matching(said, formats.phrases.throttled):
        return Throttled("the registry wants fewer calls (WHOIS)", wait=wait_in(throttled))
    if refused := matching(said, formats.phrases.refused):
        return NotKnown(f"WHOIS refused: {shown(refused)}")
    return NotKnown("WHOIS told none of registrar, end and name servers")


def matching(said: Iterable[str], patterns: Iterable[re.Pattern[str]]) -> str:
    """The first line that one of the patterns fits in full."""
    kept = tuple(patterns)
    return next((line for line in said if any(pattern.fullmatch(line) for pattern in kept)), "")


def wait_in(line: str) -> timedelta | None:
    """How long a registry wants to be left alone, where it names a number."""
    found = WAIT.search(line)
    return timedelta(seconds=int(found[1]) * UNITS[found[2][0]]) if found else None


def shown(text: str) -> str:
    """A registry's words as they can be kept: one line, no control characters."""
    return " ".join(GARBLED.sub(" ", text).split())[:200]


def fields_of(text: str, formats: WhoisFormats) -> Fields:
    """All values that the answer gives, block by block."""
    fields = Fields()
    heading: Below | None = None
    for block in blocks_of(text, formats):
        if block[0].label in formats.words.other_blocks:
            heading = None
            continue
        heading = take_block(fields, block, heading, formats)
    return fields


def take_block(fields: Fields, block: list[Line], heading: Below | None, formats: WhoisFormats) -> Below | None:
    """The values of one block; the heading that still waits for lines, since some leave one empty below it."""
    below: list[Line] = []
    waits = True
    for line in block:
        opened = heading_of(line, formats)
        if opened or (line.label and not line.value and not line.is_indented):
            take_below(fields, heading, below, formats)
            heading, below, waits = opened, [], not line.label or not line.value
        elif heading is not None and not is_own_field(line, formats):
            below.append(line)
        take(fields, line, formats)
    take_below(fields, heading, below, formats)
    return heading if waits and not below else None


def heading_of(line: Line, formats: WhoisFormats) -> Below | None:
    """What a line with a heading's words and no value opens; the label of a list of name servers opens it too."""
    words = line.label or label_in(line.value)
    if line.label and line.value and line.label not in formats.labels.nameservers:
        return None
    return next((below for below in formats.below.values() if words in below.headings), None)


def is_own_field(line: Line, formats: WhoisFormats) -> bool:
    """A label that means the same wherever it stands."""
    labels = formats.labels
    return bool(line.value) and line.label in labels.created | labels.expires | labels.domain | labels.registrar


def take(fields: Fields, line: Line, formats: WhoisFormats) -> None:
    """A label with its value."""
    labels, value = formats.labels, line.value
    if not value or value.lower() in formats.words.nothing:
        return
    if line.label in labels.domain:
        fields.domains.append(value)
    elif line.label in labels.registrar:
        take_registrar(fields, value)
    elif line.label in labels.nameservers:
        fields.nameservers += hosts_in(value)
    elif line.label in labels.referral:
        fields.referrals.append(value)
    elif line.label in labels.created and (day := day_in(value)):
        fields.created.append(day)
    elif line.label in labels.expires and (day := day_in(value)):
        fields.expires.append(day)


def take_below(fields: Fields, heading: Below | None, below: list[Line], formats: WhoisFormats) -> None:
    """The lines that stand below a heading."""
    if heading is None or not below:
        return
    if heading is formats.below["nameservers"]:
        lines = [line for line in below if not line.label or line.label in heading.labels]
        fields.nameservers += [host for line in lines for host in hosts_in(line.value)]
        return
    values = {line.label: line.value for line in reversed(below) if line.value.lower() not in formats.words.nothing}
    best = next((values[label] for label in heading.labels if values.get(label)), "")
    take_registrar(fields, best or (below[0].value if not below[0].label else ""))


def take_registrar(fields: Fields, value: str) -> None:
    name = shown(NOMINET_TAG.sub("", value))
    if name:
        fields.registrars.append(name)


def hosts_in(value: str) -> list[str]:
    """The name server that a line names first; addresses and remarks may follow it."""
    words = value.replace(",", " ").split()
    first = host_name(words[0].strip("[]()")) if words else ""
    return [first] if first else []


def blocks_of(text: str, formats: WhoisFormats) -> Iterator[list[Line]]:
    """The lines between empty ones. Comments go; so does a last line without an end, which may have been cut off."""
    whole = text if text.endswith(("\n", "\r")) else text.rpartition("\n")[0]
    block: list[Line] = []
    for raw in [*whole.splitlines()[:MOST_LINES], ""]:
        if raw.strip():
            block += [one for one in [line_of(raw[:LONGEST_LINE], formats)] if one]
        elif block:
            yield block
            block = []


def lines_of(text: str, formats: WhoisFormats) -> list[Line]:
    return [line for block in blocks_of(text, formats) for line in block]


def line_of(raw: str, formats: WhoisFormats) -> Line | None:
    """A line with its label; None for a comment."""
    stripped = raw.strip()
    is_indented = raw[:1] in {" ", "\t"}
    if stripped.startswith(formats.words.comments):
        return None
    words = stripped.lstrip("* ")
    for label in formats.words.without_colon:
        if words.lower().startswith(f"{label} "):
            return Line(label, words[len(label) :].strip(), is_indented)
    found = BRACKETED.fullmatch(words) or LABELLED.fullmatch(words)
    if found and not hosts_in(words):  # a name server with an IPv6 address beside it has colons too
        return Line(label_in(found[1]), found[2].strip(), is_indented)
    return Line("", words, is_indented)


def label_in(text: str) -> str:
    """A label as the file has it: lower case, single spaces, no dots, stars, colons or digits at its end."""
    return " ".join(text.lower().split()).rstrip(" .:*0123456789")
