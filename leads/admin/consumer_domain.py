"""Mail domains of private persons: a list that administrators keep (domain document, a.5)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.safestring import SafeString

from hunter.ops.model_admin import Entry, HunterModelAdmin
from hunter.ops.showing import ago
from leads.domains import read_domain
from leads.models import ConsumerDomain


class ConsumerDomainForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the stubs only
    """Takes a domain however it is written, and keeps it in ASCII."""

    class Meta:
        model = ConsumerDomain
        fields = ("domain", "note")

    def clean_domain(self) -> str:
        given = str(self.cleaned_data["domain"])
        domain = read_domain(given).domain
        if domain is None:
            raise forms.ValidationError(f"{given!r} is no domain. Give one like gmail.com.")
        return domain


@admin.register(ConsumerDomain)
class ConsumerDomainAdmin(HunterModelAdmin):
    """No referral and no list becomes a company by one of these domains."""

    form = ConsumerDomainForm
    navigation = (Entry("Set-up", 30, "Consumer domains", "alternate_email"),)
    list_display = ("domain", "note", "added")
    search_fields = ("domain", "note")
    search_help_text = "Domain or note, 3+ letters"
    ordering = ("domain",)

    @admin.display(description="added", ordering="added_at")
    def added(self, row: Any) -> SafeString:
        return ago(row.added_at)
