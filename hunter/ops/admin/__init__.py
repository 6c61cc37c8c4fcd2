"""The pages of Hunter's own ground: errors, lanes, the audit log, people. Registered here, one file for each list."""

from __future__ import annotations

from django.utils.module_loading import autodiscover_modules

from hunter.ops import troubles
from hunter.ops.admin import api_keys, audit_log, errors, lanes, people, queue

autodiscover_modules("figures")  # each app's part of the home page; they lead to lists that are registered by now

__all__ = ["api_keys", "audit_log", "errors", "lanes", "people", "queue", "troubles"]
