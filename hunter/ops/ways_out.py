"""The pages on which an error's cause is put right: each app names its own, the ledger those of the lanes (C5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from hunter.ops.showing import list_url
from hunter.work.models import ErrorRecord
from hunter.work.problems import LANE


@dataclass(frozen=True, slots=True)
class WayOut:
    """One page, for those who may see it."""

    words: str
    url: str
    permission: str


def to_the_lanes(error: ErrorRecord) -> Iterable[WayOut]:
    """A lane that rests is resumed there."""
    if error.kind == LANE:
        yield WayOut("Lanes", list_url("remote_lane"), "remote.view_lane")


sources: list[Callable[[ErrorRecord], Iterable[WayOut]]] = [to_the_lanes]


def ways_out(error: ErrorRecord, user: Any) -> list[WayOut]:
    """Those that this person may open."""
    return [way for source in sources for way in source(error) if user.has_perm(way.permission)]
