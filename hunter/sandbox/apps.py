"""The other side, simulated on loopback."""

from __future__ import annotations

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    """The other side, simulated on loopback. Holds the `sandbox` command and no models."""

    name = "hunter.sandbox"
    label = "sandbox"
    verbose_name = "Sandbox"
