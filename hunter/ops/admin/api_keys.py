"""API keys: one for each account that uses the API; a key is shown once, when it is made."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.safestring import SafeString
from rest_framework.authtoken.admin import TokenAdmin, TokenChangeList
from rest_framework.authtoken.models import TokenProxy

from hunter.audit.recording import record
from hunter.ops.model_admin import Entry, HunterModelAdmin
from hunter.ops.paging import HunterChangeList
from hunter.ops.showing import ago

if admin.site.is_registered(TokenProxy):
    admin.site.unregister(TokenProxy)


class KeyChangeList(TokenChangeList, HunterChangeList):
    """Its addresses name the user, never the key."""


@admin.register(TokenProxy)
class ApiKeyAdmin(TokenAdmin, HunterModelAdmin):  # type: ignore[misc]  # DRF's is untyped
    """Who may use the API without signing in by hand."""

    nouns = ("API key", "API keys")
    navigation = (Entry("Access", 30, "API keys", "key"),)
    list_display = ("user", "begins_with", "made")
    list_filter = ()
    list_select_related = ("user",)
    search_fields = ("user__username",)
    search_help_text = "User, 3+ letters"
    fields = ("user",)
    autocomplete_fields = ("user",)
    ordering = ("-created",)
    empty_title = "No API keys"
    empty_hint = "Make one for the account of each program that reads or acts through the API."

    @admin.display(description="key")
    def begins_with(self, key: Any) -> str:
        return f"{key.key[:6]}…"

    @admin.display(description="made", ordering="created")
    def made(self, key: Any) -> SafeString:
        return ago(key.created)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeyChangeList]:
        return KeyChangeList

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        obj.save()
        record(obj.user, act="make an API key", by=request.user)  # type: ignore[arg-type]  # staff are never anonymous
        messages.warning(request, f"The key of {obj.user} is {obj.key}. It is shown this once: copy it now.")

    def row_title(self, row: Any) -> str:
        return f"API key of {row.user}"

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        record(obj.user, act="take an API key away", by=request.user)  # type: ignore[arg-type]  # as above
        obj.delete()
