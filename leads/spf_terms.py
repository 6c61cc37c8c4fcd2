"""An SPF record, read into its terms (RFC 7208, 4.5, 5, 6 and 12). Never raises for what a record says."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

VERSION = "v=spf1"
LONGEST_NAME = 253
TERM = re.compile(r"(?P<qualifier>[+\-~?]?)(?P<name>[a-z][a-z0-9_.-]*)(?:(?P<sign>[:=/])(?P<rest>.*))?", re.IGNORECASE)
CIDR = re.compile(r"(?P<name>.*?)(?:/(?P<four>[0-9]{1,2}))?(?://(?P<six>[0-9]{1,3}))?")
MACRO = re.compile(r"%(?:\{[slodiphcrtv][0-9]*r?[.\-+,/_=]*\}|[%_-])", re.IGNORECASE)
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
LAST_LABEL = re.compile(r"(?=.*[a-z])[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
VISIBLE = re.compile(r"[\x21-\x7e]*")


class Target(Enum):
    """What stands behind the name of a mechanism."""

    NOTHING = "nothing"
    DOMAIN = "domain"
    MAYBE_DOMAIN = "maybe domain"
    IP4 = "ip4"
    IP6 = "ip6"


@dataclass(frozen=True, slots=True)
class Mechanism:
    """How one mechanism is written, and whether it costs one of the ten lookups (4.6.4)."""

    target: Target
    costs_a_lookup: bool = False
    takes_prefix: bool = False


MECHANISMS: Mapping[str, Mechanism] = {
    "all": Mechanism(Target.NOTHING),
    "include": Mechanism(Target.DOMAIN, costs_a_lookup=True),
    "a": Mechanism(Target.MAYBE_DOMAIN, costs_a_lookup=True, takes_prefix=True),
    "mx": Mechanism(Target.MAYBE_DOMAIN, costs_a_lookup=True, takes_prefix=True),
    "ptr": Mechanism(Target.MAYBE_DOMAIN, costs_a_lookup=True),
    "ip4": Mechanism(Target.IP4),
    "ip6": Mechanism(Target.IP6),
    "exists": Mechanism(Target.DOMAIN, costs_a_lookup=True),
}
ONCE_ONLY = ("redirect", "exp")


@dataclass(frozen=True, slots=True)
class Term:
    """One mechanism. `target` is a domain or a network; empty: the domain whose record it is."""

    text: str
    name: str
    qualifier: str = "+"
    target: str = ""

    @property
    def costs_a_lookup(self) -> bool:
        return MECHANISMS[self.name].costs_a_lookup

    @property
    def is_unknowable(self) -> bool:
        return has_macro(self.target)


@dataclass(frozen=True, slots=True)
class SpfTerms:
    """The mechanisms that are ever looked at: none behind `all`. With `all` a `redirect` counts for nothing."""

    mechanisms: tuple[Term, ...]
    redirect: str
    errors: tuple[str, ...]

    @property
    def all_qualifier(self) -> str | None:
        """What becomes of mail that nothing before matched; None without `all`."""
        last = self.mechanisms[-1] if self.mechanisms else None
        return last.qualifier if last is not None and last.name == "all" else None


def is_spf_record(text: str) -> bool:
    """Whether a receiver takes a TXT text for an SPF record: the version, then a space or the end (4.5)."""
    return text.lower() == VERSION or text.lower().startswith(f"{VERSION} ")


def has_macro(target: str) -> bool:
    """A macro stands for something of the mail at hand (its sender, its address): nobody knows it beforehand."""
    return "%" in target


def read_terms(record: str) -> SpfTerms:
    """The terms of a record, and what is wrong with it. One error is enough for a receiver to refuse the whole."""
    errors: list[str] = []
    if not is_spf_record(record):
        errors.append(f"receivers do not take it for SPF: {VERSION} must be followed by a space")
    mechanisms: list[Term] = []
    modifiers: dict[str, str] = {}
    for text in record[len(VERSION) :].split(" "):
        if not text:
            continue
        term = read_term(text)
        if isinstance(term, Term):
            mechanisms.append(term)
        elif isinstance(term, str):
            errors.append(term)
        elif term[0] in ONCE_ONLY and term[0] in modifiers:
            errors.append(f"{term[0]}= stands in it twice")
        else:
            modifiers.setdefault(*term)

    seen = next((at for at, term in enumerate(mechanisms, start=1) if term.name == "all"), len(mechanisms))
    read = SpfTerms(tuple(mechanisms[:seen]), "", tuple(errors))
    redirect = "" if read.all_qualifier else modifiers.get("redirect", "")
    return SpfTerms(read.mechanisms, redirect, read.errors)


def read_term(text: str) -> Term | tuple[str, str] | str:
    """A mechanism, a modifier as (name, value), or in words what is wrong."""
    found = TERM.fullmatch(text)
    if found is None or not VISIBLE.fullmatch(text):
        return f"{shortened(text)} is no term of SPF"
    name, rest = found["name"].lower(), found["rest"] or ""
    if found["sign"] == "=":
        return read_modifier(text, name, rest, qualifier=found["qualifier"])
    mechanism = MECHANISMS.get(name)
    if mechanism is None:
        return f"{shortened(text)}: there is no mechanism {shortened(name)}"
    behind = f"/{rest}" if found["sign"] == "/" else rest
    target = TARGET_READERS[mechanism.target](behind, mechanism, found["sign"] == ":")
    if target is None:
        return f"{shortened(text)} is not written as {name} must be"
    return Term(text, name, found["qualifier"] or "+", target)


def read_modifier(text: str, name: str, value: str, *, qualifier: str) -> tuple[str, str] | str:
    """`redirect` and `exp` name a domain; any other modifier is passed over when its macros are written well."""
    is_right = is_domain_spec(value) if name in ONCE_ONLY else macros_are_right(value)
    if qualifier or not is_right:
        return f"{shortened(text)} is not written as a modifier must be"
    return name, clean_target(value)


def read_no_target(rest: str, mechanism: Mechanism, has_colon: bool) -> str | None:  # noqa: FBT001  one shape for a table
    return None if rest or has_colon else ""


def read_domain_target(rest: str, mechanism: Mechanism, has_colon: bool) -> str | None:  # noqa: FBT001
    """The domain, its prefix lengths taken off; None where it is not written well."""
    name, is_right = rest, True
    if mechanism.takes_prefix and not rest.endswith("}"):
        found = CIDR.fullmatch(rest)
        if found is None:
            return None
        name = found["name"]
        is_right = int(found["four"] or 32) <= 32 and int(found["six"] or 128) <= 128
    if not name and not has_colon and mechanism.target is Target.MAYBE_DOMAIN:
        return "" if is_right else None
    return clean_target(name) if is_right and is_domain_spec(name) else None


def read_ip4(rest: str, mechanism: Mechanism, has_colon: bool) -> str | None:  # noqa: FBT001
    try:
        return str(ipaddress.IPv4Network(rest, strict=False)) if has_colon and is_plain_prefix(rest) else None
    except ValueError:
        return None


def read_ip6(rest: str, mechanism: Mechanism, has_colon: bool) -> str | None:  # noqa: FBT001
    try:
        return str(ipaddress.IPv6Network(rest, strict=False)) if has_colon and is_plain_prefix(rest) else None
    except ValueError:
        return None


TARGET_READERS: Mapping[Target, Callable[[str, Mechanism, bool], str | None]] = {
    Target.NOTHING: read_no_target,
    Target.DOMAIN: read_domain_target,
    Target.MAYBE_DOMAIN: read_domain_target,
    Target.IP4: read_ip4,
    Target.IP6: read_ip6,
}


def is_plain_prefix(network: str) -> bool:
    """A length in bits; Python would take a mask like /255.255.255.0 too."""
    _, slash, length = network.partition("/")
    return not slash or (length.isascii() and length.isdigit())


def is_domain_spec(name: str) -> bool:
    """A domain of at least two labels, or a text with macros (7.1)."""
    if has_macro(name):
        return macros_are_right(name)
    labels = name.removesuffix(".").split(".")
    return (
        len(name) <= LONGEST_NAME
        and len(labels) > 1
        and all(LABEL.fullmatch(label) for label in labels)
        and LAST_LABEL.fullmatch(labels[-1]) is not None
    )


def macros_are_right(value: str) -> bool:
    return "%" not in MACRO.sub("", value)


def clean_target(name: str) -> str:
    return name if has_macro(name) else name.lower().removesuffix(".")


def shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"


def spf_records(texts: Sequence[str]) -> list[str]:
    """Those of some TXT texts that receivers take for SPF."""
    return [text for text in texts if is_spf_record(text)]
