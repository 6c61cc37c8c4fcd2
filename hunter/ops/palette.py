"""Ctrl+K: companies, referrals and the like by a few letters; small answers only (platform notes 7.2)."""

from __future__ import annotations

from django.http import HttpRequest
from unfold.dataclasses import SearchResult

from hunter.ops.model_admin import SHORTEST_SEARCH, HunterModelAdmin
from hunter.ops.navigation import hunter_admins

MOST_EACH, MOST = 5, 20


def search(request: HttpRequest, term: str) -> list[SearchResult]:
    """The first few rows of each list of the pipeline that match, as far as this person may see them."""
    if len(term.strip()) < SHORTEST_SEARCH:
        return []
    found = [result for one in hunter_admins() if searches(one, request) for result in results(one, request, term)]
    return found[:MOST]


def searches(one: HunterModelAdmin, request: HttpRequest) -> bool:
    in_pipeline = any(entry.group == "Pipeline" for entry in one.navigation)
    return in_pipeline and bool(one.search_fields) and one.has_view_permission(request)


def results(one: HunterModelAdmin, request: HttpRequest, term: str) -> list[SearchResult]:
    rows, _ = one.get_search_results(request, one.get_queryset(request), term)
    title = str(one.opts.verbose_name).capitalize()
    return [SearchResult(one.row_title(row), title, one.page_of(row), "search") for row in rows.order_by()[:MOST_EACH]]
