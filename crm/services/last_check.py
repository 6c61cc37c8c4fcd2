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
    cache.set(_key(backend), made, KEPT_FOR.total_seconds())


def last_check(backend: CrmBackend) -> LastCheck | None:
    """The newest look with the mapping of now, None when there was none for a week."""
    made = cast("LastCheck | None", cache.get(_key(backend)))
    return made if made is not None and made.version == backend.load_mapping().version else None


def forget_check(backend: CrmBackend) -> None:
    """What was found is no longer so."""
    cache.delete(_key(backend))


def _key(backend: CrmBackend) -> str:
    return f"crm.fit:{backend.name}"
