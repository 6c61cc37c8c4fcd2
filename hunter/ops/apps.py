"""What people see of Hunter's work: the admin site, the error inbox, the lanes, the home page."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class OpsConfig(AppConfig):
    name = "hunter.ops"
    label = "ops"
    verbose_name = "Operations"

    def ready(self) -> None:
        from hunter import checks  # noqa: F401, PLC0415  registers the system checks

        autodiscover_modules("figures")  # each app's part of the home page
