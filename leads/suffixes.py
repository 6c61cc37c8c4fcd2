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


def registrable_part(host: str) -> str:
    """The registrable domain of a host; a host without one (`localhost`) stands for itself."""
    return registrable_domain(host) or host
