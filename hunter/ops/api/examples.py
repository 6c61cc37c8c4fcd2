"""One example for each shape of the JSON; each is run by a test."""

from __future__ import annotations

from typing import Any

SITE = "https://hunter.example.com/api/v1"

ERROR: dict[str, Any] = {
    "id": "4711",
    "kind": "push_dynamics365",
    "key": "contoso.com",
    "operation": "push a lead",
    "service": "dynamics365",
    "error_class": "validation",
    "status": 400,
    "code": "0x80048d19",
    "field": "hnt_finalscore",
    "message": "Dynamics 365 refused hnt_finalscore: it expects text. Change the column or the mapping, then try again.",
    "request_id": "9a2c1f60-7d0e-4f0a-9d55-0c8e6f1b2a33",
    "correlation": "5e0f7f3c-6f5e-4f7a-8a3e-1d2c3b4a5f60",
    "attempt": 1,
    "gave_up": True,
    "times": 1,
    "context": {},
    "state": "open",
    "state_reason": None,
    "first_seen": "2026-05-05T09:12:00Z",
    "last_seen": "2026-05-05T09:12:00Z",
    "settled_at": None,
    "cause": "9f0c6b6f6c5d5f1b0d2a3e4c5b6a7988",
}
ATTEMPTS: dict[str, Any] = {
    "id": "4711",
    "next_try": None,
    "attempts": [
        {
            "number": 1,
            "began_at": "2026-05-05T09:11:59Z",
            "ended_at": "2026-05-05T09:12:00Z",
            "outcome": "dead",
            "error_class": "validation",
            "status": 400,
            "code": "0x80048d19",
            "message": "Dynamics 365 refused hnt_finalscore: it expects text.",
            "request_id": "9a2c1f60-7d0e-4f0a-9d55-0c8e6f1b2a33",
            "seconds": 0.4,
            "exchange": {
                "request": {
                    "line": "PATCH https://contoso.crm4.dynamics.com/api/data/v9.2/leads(5e0f7f3c-6f5e-4f7a-8a3e-1d2c3b4a5f60)",
                    "headers": {"if-match": 'W/"5216740"'},
                    "body": '{"telephone1": "***", "hnt_finalscore": 60}',
                },
                "answer": {"status": 400, "headers": {}, "body": '{"error": {"code": "0x80048D19"}}'},
            },
        }
    ],
}
DISMISSAL: dict[str, Any] = {"reason": "The customer left; the lead is not wanted any more."}
DISMISSAL_FILTER: dict[str, Any] = {
    "reason": "The column comes with their release on Friday.",
    "until": "7d",
    "service": "dynamics365",
    "error_class": "validation",
}
DISMISSAL_COUNTS: dict[str, Any] = {
    "detail": "1 error was put aside. The cause opens again when it is worse.",
    "matched": 1,
    "dismissed": 1,
    "run": None,
    "look_at": f"{SITE}/errors/?state=dismissed",
}
RETRY_FILTER: dict[str, Any] = {"service": "dynamics365", "error_class": "validation"}
RETRY_COUNTS: dict[str, Any] = {
    "detail": "1 will be tried within a minute.",
    "matched": 1,
    "queued": 1,
    "run": None,
    "look_at": f"{SITE}/errors/?state=retrying",
}
RETRY_ACCEPTED: dict[str, Any] = {"detail": "1 will be tried within a minute.", "look_at": f"{SITE}/errors/4711/"}
JOB: dict[str, Any] = {
    "id": "815",
    "kind": "scan",
    "key": "contoso.com",
    "lane": "dns",
    "state": "waiting",
    "priority": 0,
    "attempts": 0,
    "due_at": "2026-05-05T09:11:00Z",
    "dead_at": None,
    "last_success_at": None,
    "asked_by": "anna",
    "correlation": "5e0f7f3c-6f5e-4f7a-8a3e-1d2c3b4a5f60",
}
LANE: dict[str, Any] = {
    "lane": "dns",
    "title": "DNS",
    "state": "ok",
    "reason": None,
    "held_by": None,
    "limited_by": None,
    "limited_why": None,
    "paused_for": 0.0,
    "failing_for": 0.0,
    "limit": 10.0,
    "burst": 10,
    "slots": 64,
    "slots_taken": 0,
    "depth": 1,
    "later": 0,
    "leases": 0,
    "dead": 0,
    "oldest_age": 12.5,
    "rate": 0,
}
LIMIT: dict[str, Any] = {"limit": 9.5, "burst": 20, "why": "The CRM is slow this week."}
REASON: dict[str, Any] = {"why": "The licence ends today."}
