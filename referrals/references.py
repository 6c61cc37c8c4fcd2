"""Where the reference of our own lead comes from: the CRM's app, which knows referrals, tells it; not the other way round."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

References = Callable[[Collection[int]], Mapping[int, str]]

_sources: list[References] = []


def register_references(source: References) -> None:
    """Say how the references of companies are found: by the companies' keys, those that have one."""
    if source not in _sources:
        _sources.append(source)


def references_of(company_ids: Collection[int]) -> dict[int, str]:
    """The reference of each company's lead, where there is one."""
    found: dict[int, str] = {}
    for source in _sources:
        found |= source(company_ids)
    return found
