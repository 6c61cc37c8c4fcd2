"""Names of servers, as registries write them."""

from __future__ import annotations

import re

LONGEST_NAME = 253
HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?", re.IGNORECASE)


def host_name(text: str) -> str:
    """The host name, lower case and without a trailing dot; empty for what can't be one: an address, a remark."""
    name = text.strip().rstrip(".")
    return name.lower() if len(name) <= LONGEST_NAME and HOST.fullmatch(name) else ""
