"""The app of companies, as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    """Companies: their domains, scans, scores and classes."""

    name = "leads"
    verbose_name = "Leads"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the ledger how a scan is done, and who looks after many of them."""
        from hunter.work.kinds import register  # noqa: PLC0415  models can be imported only now
        from leads.rescan import rescan_kind  # noqa: PLC0415
        from leads.scan_job_kind import scan_job_kind  # noqa: PLC0415
        from leads.scan_kind import scan_kind  # noqa: PLC0415

        register(scan_kind())
        register(scan_job_kind())
        register(rescan_kind())
