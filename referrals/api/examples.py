"""One example for each shape of the JSON; each is run by a test."""

from __future__ import annotations

from typing import Any

SITE = "https://hunter.example.com/api/v1"
REFERRAL_ID = "5f0c1d2e-3a4b-4c5d-8e6f-700000000001"

CONTACT: dict[str, Any] = {"first_name": "Anna", "last_name": "Berg", "email": "anna@contoso.com", "phone": ""}
REFERRAL: dict[str, Any] = {
    "referral_id": REFERRAL_ID,
    "engagement_id": "9b1c2d3e-4f50-4a6b-8c7d-800000000001",
    "external_reference_id": None,
    "name": "Contoso - mail migration",
    "api_type": "Shared",
    "qualification": "Direct",
    "direction": "Incoming",
    "referral_type": "co-sell",
    "status": "New",
    "substatus": "Pending",
    "status_reason": None,
    "customer_name": "Contoso Retail",
    "company_name": "Contoso Retail",
    "customer_country": "TR",
    "customer_size": "10to50employees",
    "contacts": [CONTACT],
    "consent": {"contact": True},
    "deal_value": "24000.00",
    "currency": "USD",
    "notes": None,
    "closing_date": None,
    "azure_tenant_id": None,
    "created_at_source": "2026-05-04T07:08:09Z",
    "updated_at_source": "2026-05-05T10:11:12Z",
    "expires_at_source": None,
    "accepted_at_source": None,
    "domain": "contoso.com",
    "raw_domain": "anna@contoso.com",
    "domain_source": "team",
    "company": "contoso.com",
    "link_status": "auto_linked",
    "link_origin": "automatic",
    "linked_by": None,
    "linked_at": None,
    "candidates": [],
    "warnings": [],
    "vanished_at": None,
    "version": 2,
    "created_at": "2026-05-05T10:20:00Z",
    "updated_at": "2026-05-05T10:20:01Z",
    "synced_at": "2026-05-05T10:20:00Z",
}
RELINK: dict[str, Any] = {"domain": "fabrikam.example", "create": True}
LINK_RESULT: dict[str, Any] = {
    "referral_id": REFERRAL_ID,
    "domain": "fabrikam.example",
    "change": "created",
    "detail": f"fabrikam.example was made a company, and {REFERRAL_ID} is linked to it. It is scanned next.",
}
CANDIDATES: dict[str, Any] = {
    "referral_id": REFERRAL_ID,
    "candidates": [
        {
            "domain": "contoso.com",
            "name": "Contoso Retail",
            "is_company": True,
            "score": 95,
            "reason": "same mail domain; name 94 % alike; same country",
            "reasons": [
                {"clue": "named_domain", "words": "same mail domain"},
                {"clue": "similar_name", "words": "name 94 % alike"},
                {"clue": "same_country", "words": "same country"},
            ],
        }
    ],
}
SYNC_WISH: dict[str, Any] = {"full": True}
SYNC_ACCEPTED: dict[str, Any] = {"detail": "The sync begins within a minute.", "look_at": f"{SITE}/sync-runs/7/"}
SYNC_PAUSED: dict[str, Any] = {
    "detail": "Sync 7 is paused behind page 2. Until it goes on, or is cancelled, no sync begins.",
    "look_at": f"{SITE}/sync-runs/7/",
}
SYNC_RUN: dict[str, Any] = {
    "id": "7",
    "account": "partner_center",
    "mode": "full",
    "state": "running",
    "since": None,
    "pages": 2,
    "fetched": 200,
    "created": 196,
    "updated": 0,
    "unchanged": 0,
    "skipped": 3,
    "skipped_by_reason": {"direction": 3},
    "linked": 190,
    "unlinked": 6,
    "failed": 1,
    "seconds_left": 12,
    "vanish_check": None,
    "missing": 0,
    "vanished": 0,
    "restarts": 0,
    "started_at": "2026-05-05T10:20:00Z",
    "finished_at": None,
    "asked_by": "anna",
    "halted_by": None,
    "correlation": None,
    "watermark": None,
    "error": None,
    "then_full": False,
    "then_full_by": None,
}
COMPANY_FIGURES: dict[str, Any] = {
    "referral_id": REFERRAL_ID,
    "referral_type": "co-sell",
    "referral_count": 1,
    "referral_types": ["co-sell"],
    "referral_ids": [REFERRAL_ID],
    "link_status": "linked",
    "link_status_breakdown": {"linked": 1, "unlinked": 0},
    "contact": CONTACT,
}
PREVIEWED_ROW: dict[str, Any] = {
    "id": "812",
    "would_be": "created",
    "key": REFERRAL_ID,
    "name": "Contoso mail migration",
    "told": "linked to contoso.com",
}
