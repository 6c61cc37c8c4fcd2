"""What a move to a version of the mapping would write, before it is begun, also to a version that is not in force yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from crm.admin.asked import asked_crm
from crm.admin.due_page import AT_ONCE, closed_words, pushes_shown, whole
from crm.backend import CrmBackend
from crm.registry import chosen_crms
from crm.services.trying_moves import move_page
from hunter.errors import HunterError
from hunter.ops.showing import list_url

TITLE = "What a move would write"


def move_view(
    request: HttpRequest, site: AdminSite, *, standing: Callable[[CrmBackend], tuple[str, int, int]]
) -> HttpResponse:
    """The page, or with `after` the next leads of one CRM. `standing`: how a CRM stands in words, the version in force,
    and how many leads are behind it."""
    after = whole(request, "after")
    if after is not None:
        context = piece_context(
            asked_crm(request), version=whole(request, "to") or 0, after=after, found=whole(request, "found") or 0
        )
        return TemplateResponse(request, "admin/crm_move_piece.html", context)
    context = {
        **site.each_context(request),
        "title": TITLE,
        "crumbs": [("Mapping moves", list_url("crm_crmremap")), (TITLE, "")],
        "address": reverse("admin:crm_move"),
        "crms": [crm_context(backend, *standing(backend)) for backend in chosen_crms()],
    }
    return TemplateResponse(request, "admin/crm_move.html", context)


def crm_context(backend: CrmBackend, words: str, version: int, behind: int) -> dict[str, Any]:
    return {
        "name": backend.name,
        "title": backend.title,
        "standing": words,
        "version": version,
        "behind": behind,
        "closed": closed_words(backend),
    }


def piece_context(backend: CrmBackend, *, version: int, after: int, found: int) -> dict[str, Any]:
    """The next leads that would be written, each with its columns, and the way to those behind them."""
    try:
        page = move_page(backend, version=version, after=after, limit=AT_ONCE)
    except HunterError as error:
        return {"error": error.message}
    now_found = found + len(page.leads)
    following = f"?crm={backend.name}&to={version}&after={page.next}&found={now_found}"
    return {
        "pushes": pushes_shown(page.leads),
        "due": page.due,
        "dropped": page.dropped,
        "found": now_found,
        "is_first": not after,
        "next_url": "" if page.next is None else f"{reverse('admin:crm_move')}{following}",
    }
