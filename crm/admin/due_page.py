"""What all pushes that are due would change: piece after piece, and on by itself as long as nothing differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from crm.admin.asked import asked_crm
from crm.admin.winners import DifferenceShown, differences_shown
from crm.backend import CrmBackend
from crm.registry import chosen_crms, words_of_off
from crm.services.dry_runs import comparable, due_page
from crm.services.previewing import PushPreview
from hunter.errors import HunterError
from hunter.ops.lane_cards import closed_lanes
from hunter.ops.showing import list_url, page_url
from hunter.remote.models import Lane
from leads.domains import shown_domain
from leads.models import Company

AT_ONCE = 25


def closed_words(backend: CrmBackend) -> str:
    """Why the CRM is not called at the moment; empty while it is."""
    if not backend.is_enabled():
        return words_of_off(backend)
    closed = Lane.objects.filter(closed_lanes(), pk=backend.lane.value).first()
    if closed is None:
        return ""
    reason = (closed.held_reason or closed.pause_reason).rstrip(". ")
    return f"{backend.title} is not called at the moment: {reason}."


def not_called() -> list[str]:
    """Of each CRM that is not called at the moment, that it is off or why it rests."""
    return [words for backend in chosen_crms() if (words := closed_words(backend))]


def due_view(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The page, or with `after` its next piece."""
    after = whole(request, "after")
    if after is None:
        crumbs = [("CRM leads", list_url("crm_crmrecord")), ("What all pushes would change", "")]
        context: dict[str, Any] = {
            **site.each_context(request),
            "title": "What all pushes would change",
            "crumbs": crumbs,
            "companies": comparable().count(),
            "crms": [
                {"title": backend.title, "closed": closed_words(backend), "next_url": piece_url(backend)}
                for backend in chosen_crms()
            ],
        }
        return TemplateResponse(request, "admin/crm_due.html", context)
    context = piece_context(
        asked_crm(request), after, compared=whole(request, "compared") or 0, found=whole(request, "found") or 0
    )
    return TemplateResponse(request, "admin/crm_due_piece.html", context)


def whole(request: HttpRequest, name: str) -> int | None:
    """A whole number of the address; None where there is none."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def piece_url(backend: CrmBackend, *, after: int = 0, compared: int = 0, found: int = 0) -> str:
    """The piece behind a company, and how many were compared and found before it."""
    return f"{reverse('admin:crm_due')}?crm={backend.name}&after={after}&compared={compared}&found={found}"


def piece_context(backend: CrmBackend, after: int, *, compared: int, found: int) -> dict[str, Any]:
    """The pushes of one piece, each with its columns, and the way to the next."""
    try:
        page = due_page(backend, after=after, limit=AT_ONCE)
    except HunterError as error:
        return {"error": error.message}
    compared, found = compared + page.compared, found + len(page.pushes)
    return {
        "pushes": pushes_shown(page.pushes),
        "compared": compared,
        "found": found,
        "next_url": "" if page.next is None else piece_url(backend, after=page.next, compared=compared, found=found),
    }


PushShown = tuple[PushPreview, list[DifferenceShown], str, str]


def pushes_shown(pushes: Sequence[PushPreview]) -> list[PushShown]:
    """Each push with its columns, the company's domain, and the company's page."""
    keys = dict(Company.objects.of_domains(one.domain for one in pushes).values_list("domain", "pk"))
    return [
        (one, differences_shown(one.difference), shown_domain(one.domain), page_url("leads_company", keys[one.domain]))
        for one in pushes
    ]
