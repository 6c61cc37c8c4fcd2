"""When a scan that was asked for just now begins, in words."""

from __future__ import annotations

from hunter.remote.lanes import LaneName
from hunter.work.outlook import lane_state

WHILE_HELD = "once somebody resumes DNS on the page Lanes, which is held now"


def is_held() -> bool:
    """Whether a person has stopped all scans."""
    return lane_state(LaneName.DNS).held


def soon() -> str:
    """When a scan begins that a person asked for."""
    return WHILE_HELD if is_held() else "within a minute"
