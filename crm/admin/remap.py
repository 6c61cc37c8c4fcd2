"""Moves to a mapping: which leads were confirmed with another version, and how far they are (R4.8)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.admin import move_page
from crm.admin.asked import CrmFilter
from crm.admin.due_page import not_called
from crm.backend import CrmBackend
from crm.models import CrmRecord, CrmRemap
from crm.registry import chosen_crms, crm_backend, enabled_crms
from crm.services.remapping import begun_words, moved, start_remap
from hunter.errors import HunterError
from hunter.ops.acts import Act, ActResult, Chosen, Place, Told, places
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin
from hunter.ops.showing import (
    NOTHING,
    Tone,
    ago,
    badge,
    exact,
    link,
    list_url,
    number,
    page_url,
    piece,
    span_in_words,
    two_lines,
)

NONE_TO_MOVE = "Every lead was confirmed with the mapping in force; there is none to move."
QUEUED = "Queued: leads whose push was asked for; each waits behind all other pushes."
STAYED = (
    "Stayed: leads whose push ended without the new mapping, closed ones for instance. Under CRM leads the filter Mapping, "
    "Another one lists them, each with its reason."
)


def move_leads(chosen: Chosen) -> ActResult:
    assert isinstance(chosen.by, AbstractBaseUser)  # noqa: S101  staff are never anonymous
    behind = [one for one in enabled_crms() if leads_behind(one)]
    if not behind:
        return Told(NONE_TO_MOVE)
    runs = [start_remap(one, version=one.load_mapping().version, by=chosen.by) for one in behind]
    return Told(
        " ".join(map(begun_words, runs)),
        lead_to=page_url("crm_crmremap", runs[0].pk) if len(runs) == 1 else list_url("crm_crmremap"),
    )


def leads_behind(backend: CrmBackend) -> int:
    """How many leads were confirmed with another mapping than the one in force."""
    version = backend.load_mapping().version
    return CrmRecord.objects.of_crm(backend.name).of_other_mappings(version).count()


def how_many(rows: QuerySet[Any]) -> str:
    """Its size, and what it does to them."""
    behind = [backend for backend in chosen_crms() if leads_behind(backend)]
    return " ".join(map(how_many_in, behind)) or NONE_TO_MOVE


def how_many_in(backend: CrmBackend) -> str:
    version, count = backend.load_mapping().version, leads_behind(backend)
    leads = "1 lead was" if count == 1 else f"{count:,} leads were"
    if len(chosen_crms()) > 1:
        leads = f"{backend.title}: {leads}"
    return (
        f"{leads} confirmed with another mapping than v{version}. Each is compared with v{version}, behind all other pushes, "
        "and written where it differs. What a move would write, on the page before, tells it beforehand."
    )


def standing() -> list[str]:
    """Of each CRM which mapping is in force, and how many leads were confirmed with another one."""
    return [standing_of_mapping(backend) for backend in chosen_crms()]


def standing_of_mapping(backend: CrmBackend) -> str:
    try:
        version, count = backend.load_mapping().version, leads_behind(backend)
    except HunterError as error:
        return error.message
    if not count:
        return f"{backend.title}: mapping v{version} is in force, and every lead was confirmed with it."
    leads = "1 lead was" if count == 1 else f"{count:,} leads were"
    return f"{backend.title}: mapping v{version} is in force; {leads} confirmed with another one."


def figures_of(backend: CrmBackend) -> tuple[str, int, int]:
    """The same, the version in force, and how many leads are behind it; 0 of a mapping that can't be read."""
    try:
        return standing_of_mapping(backend), backend.load_mapping().version, leads_behind(backend)
    except HunterError as error:
        return error.message, 0, 0


MOVE = Act(
    "move_leads", "Move leads to the mapping", "crm.start_crmremap", move_leads, places(Place.PAGE), icon="move_up",
    about=how_many,
)  # fmt: skip


@admin.register(CrmRemap)
class CrmRemapAdmin(ReadOnlyModelAdmin):
    """Each move of leads to another version of the mapping, the newest first."""

    navigation = (Entry("Runs", 50, "Mapping moves", "move_up"),)
    nouns = ("move to a mapping", "moves to a mapping")
    acts = (MOVE,)
    change_list_template = "admin/crm_remaps.html"
    list_display = ("run", "state_shown", "progress", "stayed_shown", "took")
    list_filter = (CrmFilter,)
    ordering = ("-id",)
    refresh_seconds = 5
    empty_title = "No leads were moved yet"
    empty_hint = "When another version of the mapping is put in force, leads of the old one are moved to it from here."

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        legend = [STAYED] if CrmRemap.objects.filter(stayed__gt=0).exists() else []
        shown = {"not_called": not_called(), "standing": standing() + legend}
        return super().changelist_view(request, shown | (extra_context or {}))

    def get_urls(self) -> list[URLPattern]:
        return [path("dry-run/", self.admin_site.admin_view(self.move_view), name="crm_move"), *super().get_urls()]

    def move_view(self, request: HttpRequest) -> HttpResponse:
        """What a move would write; reads only. The leads' values are shown, so it takes the right to see leads too."""
        if not (self.has_view_permission(request) and request.user.has_perm("crm.view_crmrecord")):
            raise PermissionDenied
        return move_page.move_view(request, self.admin_site, standing=figures_of)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()

    def sections(self, request: HttpRequest, row: Any) -> tuple[SafeString, ...]:
        facts = {
            "facts": self.facts(row),
            "legend": (QUEUED, STAYED),
            "refresh_seconds": 0 if row.finished_at else self.refresh_seconds,
        }
        return (piece("admin/run_facts.html", facts),)

    def facts(self, run: CrmRemap) -> list[tuple[str, object]]:
        """Everything that is known of one move."""
        told: list[tuple[str, object]] = [
            ("Moved", f"{number(moved(run))} of {number(run.total)} leads to mapping v{run.version}"),
            ("Queued", number(run.queued)),
            ("Stayed", self.stayed_shown(run) if run.finished_at else "known at the end"),
            ("Asked by", run.asked_by or "a command"),
            ("Started", exact(run.started_at)),
        ]
        return [*told, ("Ended", f"{exact(run.finished_at)}, after {self.took(run)}")] if run.finished_at else told

    def headline(self, request: HttpRequest, row: Any) -> tuple[SafeString, ...]:
        return (self.state_shown(row), progress_bar(row))

    def row_title(self, row: Any) -> str:
        return f"{crm_backend(row.crm).title}: {str(row).lower()}" if len(chosen_crms()) > 1 else str(row)

    @admin.display(description="started", ordering="id")
    def run(self, run: CrmRemap) -> SafeString:
        crm = f"{crm_backend(run.crm).title}: " if len(chosen_crms()) > 1 else ""
        return two_lines(
            f"{crm}mapping v{run.version}",
            format_html("{}{}", ago(run.started_at), f" by {run.asked_by}" if run.asked_by else ""),
        )

    @admin.display(description="state")
    def state_shown(self, run: CrmRemap) -> SafeString:
        if run.finished_at is None:
            return badge("running", Tone.RUNNING)
        return badge("done", Tone.GOOD) if not run.stayed else badge(f"done, {run.stayed:,} stayed", Tone.NEEDS_YOU)

    @admin.display(description="moved")
    def progress(self, run: CrmRemap) -> SafeString:
        return progress_bar(run)

    @admin.display(description="stayed", ordering="stayed")
    def stayed_shown(self, run: CrmRemap) -> SafeString | str:
        return link(number(run.stayed), list_url("crm_crmrecord", mapping="other")) if run.stayed else "0"

    @admin.display(description="took")
    def took(self, run: CrmRemap) -> SafeString | str:
        return span_in_words(run.finished_at - run.started_at) if run.finished_at else NOTHING


def progress_bar(run: CrmRemap) -> SafeString:
    """How many leads have got there."""
    there = moved(run)
    share = 100 if not run.total else min(100, round(100 * there / run.total))
    return format_html(
        '<span class="h-bar" style="min-width:6rem"><span class="h-bar-fill" style="width:{0}%"></span></span>'
        '<span class="h-muted h-small">{1} of {2}</span>', share, number(there), number(run.total),
    )  # fmt: skip
