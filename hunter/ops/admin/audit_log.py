"""The audit log: who did what, to which row, and why. Nobody changes it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateTimeFilter, RelatedDropdownFilter

from hunter.audit.models import AuditEntry
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin
from hunter.ops.showing import NOTHING, ago, link, muted


@admin.register(AuditEntry)
class AuditLogAdmin(ReadOnlyModelAdmin):
    """Each act of a person, newest first."""

    nouns = ("act", "acts")
    navigation = (Entry("Access", 40, "Audit log", "history_edu"),)
    list_display = ("when", "who", "did", "subject", "change", "reason")
    list_filter = (("by", RelatedDropdownFilter), "act", ("happened_at", RangeDateTimeFilter))
    list_select_related = ("by",)
    list_display_links = None
    search_fields = ("subject_name",)
    search_help_text = "What was acted on, 3+ letters"
    ordering = ("-happened_at", "-id")
    empty_title = "Nobody has done anything yet"
    empty_hint = "Each link, retry, hold and edit of a person is kept here with its reason."

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup in {"subject_type", "subject_id"} or bool(super().lookup_allowed(lookup, value, request))

    @admin.display(description="when", ordering="happened_at")
    def when(self, entry: AuditEntry) -> SafeString:
        return ago(entry.happened_at)

    @admin.display(description="who")
    def who(self, entry: AuditEntry) -> str | SafeString:
        return str(entry.by) if entry.by else muted("a command")

    @admin.display(description="did", ordering="act")
    def did(self, entry: AuditEntry) -> str:
        return entry.act

    @admin.display(description="what")
    def subject(self, entry: AuditEntry) -> SafeString:
        if not entry.subject_id:  # a list as a whole
            return format_html("{}", entry.subject_name)
        try:
            address = reverse(f"admin:{entry.subject_type.replace('.', '_')}_change", args=[entry.subject_id])
        except NoReverseMatch:
            return format_html("{}", entry.subject_name)
        return link(entry.subject_name, address)

    @admin.display(description="change")
    def change(self, entry: AuditEntry) -> SafeString:
        if entry.before is None and entry.after is None:
            return NOTHING
        return format_html('<span class="h-clip" title="{0}">{0}</span>', change_words(entry.before, entry.after))

    @admin.display(description="why")
    def reason(self, entry: AuditEntry) -> SafeString:
        return format_html('<span class="h-clip" title="{0}">{0}</span>', entry.why) if entry.why else NOTHING


def change_words(before: Any, after: Any) -> str:
    """What was and what is, field by field where fields were kept."""
    if isinstance(before, dict) and isinstance(after, dict):
        names = dict.fromkeys([*before, *after])
        return ", ".join(f"{name}: {in_words(before.get(name))} → {in_words(after.get(name))}" for name in names)
    return f"{in_words(before)} → {in_words(after)}"


def in_words(value: Any) -> str:
    """A kept value as people read it."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {in_words(one)}" for name, one in value.items()) or "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
