"""Users and groups: who may do what."""

from __future__ import annotations

from typing import Any

import django.contrib.auth.admin  # noqa: F401  registers both, which are then registered anew
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from hunter.ops.model_admin import Entry, HunterModelAdmin
from hunter.ops.showing import Tone, ago, badge

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, HunterModelAdmin):  # type: ignore[type-arg, misc]  # Django's is generic for stubs only
    """People who work in the admin, and accounts of programs."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    navigation = (Entry("Access", 10, "Users", "person"),)
    list_display = ("username", "name", "email", "may", "last_seen")
    list_filter = ("is_active", "is_staff", "groups")
    search_help_text = "Name or e-mail, 3+ letters"

    @admin.display(description="name")
    def name(self, user: User) -> str:
        return user.get_full_name() or "–"

    @admin.display(description="may")
    def may(self, user: User) -> SafeString:
        if not user.is_active:
            return badge("switched off", Tone.ASIDE)
        if user.is_superuser:
            return badge("do everything", Tone.NEEDS_YOU)
        return badge("use the admin", Tone.GOOD) if user.is_staff else badge("use the API", Tone.RUNNING)

    @admin.display(description="last sign-in", ordering="last_login")
    def last_seen(self, user: User) -> SafeString | str:
        return ago(user.last_login) if user.last_login else "never"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The audit log names people: an account is switched off, never deleted."""
        return False


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, HunterModelAdmin):  # type: ignore[misc]  # as above
    """Sets of permissions with a name."""

    navigation = (Entry("Access", 20, "Groups", "groups"),)
    search_help_text = "Name, 3+ letters"
    empty_title = "No groups yet"
    empty_hint = "Make one for each kind of work, like readers and sales ops, and give it its permissions."
