"""Settings of the cluster that works one task for each item: what is recommended for django-q2's broker on PostgreSQL."""

from __future__ import annotations

from hunter.settings import *  # noqa: F403
from hunter.settings import Q_CLUSTER as HUNTERS_CLUSTER

Q_CLUSTER = HUNTERS_CLUSTER | {"workers": 2, "queue_limit": 2, "recycle": 100_000}
LOGGING = {"version": 1, "disable_existing_loggers": True, "root": {"level": "ERROR"}}
