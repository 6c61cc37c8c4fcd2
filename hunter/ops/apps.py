"""What people see of Hunter's work: the admin site, the error inbox, the lanes, the home page."""

from __future__ import annotations

from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "hunter.ops"
    label = "ops"
    verbose_name = "Operations"

    def ready(self) -> None:
        from hunter import checks, isolation  # noqa: F401, PLC0415  register the system checks
