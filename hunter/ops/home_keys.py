"""Under which names the home page keeps what it saw."""

from __future__ import annotations

HOME, BADGES = "home", "badges"
HOME_KEYS = (HOME, BADGES)
