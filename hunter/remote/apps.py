"""Talking to other people's servers."""

from __future__ import annotations

from django.apps import AppConfig


class RemoteConfig(AppConfig):
    name = "hunter.remote"
    label = "remote"
    verbose_name = "Lanes"
