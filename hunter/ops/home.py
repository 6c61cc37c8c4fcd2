"""The home page: is it running, and what needs me?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest

from hunter.ops.act_pages import act_url
from hunter.ops.acts import Act
from hunter.ops.figures import Figure, Seen, Stage, allowed_needs, see
from hunter.ops.home_keys import HOME
from hunter.ops.lane_cards import lane_cards
from hunter.ops.looked import looked
from hunter.ops.navigation import hunter_admins
from hunter.ops.showing import ago

FIGURES_ARE_GOOD_FOR = timedelta(seconds=15)
MOST_NEEDS, MOST_RUNS = 5, 6


@dataclass(frozen=True, slots=True)
class Bar:
    """Something with a number, drawn as long as its share of the longest."""

    shown: Stage | Figure
    share: int


def home_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the template of the home page draws; the figures are seen at most every quarter of a minute."""
    last = looked(HOME, every=FIGURES_ARE_GOOD_FOR, look=see)
    seen: Seen = last.value
    needs = allowed_needs(seen, request)
    most = len(needs) if request.GET.get("needs") == "all" else MOST_NEEDS
    has_begun = any(stage.number for stage in seen.stages)
    return context | {
        "title": "Home",
        "crumbs": [("Home", "")],
        "needs": needs[:most],
        "more_needs": len(needs) - most,
        "looked": ago(last.at),
        "stages": bars(seen.stages),
        "has_begun": has_begun,
        "runs": seen.runs[:MOST_RUNS],
        "breakdowns": [(one.title, bars(one.parts)) for one in seen.breakdowns],
        "first_steps": [] if has_begun else seen.first_steps,
        "lanes": lane_cards() if request.user.has_perm("remote.view_lane") else [],
        "home_buttons": home_buttons(request),
    }


def bars(parts: tuple[Stage, ...] | tuple[Figure, ...]) -> list[Bar]:
    longest = max((part.number for part in parts), default=0) or 1
    return [Bar(part, share=round(100 * part.number / longest)) for part in parts]


def home_buttons(request: HttpRequest) -> list[tuple[Act, str]]:
    """The acts that start the pipeline, for those who may."""
    found: list[tuple[int, Act, str]] = []
    for one in hunter_admins():
        for act in one.all_acts():
            if act.name in one.home_acts and act.is_allowed(request.user):
                order = min((entry.order for entry in one.navigation), default=99)
                found.append((order, act, act_url(one, act)))
    return [(act, url) for _, act, url in sorted(found, key=lambda row: row[0])]
