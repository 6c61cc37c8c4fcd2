"""What the ledger itself has for "Needs you": errors by cause, and lanes that make no calls."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from hunter.ops.causes import causes
from hunter.ops.choosing import choices
from hunter.ops.figures import Need, registry
from hunter.ops.lane_cards import troubled_lanes
from hunter.ops.lane_notes import lane_notes
from hunter.ops.services import title_of
from hunter.ops.showing import Tone, list_url
from hunter.remote.models import Alarm, Lane
from hunter.work.alarms import BACKLOG
from hunter.work.models import ErrorRecord, Heartbeat

MOST_CAUSES, MOST_LETTERS = 5, 160
SILENT_AFTER = timedelta(minutes=5)


def open_causes() -> Iterable[Need]:
    """Errors that nobody but a person ends, one line for each cause. A choice is told by the app that asks for it."""
    given_up = ErrorRecord.objects.filter(state=ErrorRecord.State.OPEN, gave_up=True).exclude(kind__in=list(choices))
    for cause in causes(given_up, most=MOST_CAUSES):
        message = cause.title if len(cause.title) <= MOST_LETTERS else f"{cause.title[:MOST_LETTERS]}…"
        words = message if cause.items == 1 else f"{cause.items:,} × {cause.example.operation}: {message}"
        yield Need(
            words, list_url("work_errorrecord", state="open", cause=cause.key), "See", since=cause.first,
            tone=Tone.FAILED, weight=70 + min(cause.items, 20), permission="work.view_errorrecord",
        )  # fmt: skip


def closed() -> Iterable[Need]:
    """Lanes that are held, paused, on probation, or will be until a person has done something elsewhere, with the reason."""
    notes = lane_notes()
    for name, note in notes.items():
        if note.warns:
            yield Need(
                f"{title_of(name)}: {note.words}", note.url, note.button, since=note.since,
                weight=105 if note.needs_person else 60, permission=note.permission,
                tone=Tone.FAILED if note.needs_person else Tone.NEEDS_YOU,
            )  # fmt: skip
    told = {name.value: note.permission for name, note in notes.items() if note.needs_person}
    for lane in Lane.objects.filter(troubled_lanes()):
        title = title_of(lane.name)
        state, reason, weight = state_of(lane)
        yield Need(
            f"{title} {state}: {reason}", list_url("remote_lane"), "Lanes", weight=weight, permission="remote.view_lane",
            unless="" if lane.held else told.get(lane.name, ""),
        )  # fmt: skip


def state_of(lane: Lane) -> tuple[str, str, int]:
    """In which way a lane is in trouble, why, and how heavy that is."""
    if lane.held:
        return (f"is held by {lane.held_by}" if lane.held_by else "is held"), lane.held_reason, 100
    if lane.probation:
        return "fails again and again", lane.pause_reason, 85
    return "is paused", lane.pause_reason, 80


def open_alarms() -> Iterable[Need]:
    """Lanes in which too much waits, or for too long, and services that fail. A lane that is closed has its own line."""
    closed_now = {name.value for name, note in lane_notes().items() if note.warns}
    closed_now |= set(Lane.objects.filter(troubled_lanes()).values_list("name", flat=True))
    for alarm in Alarm.objects.filter(ended_at__isnull=True).order_by("name"):
        if alarm.name.startswith(BACKLOG) or alarm.lane not in closed_now:
            yield Need(
                alarm.sentence, list_url("remote_lane"), "Lanes", since=alarm.raised_at, weight=75,
                permission="remote.view_lane",
            )  # fmt: skip


def silent_workers() -> Iterable[Need]:
    """No worker has shown a sign of life lately: nothing happens by itself."""
    last = Heartbeat.objects.order_by("-at").values_list("at", flat=True).first()
    if last is None or last < timezone.now() - SILENT_AFTER:
        yield Need(
            "No worker is alive, so nothing happens by itself: start `manage.py workers`", list_url("remote_lane"), "Lanes",
            since=last, tone=Tone.FAILED, weight=110, permission="remote.view_lane",
        )  # fmt: skip


registry.needs += [open_causes, closed, open_alarms, silent_workers]
