"""All companies are scanned again every 24 hours (g.4), and soon where there are no signals yet."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet

from hunter.remote.clock import database_now
from hunter.work.kinds import Kind
from hunter.work.sweeping import sweep_kind
from leads.models import Company
from leads.scan_kind import SCAN

STALE_AFTER = timedelta(hours=24)
LOOK_EVERY = timedelta(minutes=10)


def stale_companies() -> QuerySet[Company]:
    """What was not scanned within a day."""
    return Company.objects.scanned_before(database_now() - STALE_AFTER)


def rescan_kind() -> Kind:
    """The standing work that asks for stale scans."""
    return sweep_kind("rescan", of=SCAN, due=stale_companies, key="domain", every=LOOK_EVERY)
