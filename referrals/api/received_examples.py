"""Examples of refused rows, received webhooks and what is written to Partner Center."""

from __future__ import annotations

from typing import Any

from referrals.api.examples import REFERRAL_ID, SITE

REFUSED: dict[str, Any] = {
    "id": "31",
    "key": "row without id 5f0c1d2e3a4b4c5d",
    "reason": "The referral has no id, so it can't be stored. A later sync takes it in once Partner Center gives it one.",
    "field": "id",
    "times": 4,
    "first_refused_at": "2026-05-04T07:20:00Z",
    "last_refused_at": "2026-05-05T10:20:00Z",
    "settled_at": None,
    "settled_how": None,
}
REFUSED_RETRIED: dict[str, Any] = {
    "detail": "1 will be tried within a minute.",
    "look_at": f"{SITE}/refused-referrals/31/",
}
DELIVERY: dict[str, Any] = {
    "id": "12",
    "source": "partner-center",
    "state": "done",
    "is_verified": True,
    "event": "referral-updated",
    "referral_id": REFERRAL_ID,
    "changed_at": "2026-05-05T10:11:12Z",
    "told": None,
    "times": 1,
    "received_at": "2026-05-05T10:11:14Z",
    "last_received_at": "2026-05-05T10:11:14Z",
    "settled_at": "2026-05-05T10:11:20Z",
}
DELIVERY_RETRIED: dict[str, Any] = {
    "detail": "1 delivery is worked again within a minute.",
    "look_at": f"{SITE}/webhook-deliveries/12/",
}
WRITTEN: dict[str, Any] = {
    "referral_id": REFERRAL_ID,
    "state": "waiting",
    "told": None,
    "wanted_status": "Active",
    "wanted_substatus": "Accepted",
    "wanted_reason": None,
    "wanted_by": "anna",
    "wanted_at": "2026-05-05T11:00:00Z",
    "reference_written": None,
    "written_at": None,
}
STATUS_CHOICE: dict[str, Any] = {"step": "accept", "why": "We know the customer."}
STATUS_ACCEPTED: dict[str, Any] = {
    "detail": "Contoso mail migration will be accepted at Partner Center within a minute.",
    "look_at": f"{SITE}/referrals/{REFERRAL_ID}/",
}
KEEP_STATUS: dict[str, Any] = {"why": "The customer called."}
STATUS_KEPT: dict[str, Any] = {
    "detail": "Contoso mail migration stays as Partner Center has it.",
    "look_at": f"{SITE}/referrals/{REFERRAL_ID}/",
}
