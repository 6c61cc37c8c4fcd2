"""Hunter's settings for processes that a test starts: the product's own, with the toy kind of work beside the real ones."""

from __future__ import annotations

from hunter.settings import *  # noqa: F403
from hunter.settings import INSTALLED_APPS as HUNTERS_APPS

INSTALLED_APPS = [*HUNTERS_APPS, "tests.processes.toys"]
LOGGING = {"version": 1, "disable_existing_loggers": False}
