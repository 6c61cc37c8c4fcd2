"""Whether a scan is asked for, and when it begins, in words."""

from __future__ import annotations

from hunter.remote.lanes import LaneName
from hunter.work.models import Item
from hunter.work.outlook import lane_state
from leads.scan_kind import SCAN

WHILE_HELD = "once somebody resumes DNS on the page Lanes, which is held now"


def is_held() -> bool:
    """Whether a person has stopped all scans."""
    return lane_state(LaneName.DNS).held


def soon() -> str:
    """When a scan begins that a person asked for."""
    return WHILE_HELD if is_held() else "within a minute"


def is_under_way(domain: str) -> bool:
    """Whether a scan of the domain waits or runs."""
    return Item.objects.filter(kind=SCAN, key=domain, due_at__isnull=False).exists()
