from __future__ import annotations

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    """Companies: their domains, scans, scores and classes."""

    name = "leads"
    verbose_name = "Leads"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the ledger how a scan is done."""
