"""Public suffixes: which part of a host name somebody can register.

The list comes with the package `publicsuffixlist`; nothing is fetched.
"""

from __future__ import annotations

from functools import cache

from publicsuffixlist import PublicSuffixList

# Second levels that the domain document counts as public (b.2) and the list does not have.
ALSO_PUBLIC = frozenset({"gov.mx"})


@cache
def public_suffix_list() -> PublicSuffixList:
    """The list, read once. Only its ICANN part: `blogspot.com` and the like belong to a company."""
    return PublicSuffixList(only_icann=True)


def registrable_domain(host: str) -> str | None:
    """The public suffix plus one label, or None for a host that is a public suffix itself."""
    found = public_suffix_list().privatesuffix(host)
    if found in ALSO_PUBLIC:
        above = host.removesuffix(f".{found}")
        return f"{above.rpartition('.')[2]}.{found}" if above != host else None
    return str(found) if found else None


@cache
def whole_public_suffix_list() -> PublicSuffixList:
    """The list with its private part: hosts below `github.io` and the like belong to different people."""
    return PublicSuffixList()


def is_public_suffix(host: str) -> bool:
    """Whether anybody may register below this name: it identifies no company. A single label is no such name here."""
    return "." in host and (host in ALSO_PUBLIC or public_suffix_list().is_public(host))


def has_known_ending(host: str) -> bool:
    """Whether the list knows what the host ends in; of an ending that it does not know nothing is said."""
    return bool(known_endings().publicsuffix(host))


@cache
def known_endings() -> PublicSuffixList:
    """The list without its rule for what it does not know."""
    return PublicSuffixList(only_icann=True, accept_unknown=False)


def organizational_domain(host: str) -> str:
    """The domain whose mail policy a host inherits: firms on one platform inherit nothing from each other."""
    registrable = registrable_part(host)
    below_platform = str(whole_public_suffix_list().privatesuffix(host) or host)
    return max(registrable, below_platform, key=len)


def registrable_part(host: str) -> str:
    """The registrable domain of a host; a host without one (`localhost`) stands for itself."""
    return registrable_domain(host) or host
