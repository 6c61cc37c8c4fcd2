"""What the last check of the mapping found, kept for the page that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.core.cache import cache
from django.utils import timezone

from crm.backend import CrmBackend
from crm.services.checking import CheckReport, check_crm

KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LastCheck:
    """A check and when it was made."""

    report: CheckReport
    at: datetime


def check_now(backend: CrmBackend) -> LastCheck:
    """Hold the mapping against the CRM, and keep what came of it. Raises RemoteError, Deferred."""
    made = LastCheck(check_crm(backend), timezone.now())
    cache.set(_key(backend), made, KEPT_FOR.total_seconds())
    return made


def last_check(backend: CrmBackend) -> LastCheck | None:
    """The newest check, None when there was none for a week."""
    return cast("LastCheck | None", cache.get(_key(backend)))


def forget_check(backend: CrmBackend) -> None:
    """What was found is no longer so."""
    cache.delete(_key(backend))


def _key(backend: CrmBackend) -> str:
    return f"crm.check:{backend.name}"
