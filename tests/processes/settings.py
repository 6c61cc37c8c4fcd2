"""Hunter's settings for processes that a test starts: the product's own, with the toy kind of work beside the real ones."""

from __future__ import annotations

from hunter.settings import *  # noqa: F403
from hunter.settings import INSTALLED_APPS as HUNTERS_APPS
from hunter.settings import Q_CLUSTER as HUNTERS_CLUSTER

INSTALLED_APPS = [*HUNTERS_APPS, "tests.processes.toys"]
Q_CLUSTER = HUNTERS_CLUSTER | {"workers": 2, "queue_limit": 2}
LOGGING = {"version": 1, "disable_existing_loggers": False}
