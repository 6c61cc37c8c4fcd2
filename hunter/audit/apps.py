"""Who did what."""

from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "hunter.audit"
    label = "audit"
    verbose_name = "Audit log"
