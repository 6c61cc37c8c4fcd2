"""The pages of Hunter's own ground: errors, lanes, the audit log, people. Registered here, one file for each list."""

from __future__ import annotations

from hunter.ops.admin import api_keys, audit_log, errors, lanes, people, queue

__all__ = ["api_keys", "audit_log", "errors", "lanes", "people", "queue"]
