"""Every lane at this moment, in the words of its card."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from django.db.models import Count, Q
from django.utils import timezone

from hunter.ops.lane_notes import LaneNote, lane_notes
from hunter.ops.showing import Tone, list_url, span_in_words
from hunter.remote.lanes import LaneName, figures
from hunter.work.holders import Holding
from hunter.work.models import ErrorRecord
from hunter.work.status import LaneStatus, work_status

ERRORS_OF = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class LaneCard:
    """A lane as people read it: whether it works, why not, how much it has to do and may do."""

    name: str
    title: str
    state: str
    tone: Tone
    reason: str
    limit: str
    slots: str
    slots_share: int
    waiting: int
    later: int
    running: int
    gave_up: int
    oldest: str
    done_last_minute: int
    errors: int
    errors_url: str
    is_held: bool
    is_paused: bool
    is_on_probation: bool = False
    failing_for: str = ""
    limited_by: str = ""
    limited_why: str = ""
    is_used: bool = True
    note: LaneNote | None = None
    holdings: tuple[Holding, ...] = ()

    @property
    def pace(self) -> str:
        """In three words what it does: for the home page."""
        if self.done_last_minute:
            return f"{self.done_last_minute:,} in the last minute"
        return f"{self.waiting:,} waiting" if self.waiting else "idle"


def lane_cards() -> list[LaneCard]:
    """All lanes, those never used at the end; two queries, and those of the apps' notes."""
    errors, notes = recent_errors(), lane_notes()
    status = work_status()
    used = [
        replace(
            card_of(one, errors=errors.get(one.lane, 0)),
            holdings=tuple(holding for holding in status.held if holding.lane == one.lane),
        )
        for one in status.lanes
    ]
    known = {card.name for card in used}
    order = list(LaneName)
    cards = sorted(used, key=lambda card: order.index(LaneName(card.name)))
    cards += [unused_card(name) for name in order if name not in known]
    return [with_note(card, notes.get(LaneName(card.name))) for card in cards]


def with_note(card: LaneCard, note: LaneNote | None) -> LaneCard:
    """The card with what the lane's app says; whether a person is needed goes before a pause that ends by itself."""
    if note is None or not note.needs_person or card.is_held:
        return replace(card, note=note)
    return replace(card, note=note, state="needs a person", tone=Tone.NEEDS_YOU, reason="")


def recent_errors() -> dict[str, int]:
    """Unsettled errors of the last hour, by service."""
    since = timezone.now() - ERRORS_OF
    rows = ErrorRecord.objects.unsettled().filter(last_seen__gte=since).values("service").annotate(n=Count("pk"))
    return {row["service"]: row["n"] for row in rows.order_by()}


def card_of(one: LaneStatus, *, errors: int) -> LaneCard:
    state, tone = {
        "held": (f"held by {one.held_by}" if one.held_by else "held", Tone.NEEDS_YOU),
        "probation": ("on probation", Tone.NEEDS_YOU),
        "paused": (f"paused, {span_in_words(timedelta(seconds=one.paused_for))} left", Tone.NEEDS_YOU),
    }.get(one.state, ("running", Tone.RUNNING) if one.leases else ("ok", Tone.GOOD))
    return LaneCard(
        name=one.lane,
        title=one.title,
        state=state,
        tone=tone,
        reason=one.reason,
        limit=limit_words(one.limit, one.burst),
        slots=f"{one.slots_taken} of {one.slots}",
        slots_share=round(100 * one.slots_taken / one.slots) if one.slots else 0,
        waiting=one.depth,
        later=one.later,
        running=one.leases,
        gave_up=one.dead,
        oldest=span_in_words(timedelta(seconds=one.oldest_age)) if one.depth else "–",
        done_last_minute=one.rate,
        errors=errors,
        errors_url=list_url("work_errorrecord", state="open", service=one.lane),
        is_held=one.state == "held",
        is_paused=one.state == "paused",
        is_on_probation=one.state == "probation",
        failing_for=span_in_words(timedelta(seconds=one.failing_for)) if one.failing_for else "",
        limited_by=one.limited_by,
        limited_why=one.limited_why,
    )


def unused_card(name: LaneName) -> LaneCard:
    own = figures(name)
    return LaneCard(
        name=name.value, title=own.title, state="not used yet", tone=Tone.ASIDE, reason="",
        limit=limit_words(own.rate, own.burst), slots=f"0 of {own.slots}", slots_share=0, waiting=0, later=0,
        running=0, gave_up=0, oldest="–", done_last_minute=0, errors=0,
        errors_url=list_url("work_errorrecord", state="open", service=name.value),
        is_held=False, is_paused=False, is_used=False,
    )  # fmt: skip


def limit_words(rate: float, burst: int) -> str:
    return f"{rate:,.10g} a second, {burst:,} in a burst"


def troubled_lanes() -> Q:
    """Lanes that make no calls now, or only one at a time because their service fails."""
    return closed_lanes() | Q(probation=True)


def closed_lanes() -> Q:
    """Lanes that make no calls now."""
    return Q(held=True) | Q(paused_until__gt=timezone.now(), paused_until__lt=timezone.now() + timedelta(hours=1))
