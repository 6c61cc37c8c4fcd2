"""GUIDs as the Web API takes them: with hyphens, without braces or quotes; shown in lower case."""

from __future__ import annotations

import re
from uuid import NAMESPACE_URL, uuid5

GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def read_guid(text: str) -> str | None:
    """The GUID in lower case, or None when the text is none."""
    return text.lower() if GUID.fullmatch(text) else None


def fixed_guid(name: str) -> str:
    """The same GUID for the same name, in every run: for what has no identity of its own, such as a column's metadata."""
    return str(uuid5(NAMESPACE_URL, f"urn:dataverse-simulator:{name}"))
