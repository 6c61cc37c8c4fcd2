"""Talking to other people's servers."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RemoteConfig(AppConfig):
    name = "hunter.remote"
    label = "remote"
    verbose_name = "Lanes"

    def ready(self) -> None:
        post_migrate.connect(open_lanes, sender=self)


def open_lanes(**_: Any) -> None:
    """Each lane has its row and slots as soon as there are tables."""
    from hunter.remote.lanes import LaneName  # noqa: PLC0415  models are not ready when apps are loaded
    from hunter.remote.limits import ensure_lane  # noqa: PLC0415

    for lane in LaneName:
        ensure_lane(lane)
