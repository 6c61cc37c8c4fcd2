"""Examples of what the API says of links; each is run by a test."""

from __future__ import annotations

from typing import Any

from referrals.api.examples import REFERRAL_ID, SITE

LINK_MOVE: dict[str, Any] = {
    "act": "linked",
    "by": "anna",
    "why": "same group",
    "from_domain": "fabrikam.example",
    "to_domain": "contoso.com",
    "happened_at": "2026-05-05T10:25:00Z",
    "can_be_undone": True,
}
LINK_HISTORY: dict[str, Any] = {"referral_id": REFERRAL_ID, "moves": [LINK_MOVE]}
UNDONE: dict[str, Any] = {
    "referral_id": REFERRAL_ID,
    "domain": "contoso.com",
    "change": "undone",
    "detail": f"Undone: {REFERRAL_ID} is linked to contoso.com by its domain, as before.",
}
NEW_RELINK: dict[str, Any] = {
    "target": "domain",
    "domain": "contoso.com",
    "filter": {"status": "New"},
    "why": "same group",
}
NEW_RELINK_OF_IDS: dict[str, Any] = {"target": "best", "referral_ids": [REFERRAL_ID]}
RELINK_ACCEPTED: dict[str, Any] = {
    "detail": "1 of 1 referrals changed.", "look_at": f"{SITE}/relinks/3/",
}  # fmt: skip
MATCHED: dict[str, Any] = {"matched": 427}
RELINK_RUN: dict[str, Any] = {
    "id": "3",
    "target": "domain",
    "domain": "contoso.com",
    "why": "same group",
    "by": "anna",
    "state": "done",
    "total": 1,
    "changed": 1,
    "unchanged": 0,
    "refused": 0,
    "undoes": None,
    "created_at": "2026-05-05T10:25:00Z",
    "finished_at": "2026-05-05T10:25:01Z",
}
RELINK_ENTRY: dict[str, Any] = {
    "referral_id": REFERRAL_ID, "state": "changed", "domain": "contoso.com", "reason": None,
}  # fmt: skip
