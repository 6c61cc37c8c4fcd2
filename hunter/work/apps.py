"""The ledger: what is to be done outside, by whom, how often, and what came of it."""

from __future__ import annotations

from django.apps import AppConfig


class WorkConfig(AppConfig):
    name = "hunter.work"
    label = "work"
    verbose_name = "Work"
