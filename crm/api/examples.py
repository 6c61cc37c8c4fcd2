"""One example for each shape of the JSON; each is run by a test."""

from __future__ import annotations

from typing import Any

SITE = "https://hunter.example.com/api/v1"
LEAD_ID = "a41f0c1d-2e3a-5b4c-8d5e-6f7000000001"

CRM_RECORD: dict[str, Any] = {
    "id": "33",
    "domain": "contoso.com",
    "crm": "dynamics365",
    "lead_id": LEAD_ID,
    "lead_url": None,
    "is_adopted": False,
    "state": "synced",
    "last_result": "created",
    "last_result_at": "2026-05-05T09:20:00Z",
    "synced_at": "2026-05-05T09:20:00Z",
    "looked_at": "2026-05-05T09:20:00Z",
    "sync_error": None,
    "has_conflict": False,
    "ever_confirmed": True,
    "generation": 0,
    "mapping_version": 1,
    "confirmed": {"companyname": "Contoso Retail"},
    "seen": {"companyname": "Contoso Retail"},
    "undecided": [],
    "look_alikes": [],
    "created_at": "2026-05-05T09:19:00Z",
}
DECISION: dict[str, Any] = {"column": "telephone1", "conflict": "c2153b07cccc9738", "keep": "here"}
REMAP: dict[str, Any] = {
    "id": "7",
    "crm": "dynamics365",
    "version": 1,
    "state": "running",
    "total": 412,
    "queued": 412,
    "moved": 120,
    "stayed": 0,
    "asked_by": "ayse",
    "started_at": "2026-05-05T09:20:00Z",
    "finished_at": None,
}
NEW_REMAP: dict[str, Any] = {"to": 1}
REMAP_ACCEPTED: dict[str, Any] = {"detail": "412 leads are moved to mapping v1.", "look_at": f"{SITE}/remaps/7/"}
PUSH_ACCEPTED: dict[str, Any] = {"detail": "1 will be pushed within a minute.", "look_at": f"{SITE}/jobs/815/"}
UNDECIDED: dict[str, Any] = CRM_RECORD | {
    "has_conflict": True,
    "undecided": [
        {"column": "telephone1", "here": "+49 30 123", "there": "+49 30 124", "conflict": DECISION["conflict"]}
    ],
}
LOOK_ALIKE_ID = "0c7e2a54-7d0f-4a55-9a2e-1f5b8f0e6d11"
PERHAPS_THERE: dict[str, Any] = CRM_RECORD | {
    "state": "review",
    "last_result": "review",
    "synced_at": None,
    "sync_error": (
        f"The CRM has a lead with this company's website, but without its domain: Contoso GmbH ({LOOK_ALIKE_ID}). Take it "
        "over, or have Hunter make a lead of its own."
    ),
    "ever_confirmed": False,
    "mapping_version": 0,
    "confirmed": None,
    "seen": None,
    "look_alikes": [
        {
            "lead_id": LOOK_ALIKE_ID,
            "name": "Contoso GmbH",
            "lead_url": f"https://contoso.crm.dynamics.com/main.aspx?pagetype=entityrecord&etn=lead&id={LOOK_ALIKE_ID}",
        }
    ],
}
TAKE_OVER: dict[str, Any] = {"lead_id": LOOK_ALIKE_ID}
KEEP_APART: dict[str, Any] = {"lead_ids": [LOOK_ALIKE_ID]}
PREVIEW: dict[str, Any] = {
    "domain": "contoso.com",
    "crm": "dynamics365",
    "due": "due",
    "mapping_version": 1,
    "checked": False,
    "payload": {"companyname": "Contoso Retail", "hnt_domain": "contoso.com"},
    "left_out": {"jobtitle": "empty"},
    "difference": [{"column": "companyname", "there": "Contoso", "here": "Contoso Retail", "winner": "crm"}],
    "detail": "A push of contoso.com would change companyname.",
}
DUE_PUSHES: dict[str, Any] = {
    "next": None,
    "previous": None,
    "results": [
        {
            "domain": "contoso.com",
            "crm": "dynamics365",
            "is_new": False,
            "refused": None,
            "difference": PREVIEW["difference"],
        }
    ],
}
TRIED_MOVE: dict[str, Any] = {
    "next": None,
    "previous": None,
    "due": 412,
    "dropped": ["hnt_provider"],
    "results": [
        {
            "domain": "contoso.com",
            "crm": "dynamics365",
            "is_new": False,
            "refused": None,
            "difference": [
                {"column": "subject", "there": "Hunter: contoso.com", "here": "Lead: contoso.com", "winner": "hunter"}
            ],
        }
    ],
}
LEAD: dict[str, Any] = {
    "sync_state": "synced",
    "sync_attempts": 0,
    "synced_at": "2026-05-05T09:20:00Z",
    "sync_error": None,
    "lead_id": LEAD_ID,
    "lead_url": None,
}
COMPANY_FIGURES: dict[str, Any] = LEAD | {"leads": [{"crm": "dynamics365"} | LEAD]}
