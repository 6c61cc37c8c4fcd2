"""How the mapping fitted the CRM when it was looked at last, kept for the page that shows it: each push looks too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.core.cache import cache
from django.utils import timezone

from crm.backend import CrmBackend
from crm.interface import TableFacts
from crm.mapping.resolving import Fault, ResolvedMapping

KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LastCheck:
    """The faults that were found, of which version of the mapping, and when."""

    version: int
    faults: tuple[Fault, ...]
    missing: frozenset[str]  # columns of the mapping that the CRM does not have
    domain_is_unique: bool
    at: datetime


def keep_check(backend: CrmBackend, resolved: ResolvedMapping, table: TableFacts) -> None:
    """Remember how the mapping fits at this moment."""
    missing = frozenset(one.name for one in resolved.columns if one.name not in table.columns)
    made = LastCheck(resolved.mapping.version, resolved.faults, missing, table.domain_is_unique, timezone.now())
    cache.set(_key(backend, made.version), made, KEPT_FOR.total_seconds())


def last_check(backend: CrmBackend) -> LastCheck | None:
    """The newest look with the mapping of now, None when there was none for a week."""
    return cast("LastCheck | None", cache.get(_key(backend, backend.load_mapping().version)))


def forget_check(backend: CrmBackend) -> None:
    """What was found is no longer so."""
    cache.delete(_key(backend, backend.load_mapping().version))


def _key(backend: CrmBackend, version: int) -> str:
    """One for each version: a dry run looks with one that is not in force."""
    return f"crm.fit:{backend.name}:{version}"
