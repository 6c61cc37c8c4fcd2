"""Stopping a service everywhere at once, and letting it go on: a person's decision, with its reason (admin, operating)."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from hunter.audit.recording import record
from hunter.errors import HunterError
from hunter.remote import limits
from hunter.remote.lanes import LaneName, figures
from hunter.remote.models import Lane
from hunter.work.retrying import open_lane


@dataclass(frozen=True, slots=True)
class LaneChange:
    """What became of a lane."""

    title: str
    words: str
    failed: bool = False

    def sentence(self) -> str:
        return f"{self.title} {self.words}"


@transaction.atomic(durable=True)
def hold_lane(name: LaneName, *, why: str, by: AbstractBaseUser) -> LaneChange:
    """Stop all calls to the service until a person lets it go on; what waits keeps waiting. Audited."""
    title = figures(name).title
    if not why.strip():
        raise HunterError(f"Say why {title} is held, so that the next person knows.", field="why")
    limits.ensure_lane(name)
    lane = Lane.objects.select_for_update().get(pk=name.value)
    if lane.held:
        return LaneChange(title, f"was held already: {lane.held_reason}")

    Lane.objects.filter(pk=name.value).update(held=True, held_reason=why.strip()[:300], held_by=by.get_username())
    record(lane, act="hold", by=by, before="open", after="held", why=why.strip())
    return LaneChange(title, "is held: no call goes out until somebody resumes it. What waits keeps its place.")


@transaction.atomic(durable=True)
def resume_lane(name: LaneName, *, why: str, by: AbstractBaseUser) -> LaneChange:
    """Let the service go on now, held or paused, and ring its workers. Audited."""
    title = figures(name).title
    lane = Lane.objects.select_for_update().filter(pk=name.value).first()
    if lane is None:
        return LaneChange(title, "was never used; there is nothing to resume.")

    was = "held" if lane.held else "paused" if lane.paused_until else "on probation" if lane.probation else "open"
    Lane.objects.filter(pk=name.value).update(held=False, held_reason="", held_by="")
    open_lane(name)
    record(lane, act="resume", by=by, before=was, after="open", why=why.strip())
    return LaneChange(title, "goes on now. What waits is taken up within seconds.")
