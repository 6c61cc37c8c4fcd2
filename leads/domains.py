"""The one domain that a value speaks of (domain document, a; R8.3).

A company is known by one domain, whichever source a value came from: a referral, a list, a webhook, a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

import idna

from leads.consumer import shipped_consumer_domains
from leads.suffixes import registrable_domain

PLACEHOLDERS = frozenset(
    {"nan", "n/a", "na", "none", "null", "web sitesi", "website", "web", "http", "https", "-", "yok"}
)
LONGEST_DOMAIN = 253
LONGEST_LABEL = 63
# IDNA takes time that grows with the square of the length; no host of this length has a valid ASCII form.
LONGEST_HOST_READ = 4 * LONGEST_DOMAIN

AROUND_A_VALUE = " \t\r\n\v\f\u00a0\u200b\ufeff\"'`<>\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
BETWEEN_ADDRESSES = re.compile(r"[,;\r\n\v\f\x85\u2028\u2029]|\s/\s|\s-\s")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
MAILTO = re.compile(r"mailto:", re.IGNORECASE)
ADDRESS_IN_BRACKETS = re.compile(r"<([^<>]*@[^<>]*)>")
LABEL = re.compile(r"[a-z0-9-]+")
IPV4 = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")


class ReadAs(StrEnum):
    """Which kind of field a value came from."""

    DOMAIN = "domain"
    WEBSITE = "website"
    EMAIL = "email"


class Reason(StrEnum):
    """Why a value gave a domain or gave none, in words."""

    VALID = "a valid domain"
    CONSUMER = "a mail domain of private persons: it identifies no company"
    EMPTY = "nothing there"
    PLACEHOLDER = "a placeholder, not a domain"
    NO_AT_SIGN = "no @, so it is no mail address"
    ADDRESS = "an IP address is not a domain"
    ONE_LABEL = "a domain has at least two parts with a dot between"
    EMPTY_LABEL = "two dots in a row, or a dot at the beginning"
    LABEL_TOO_LONG = f"a part is longer than {LONGEST_LABEL} characters"
    BAD_CHARACTER = "only letters, digits and hyphens are allowed"
    BAD_HYPHEN = "a part begins or ends with a hyphen"
    LAST_LABEL = "the last part must have at least two characters and not only digits"
    TOO_LONG = f"longer than {LONGEST_DOMAIN} characters"
    NOT_IDNA = "letters that no internationalized domain may have"


@dataclass(frozen=True, slots=True)
class DomainReading:
    """What a value says. `domain` is ASCII, lower case; `registrable` is its public suffix plus one label."""

    domain: str | None
    registrable: str | None
    consumer: bool
    reason: Reason

    @property
    def identifies_company(self) -> bool:
        """A consumer domain never does (a.5)."""
        return self.domain is not None and not self.consumer


def read_domain(
    text: str | None, *, read_as: ReadAs = ReadAs.DOMAIN, consumer_domains: AbstractSet[str] | None = None
) -> DomainReading:
    """The first valid domain in a value. Never raises; a value without one tells why.

    `consumer_domains` is the list that administrators edit; without it the list that Hunter is delivered with counts.
    """
    consumers = shipped_consumer_domains() if consumer_domains is None else consumer_domains
    refused: Reason | None = None
    for piece in pieces(text or ""):
        found = normalized(piece, read_as=read_as)
        if not isinstance(found, Reason):
            consumer = found in consumers
            reason = Reason.CONSUMER if consumer else Reason.VALID
            return DomainReading(found, registrable_domain(found), consumer, reason)
        refused = refused or found
    return DomainReading(None, None, consumer=False, reason=refused or Reason.EMPTY)


def shown(domain: str) -> str:
    """A stored domain as people read it: punycode labels in their own letters."""
    return ".".join(shown_label(label) for label in domain.split("."))


def shown_label(label: str) -> str:
    try:
        return idna.decode(label) if label.startswith("xn--") else label
    except UnicodeError:
        return label


def pieces(text: str) -> Iterator[str]:
    """The parts of a cell that may each hold an address; a plain space is no separator (a.4)."""
    for piece in BETWEEN_ADDRESSES.split(text.strip(AROUND_A_VALUE)):
        # `Name <user@host>` keeps its brackets: they tell where the address is.
        whole = piece.strip()
        if whole.strip(AROUND_A_VALUE):
            yield whole


def normalized(piece: str, *, read_as: ReadAs) -> str | Reason:
    """The steps of a.1 in their order; a Reason where nothing valid is left."""
    value = piece.strip(AROUND_A_VALUE)
    if lower(value) in PLACEHOLDERS:
        return Reason.PLACEHOLDER

    is_email = "@" in value and not SCHEME.match(value)
    if read_as is ReadAs.EMAIL and "@" not in value:
        return Reason.NO_AT_SIGN
    host = host_of(mail_host(piece)) if is_email or read_as is ReadAs.EMAIL else host_of(value)
    if not host:
        return Reason.EMPTY
    if len(host) > LONGEST_HOST_READ:
        return Reason.TOO_LONG

    return as_ascii(host)


def mail_host(piece: str) -> str:
    """What stands after the last @ of a mail address (a.3)."""
    in_brackets = ADDRESS_IN_BRACKETS.search(piece)
    address = (in_brackets.group(1) if in_brackets else piece).strip(AROUND_A_VALUE)
    mailto = MAILTO.match(address)
    if mailto:
        address = address[mailto.end() :].partition("?")[0]
    return address.rpartition("@")[2].strip(AROUND_A_VALUE)


def host_of(value: str) -> str:
    """The host of a web address, with or without a scheme: user info, port, path, query and fragment go."""
    scheme = SCHEME.match(value)
    rest = value[scheme.end() :] if scheme else value.removeprefix("//")
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    return authority.rpartition("@")[2].partition(":")[0]


def lower(text: str) -> str:
    """Unicode lower case, where `İ` is a Turkish capital i and not an i with two dots."""
    return text.replace("\u0130", "i").lower()


def as_ascii(host: str) -> str | Reason:
    """A host in the form in which it is stored, or the reason why it is no domain (a.1, steps 3 to 7)."""
    try:
        # The mapping comes first: it turns full-width letters and dots into those that the next steps look for.
        mapped = host if host.isascii() else idna.uts46_remap(lower(host), std3_rules=False)
    except UnicodeError:
        return Reason.NOT_IDNA
    name = without_www(lower(mapped).rstrip("."))
    if name in PLACEHOLDERS:
        return Reason.PLACEHOLDER

    labels = name.split(".")
    if len(labels) < 2:
        return Reason.ONE_LABEL
    if "" in labels:
        return Reason.EMPTY_LABEL
    try:
        ascii_labels = [label if label.isascii() else idna.alabel(label).decode("ascii") for label in labels]
    except UnicodeError:
        return Reason.NOT_IDNA
    return fault_of(ascii_labels) or ".".join(ascii_labels)


def without_www(name: str) -> str:
    """One leading `www.` goes if at least one dot is left afterwards."""
    rest = name.removeprefix("www.")
    return rest if "." in rest else name


def fault_of(labels: list[str]) -> Reason | None:
    """What makes these labels no valid domain (a.2)."""
    if IPV4.fullmatch(".".join(labels)):
        return Reason.ADDRESS
    for label in labels:
        fault = label_fault(label)
        if fault:
            return fault
    if len(labels[-1]) < 2 or labels[-1].isdigit():
        return Reason.LAST_LABEL
    if len(".".join(labels)) > LONGEST_DOMAIN:
        return Reason.TOO_LONG
    return None


def label_fault(label: str) -> Reason | None:
    if not LABEL.fullmatch(label):
        return Reason.BAD_CHARACTER
    if len(label) > LONGEST_LABEL:
        return Reason.LABEL_TOO_LONG
    if label.startswith("-") or label.endswith("-"):
        return Reason.BAD_HYPHEN
    return None
