"""The navigation beside every page: each list says on its own class where it stands; badges count what waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from hunter.ops.home_keys import BADGES
from hunter.ops.looked import looked
from hunter.ops.model_admin import Entry, HunterModelAdmin
from hunter.ops.showing import list_url

GROUPS = ("Needs you", "Pipeline", "Runs", "Set-up", "Access")
BADGES_ARE_GOOD_FOR = timedelta(seconds=30)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups and lines that this person may see."""
    entries = [(one, entry) for one in hunter_admins() if one.has_view_permission(request) for entry in one.navigation]
    waiting = badges() if any(entry.waiting for _, entry in entries) else {}
    groups: list[dict[str, Any]] = [{"items": [home_line(request)]}]
    for title in GROUPS:
        mine = sorted((pair for pair in entries if pair[1].group == title), key=lambda pair: pair[1].order)
        items = [line(request, one, entry, waiting=waiting.get(entry.title, 0)) for one, entry in mine]
        if items:
            groups.append({"title": title, "items": items})
    return groups


def hunter_admins() -> list[HunterModelAdmin]:
    """Every list of Hunter's own."""
    return [one for one in admin.site._registry.values() if isinstance(one, HunterModelAdmin)]


def badges() -> dict[str, int]:
    """How much waits behind each line, worked out at most twice a minute for all people together."""
    counted = [entry for one in hunter_admins() for entry in one.navigation if entry.waiting]
    return looked(
        BADGES, every=BADGES_ARE_GOOD_FOR, look=lambda: {e.title: e.waiting() for e in counted if e.waiting}
    ).value


def home_line(request: HttpRequest) -> dict[str, Any]:
    address = reverse("admin:index")
    return {"title": "Home", "icon": "home", "link": address, "active": request.path == address}


def line(request: HttpRequest, one: HunterModelAdmin, entry: Entry, *, waiting: int) -> dict[str, Any]:
    opts = one.model._meta
    address = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    told: dict[str, Any] = {
        "title": entry.title,
        "icon": entry.icon,
        "link": f"{address}?{entry.query}" if entry.query else address,
        "active": is_active(request, address, entry, siblings=one.navigation) or is_part(request, one),
    }
    if waiting:
        told |= {"badge": waiting if waiting < 1000 else "999+", "badge_variant": entry.tone}
    return told


def is_active(request: HttpRequest, address: str, entry: Entry, *, siblings: Any) -> bool:
    """Of several lines to one list the one whose filter is set, else the plain one."""
    if not request.path.startswith(address):
        return False
    fitting = [one for one in siblings if one.query and fits(request, one)]
    return entry in fitting if fitting else not entry.query


def is_part(request: HttpRequest, one: HunterModelAdmin) -> bool:
    """Whether the page lists what belongs to a row of that list."""
    return any(request.path.startswith(list_url(part)) for part in one.parts)


def fits(request: HttpRequest, entry: Entry) -> bool:
    return all(request.GET.get(name) == value for name, value in parse_qsl(entry.query))
