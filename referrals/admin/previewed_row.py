"""What a dry run of the sync would take in, change and refuse (runs, 6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString

from hunter.ops.model_admin import ReadOnlyModelAdmin, Tab
from hunter.ops.showing import Tone, badge, link, list_url, page_url, two_lines
from referrals.admin.run_filters import IN_RUN, HiddenFilter, run_tabs
from referrals.models import PreviewedRow, Referral, SyncRun, WouldBe
from referrals.run_rows import run_named

TONES = {WouldBe.CREATED: Tone.GOOD, WouldBe.UPDATED: Tone.WAITING, WouldBe.REFUSED: Tone.NEEDS_YOU}


class OfDryRunFilter(HiddenFilter):
    """Rows of one dry run, by what would become of them."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        run, would_be = asked_for(request)
        if run is None:
            return queryset
        return queryset.filter(run=run, **({"would_be": would_be} if would_be in WouldBe.values else {}))


def asked_for(request: HttpRequest) -> tuple[SyncRun | None, str]:
    """The dry run that the list is narrowed to, and what would become of its rows."""
    number, _, would_be = request.GET.get(IN_RUN, "").partition(".")
    return run_named(number), would_be


@admin.register(PreviewedRow)
class PreviewedRowAdmin(ReadOnlyModelAdmin):
    """Each row that a dry run would have stored, changed or refused."""

    nouns = ("row of a dry run", "rows of a dry run")
    list_display = ("referral", "stands", "told")
    list_display_links = None
    list_filter = (OfDryRunFilter,)
    search_fields = ("key", "name")
    search_help_text = "Id or name, 3+ letters"
    ordering = ("id",)
    empty_title = "No rows of a dry run"
    empty_hint = "Run `manage.py sync_referrals --dry-run`: what it would do is kept here."

    @property
    def list_title(self) -> str:
        return "Dry run"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        stored = Referral.objects.filter(referral_id=OuterRef("key")).values("pk")[:1]
        rows: QuerySet[Any] = super().get_queryset(request).annotate(stored=Subquery(stored))
        return rows

    def list_crumbs(self, request: HttpRequest) -> list[tuple[str, str]]:
        run, _ = asked_for(request)
        syncs = ("Syncs", list_url("referrals_syncrun"))
        return [syncs, *([(str(run), page_url("referrals_syncrun", run.pk))] if run else ()), (self.list_title, "")]

    def tabs(self, request: HttpRequest) -> Sequence[Tab]:
        run, would_be = asked_for(request)
        return [*run_tabs(run, now=would_be), Tab(f"{run}", page_url("referrals_syncrun", run.pk))] if run else ()

    @admin.display(description="referral", ordering="key")
    def referral(self, row: Any) -> SafeString:
        title = row.name or row.key
        shown = link(title, page_url("referrals_referral", row.stored)) if row.stored else title
        return two_lines(shown, row.key if row.name else "")

    @admin.display(description="would be", ordering="would_be")
    def stands(self, row: PreviewedRow) -> SafeString:
        would_be = WouldBe(row.would_be)
        return badge(str(would_be.label).lower(), TONES[would_be])

    @admin.display(description="why")
    def told(self, row: PreviewedRow) -> str:
        return row.words

    def sections(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        return ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()
