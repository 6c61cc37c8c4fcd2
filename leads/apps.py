"""The app of companies, as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    """Companies: their domains, scans, scores and classes."""

    name = "leads"
    verbose_name = "Leads"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the ledger how scans and imports are done, scores made anew and alerts sent, and Django what must hold."""
        from hunter.work import pruning  # noqa: PLC0415  models can be imported only now
        from hunter.work.kinds import register  # noqa: PLC0415
        from hunter.work.news import subscribe  # noqa: PLC0415
        from leads import checks  # noqa: F401, PLC0415  registers its checks
        from leads.alert_kinds import delivery_kind, route_kind  # noqa: PLC0415
        from leads.import_kind import import_kind  # noqa: PLC0415
        from leads.rescan import rescan_kind  # noqa: PLC0415
        from leads.rescore_kind import scoring_kind  # noqa: PLC0415
        from leads.scan_job_kind import scan_job_kind  # noqa: PLC0415
        from leads.scan_kind import scan_kind  # noqa: PLC0415
        from leads.services.operating_news import send_news  # noqa: PLC0415
        from leads.services.pruning import PRUNABLES  # noqa: PLC0415

        register(scan_kind())
        register(scan_job_kind())
        register(rescan_kind())
        register(scoring_kind())
        register(import_kind())
        register(route_kind())
        register(delivery_kind())
        subscribe(send_news)
        for one in PRUNABLES:
            pruning.register(one)
