from __future__ import annotations

from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    """Partner Center: its referrals, their sync, and the companies they belong to."""

    name = "referrals"
    verbose_name = "Referrals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the ledger how referrals are fetched."""
