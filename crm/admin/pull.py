"""Changes in the CRM: each pass over them, what it took in, and the button that starts one (R4.7)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from crm.admin.asked import CrmFilter
from crm.admin.due_page import not_called
from crm.figures import PULL_TONES
from crm.models import CrmPull
from crm.registry import chosen_crms, crm_backend, enabled_crms, titles
from crm.services.pulling import start_pull
from hunter.ops.acts import Act, Chosen, Place, Told, places
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin
from hunter.ops.showing import (
    NOTHING,
    ago,
    badge,
    exact,
    link,
    list_url,
    number,
    piece,
    span_in_words,
    two_lines,
)


def read_now(chosen: Chosen) -> Told:
    return begun(chosen, full=False)


def read_everything(chosen: Chosen) -> Told:
    return begun(chosen, full=True)


def begun(chosen: Chosen, *, full: bool) -> Told:
    pulls = [start_pull(backend, full=full, asked_by=chosen.by.get_username()) for backend in enabled_crms()]
    return Told(" ".join(begins(pull) for pull in pulls))


def begins(pull: CrmPull) -> str:
    title = crm_backend(pull.crm).title
    if pull.pages:
        begun_ago = span_in_words(timezone.now() - pull.started_at)
        return f"{title} was being read already, begun {begun_ago} ago. It is hurried along."
    return f"{title} is read within a minute."


def what_is_read(pull: CrmPull) -> str:
    return "everything" if pull.is_full else "what changed"


READ_NOW = Act(
    "read_now", "Read changes now", "crm.start_crmpull", read_now, places(Place.PAGE), icon="sync", is_main=True,
)  # fmt: skip
READ_EVERYTHING = Act(
    "read_everything", "Read everything anew", "crm.start_crmpull", read_everything, places(Place.PAGE), icon="restart_alt",
    question="All leads of the CRM are read, not only what changed since the last time. It finds leads that were deleted "
    "while nothing was read, and writes nothing that is as Hunter knows it.",
)  # fmt: skip


@admin.register(CrmPull)
class CrmPullAdmin(ReadOnlyModelAdmin):
    """Each pass over what changed in the CRM, the newest first."""

    navigation = (Entry("Runs", 40, "CRM changes", "sync_alt"),)
    nouns = ("pass over the CRM", "passes over the CRM")
    acts = (READ_NOW, READ_EVERYTHING)
    change_list_template = "admin/crm_runs.html"
    list_display = ("run", "state_shown", "seen_shown", "applied_shown", "ignored_shown", "conflicts_shown", "took")
    list_filter = (("state", ChoicesDropdownFilter), CrmFilter)
    ordering = ("-id",)
    refresh_seconds = 5
    empty_title = "Nothing was read from the CRM yet"
    empty_hint = "Press Read changes now: the first time every lead is read."

    @property
    def list_title(self) -> str:
        return f"Changes in {titles(chosen_crms())}"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"not_called": not_called()} | (extra_context or {}))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()

    def row_title(self, row: Any) -> str:
        return f"{crm_backend(row.crm).title}: {what_is_read(row)}"

    def headline(self, request: HttpRequest, row: Any) -> tuple[SafeString, ...]:
        return (self.state_shown(row), ago(row.started_at))

    def sections(self, request: HttpRequest, row: Any) -> tuple[SafeString, ...]:
        moving = row.state == CrmPull.State.RUNNING
        facts = {"facts": self.facts(row), "refresh_seconds": self.refresh_seconds if moving else 0}
        return (piece("admin/run_facts.html", facts),)

    def facts(self, pull: CrmPull) -> list[tuple[str, object]]:
        """Everything that is known of one pass, in the words of the list."""
        pages = "1 page" if pull.pages == 1 else f"{number(pull.pages)} pages"
        told: list[tuple[str, object]] = [
            ("Read", f"{what_is_read(pull)}: {number(pull.seen)} leads in {pages}"),
            ("Taken in", self.applied_shown(pull)),
            ("Our own or unknown", self.ignored_shown(pull)),
            ("Conflicts", self.conflicts_shown(pull)),
            ("Asked by", pull.asked_by or "the schedule"),
            ("Started", exact(pull.started_at)),
        ]
        if pull.finished_at:
            told.append(("Ended", f"{exact(pull.finished_at)}, after {self.took(pull)}"))
        return [*told, ("Why it failed", pull.error)] if pull.error else told

    @admin.display(description="started", ordering="id")
    def run(self, pull: CrmPull) -> SafeString:
        what = what_is_read(pull)
        what = f"{crm_backend(pull.crm).title}: {what}" if len(chosen_crms()) > 1 else what.capitalize()
        return two_lines(ago(pull.started_at), f"{what}, {f'by {pull.asked_by}' if pull.asked_by else 'by schedule'}")

    @admin.display(description="state", ordering="state")
    def state_shown(self, pull: CrmPull) -> SafeString:
        return badge(pull.get_state_display().lower(), PULL_TONES[pull.state], why=pull.error)

    @admin.display(description="leads", ordering="seen")
    def seen_shown(self, pull: CrmPull) -> SafeString:
        return two_lines(number(pull.seen), f"{pull.pages} {'page' if pull.pages == 1 else 'pages'}")

    @admin.display(description="taken in", ordering="applied")
    def applied_shown(self, pull: CrmPull) -> str:
        return number(pull.applied)

    @admin.display(description="our own or unknown", ordering="ignored")
    def ignored_shown(self, pull: CrmPull) -> str:
        return number(pull.ignored)

    @admin.display(description="conflicts", ordering="conflicts")
    def conflicts_shown(self, pull: CrmPull) -> SafeString | str:
        return link(pull.conflicts, list_url("crm_crmrecord", needs="you")) if pull.conflicts else "0"

    @admin.display(description="took")
    def took(self, pull: CrmPull) -> SafeString | str:
        return span_in_words(pull.finished_at - pull.started_at) if pull.finished_at else NOTHING
