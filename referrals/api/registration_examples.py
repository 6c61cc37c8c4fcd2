"""Examples of where Partner Center's webhooks go."""

from __future__ import annotations

from typing import Any

ADDRESS = "https://hunter.example.com/api/v1/webhooks/partner-center/"
EVENTS = [
    "referral-created",
    "referral-updated",
    "related-referral-created",
    "related-referral-updated",
    "test-created",
]
LAST_SEEN: dict[str, Any] = {
    "address": ADDRESS,
    "url": ADDRESS,
    "events": EVENTS,
    "ours": True,
    "seen_at": "2026-05-05T10:11:12Z",
    "tested_at": "2026-05-05T10:11:12Z",
    "test_told": "arrived here, and its signature was believed",
}
REPLACE: dict[str, Any] = {"replace": True}
REGISTERED: dict[str, Any] = {
    "url": ADDRESS,
    "events": EVENTS,
    "ours": True,
    "changed": True,
    "before": "https://old.example.com/webhooks/",
    "arrived": None,
    "detail": f"Hunter's address is registered now for 5 events: {ADDRESS}. Before it was https://old.example.com/webhooks/.",
}
TESTED: dict[str, Any] = {
    **REGISTERED,
    "changed": False,
    "before": None,
    "arrived": True,
    "detail": f"Hunter's address is registered for 5 events: {ADDRESS}. "
    "The test arrived here, and its signature was believed.",
}
SHOWN: dict[str, Any] = {
    **TESTED,
    "arrived": None,
    "detail": f"Hunter's address is registered for 5 events: {ADDRESS}.",
}
