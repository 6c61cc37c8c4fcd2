"""What the tests of the API share: work that failed, and somebody who looks at it."""

from __future__ import annotations

from typing import Any

import pytest

from hunter.work.models import ErrorRecord, Item


@pytest.fixture
def failed_scan(db: None) -> ErrorRecord:
    """A scan of contoso.com that gave up."""
    Item.objects.create(kind="scan", key="contoso.com", lane="dns", attempts=4, dead_at="2026-05-05T09:12:00Z")
    return make_error(kind="scan", key="contoso.com")


def make_error(**values: Any) -> ErrorRecord:
    """An open error of one item."""
    known: dict[str, Any] = {
        "kind": "scan",
        "key": "contoso.com",
        "operation": "scan a domain",
        "service": "dns",
        "error_class": "transient",
        "message": "DNS did not answer. It is tried again by itself.",
        "gave_up": True,
    }
    return ErrorRecord.objects.create(**known | values)
