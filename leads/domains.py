"""The one domain that a value speaks of (domain document, a; R8.3).

A company is known by one domain, whichever source a value came from: a referral, a list, a webhook, a person.
Where this goes beyond the document: `docs/explanation/domains.md`.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

import idna

from leads.addresses import LONGEST_HOST_WRITTEN, before_path, has_scheme, is_mail, mail_host, pieces, trimmed, web_host
from leads.consumer import shipped_consumer_domains
from leads.suffixes import has_known_ending, is_public_suffix, registrable_domain

PLACEHOLDERS = frozenset(
    {"nan", "n/a", "na", "none", "null", "web sitesi", "website", "web", "http", "https", "-", "yok"}
)
LONGEST_DOMAIN = 253
LONGEST_LABEL = 63
# Names that exist in private networks only (RFC 6761, 6762, 7686, 8375 and what routers and directories are set up with).
PRIVATE_ENDINGS = frozenset({"local", "localhost", "localdomain", "lan", "internal", "invalid", "onion", "arpa"})

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
    PUBLIC_SUFFIX = "a public ending, below which anybody may register: it identifies no company"
    PRIVATE_NETWORK = "a name of a private network, which is not on the internet"


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


def normalized(piece: str, *, read_as: ReadAs) -> str | Reason:
    """The steps of a.1 in their order; a Reason where nothing valid is left."""
    if lower(trimmed(piece)) in PLACEHOLDERS:
        return Reason.PLACEHOLDER

    if read_as is ReadAs.EMAIL:
        return valid_domain(mail_host(piece)) if is_mail(piece) else Reason.NO_AT_SIGN
    if not is_mail(piece) or has_scheme(piece):
        return valid_domain(web_host(piece))
    front = valid_domain(before_path(piece))
    if not isinstance(front, Reason) and has_known_ending(front):
        return front
    return valid_domain(mail_host(piece))


def valid_domain(host: str) -> str | Reason:
    """A host in the form in which it is stored, or the reason why it is no domain (a.1, steps 3 to 7)."""
    if not host:
        return Reason.EMPTY
    if len(host) > LONGEST_HOST_WRITTEN:  # IDNA takes time that grows with the square of the length
        return Reason.TOO_LONG
    if is_address(host):
        return Reason.ADDRESS
    try:
        name = mapped(unquote(host, errors="strict")).rstrip(".")
    except UnicodeError:
        return Reason.NOT_IDNA if "%" not in host else Reason.BAD_CHARACTER

    if name in PLACEHOLDERS:
        return Reason.PLACEHOLDER
    labels = name.split(".")
    if len(labels) < 2:
        return Reason.ONE_LABEL
    if "" in labels:
        return Reason.EMPTY_LABEL
    try:
        ascii_labels = [ascii_label(label) for label in labels]
    except UnicodeError:
        return Reason.NOT_IDNA
    domain = without_www(".".join(ascii_labels))
    return fault_of(domain) or domain


def mapped(host: str) -> str:
    """Lower case and the mapping of UTS 46, which also makes dots and letters of full width plain. Raises UnicodeError."""
    return host.lower() if host.isascii() else str(idna.uts46_remap(lower(host), std3_rules=False)).lower()


def lower(text: str) -> str:
    """Unicode lower case, where `İ` is a Turkish capital i: also where other software has made an i and a dot of it."""
    return unicodedata.normalize("NFC", text).replace("\u0130", "i").lower().replace("i\u0307", "i")


def ascii_label(label: str) -> str:
    """A label as DNS has it (IDNA 2008). Raises UnicodeError, also for punycode that stands for no valid label."""
    if label.isascii() and not label.startswith("xn--"):
        return label
    return idna.alabel(label).decode("ascii")


def without_www(name: str) -> str:
    """One leading `www.` goes, if what is left may still be somebody's: `www.com` and `www.com.tr` stay."""
    rest = name.removeprefix("www.")
    return rest if "." in rest and not is_public_suffix(rest) else name


def is_address(host: str) -> bool:
    """An IPv4 or IPv6 address, in brackets or not; also one of the wrong numbers."""
    if IPV4.fullmatch(host.rstrip(".")):
        return True
    if host.startswith("["):
        return True
    try:
        ipaddress.ip_address(host.partition("]")[0])
    except ValueError:
        return False
    return True


def fault_of(domain: str) -> Reason | None:
    """What makes this no valid domain (a.2), or nobody's."""
    labels = domain.split(".")
    if IPV4.fullmatch(domain):
        return Reason.ADDRESS
    for label in labels:
        fault = label_fault(label)
        if fault:
            return fault
    if len(labels[-1]) < 2 or labels[-1].isdigit():
        return Reason.LAST_LABEL
    if len(domain) > LONGEST_DOMAIN:
        return Reason.TOO_LONG
    if labels[-1] in PRIVATE_ENDINGS:
        return Reason.PRIVATE_NETWORK
    return Reason.PUBLIC_SUFFIX if is_public_suffix(domain) else None


def label_fault(label: str) -> Reason | None:
    if not LABEL.fullmatch(label):
        return Reason.BAD_CHARACTER
    if len(label) > LONGEST_LABEL:
        return Reason.LABEL_TOO_LONG
    if label.startswith("-") or label.endswith("-"):
        return Reason.BAD_HYPHEN
    return None


def shown_domain(domain: str) -> str:
    """A stored domain as people read it: punycode labels in their own letters, unless those are made to deceive."""
    if "xn--" not in domain:
        return domain
    return ".".join(shown_label(label) for label in domain.split("."))


def shown_label(label: str) -> str:
    """A label of one script, or of scripts that are written together; others, like Latin with a Cyrillic а, stay ASCII."""
    try:
        own = str(idna.decode(label)) if label.startswith("xn--") else label
    except UnicodeError:
        return label
    scripts = {script_of(letter) for letter in own if letter.isalpha()}
    return own if len(scripts) < 2 or any(scripts <= together for together in WRITTEN_TOGETHER) else label


WRITTEN_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)


def script_of(letter: str) -> str:
    """The first word of a letter's name, which is its script's: LATIN, CYRILLIC, CJK."""
    return unicodedata.name(letter, "UNKNOWN").partition(" ")[0].partition("-")[0]
