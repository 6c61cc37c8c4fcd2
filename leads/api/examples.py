"""One example for each shape of the JSON; each is run by a test."""

from __future__ import annotations

from typing import Any

SITE = "https://hunter.example.com/api/v1"

# The rooms above add their own members when they register them.
COMPANY: dict[str, Any] = {
    "domain": "contoso.com",
    "registrable_domain": "contoso.com",
    "name": "Contoso Retail",
    "name_set_by_person": False,
    "country": "TR",
    "phone": "+90 212 555 0100",
    "address": {"line1": None, "city": "Istanbul", "state": None, "postal_code": None, "country": "TR"},
    "contact_emails": ["anna@contoso.com"],
    "sources": ["partnercenter"],
    "provider": "Google",
    "provider_set_by_person": False,
    "local_provider": None,
    "gateway": False,
    "tenant_size": "small",
    "tenant_size_origin": "scan",
    "azure_tenant_id": None,
    "scan_status": "success",
    "scanned_at": "2026-05-05T09:15:00Z",
    "scan_count": 1,
    "signals": {
        "mx_hosts": ["aspmx.l.google.com"],
        "mx_root": "google.com",
        "gateway_name": None,
        "spf": True,
        "spf_record": "v=spf1 include:_spf.google.com ~all",
        "spf_includes": 1,
        "dkim": True,
        "dkim_selector": "google",
        "dmarc_policy": None,
        "dmarc_coverage": None,
        "dmarc_record": None,
        "dmarc_inherited": False,
        "nameservers": ["ns1.contoso.com"],
        "registrar": "Example Registrar",
        "registered_at": "2011-03-04",
        "expires_at": "2027-03-04",
        "registration_source": "rdap",
        "registration_read_at": "2026-05-05T09:15:00Z",
        "answers": {
            "mx": {"state": "found", "ttl": 300},
            "dmarc": {"state": "absent", "reason": "nxdomain", "ttl": 60},
        },
        "resolver": "9.9.9.9:53",
        "states": {
            "mx": "yes",
            "spf": "yes",
            "dkim": "yes",
            "dmarc": "no",
            "mta_sts": "no",
            "tls_rpt": "no",
            "bimi": "not_known",
        },
        "mailboxes": {
            "provider": "Google",
            "behind": None,
            "confidence": "high",
            "tenant": None,
            "rests_on": [
                {
                    "provider": "Google",
                    "asked": "MX contoso.com",
                    "record": "aspmx.l.google.com",
                    "says": "mail is delivered there",
                }
            ],
            "also": [],
            "not_answered": [],
            "sentence": "Google Workspace (high confidence)",
        },
        "spf_check": {
            "verdict": "sound",
            "lookups": 4,
            "is_exact": True,
            "over_limit": False,
            "void_lookups": 0,
            "final_all": "~",
            "faults": [],
            "not_known": [],
            "unknowable": [],
            "tree": {
                "how": "record",
                "name": "contoso.com",
                "state": "found",
                "record": "v=spf1 include:_spf.google.com ~all",
                "lookups": 1,
            },
        },
        "mail_policies": {
            "mta_sts": {"state": "no", "record": None, "note": None},
            "tls_rpt": {"state": "no", "record": None, "note": None},
            "bimi": {"state": "not_known", "record": None, "note": "servfail"},
        },
    },
    "unanswered": None,
    "score": 70,
    "score_range": None,
    "segment": "Migration",
    "technical_heat": "Hot",
    "commercial_segment": "COMPETITIVE",
    "commercial_heat": "HIGH",
    "priority_category": "P2",
    "priority_label": "Competitive Takeover",
    "priority": 1,
    "breakdown": {"provider": 50, "spf": 10, "dkim": 10},
    "segment_reason": "Google with a score of 70",
    "rules_version": "v1",
    "confidence": 3.0,
    "infrastructure_summary": "Mail: Google, SPF: yes, DKIM: yes, DMARC: none",
    "version": 3,
    "created_at": "2026-05-05T09:11:00Z",
    "updated_at": "2026-05-05T09:15:00Z",
}
COMPANY_EDIT: dict[str, Any] = {"name": "Contoso Perakende", "country": "TR", "phone": "+90 212 555 0199"}
NEW_COMPANY: dict[str, Any] = {
    "website": "https://www.fabrikam.example/about",
    "email": "anna@fabrikam.example",
    "name": "Fabrikam",
}
SCAN_ACCEPTED: dict[str, Any] = {
    "detail": "contoso.com will be scanned within a minute.",
    "look_at": f"{SITE}/scans/12/",
}
SCAN_STOPPED: dict[str, Any] = {
    "detail": "Scan 12 is paused; 940 of its domains wait until it goes on.",
    "look_at": f"{SITE}/scans/12/",
}
NEW_SCAN: dict[str, Any] = {"domains": ["contoso.com", "fabrikam.example"]}
NEW_SCAN_OF_FILTER: dict[str, Any] = {"filter": {"segment": "Cold"}, "rescan": True}
SCAN: dict[str, Any] = {
    "id": "12",
    "wanted": "contoso.com",
    "asked_by": "anna",
    "state": "running",
    "rescan": True,
    "total": 1,
    "pending": 1,
    "scanned": 0,
    "skipped": 0,
    "failed": 0,
    "cancelled": 0,
    "per_second": None,
    "seconds_left": None,
    "created_at": "2026-05-05T09:11:00Z",
}
SCAN_ENTRY: dict[str, Any] = {"domain": "contoso.com", "state": "pending", "reason": None, "finished_at": None}

RULES: dict[str, Any] = {
    "version": "1",
    "scored": 1200,
    "scored_by_others": 4,
    "rules": {
        "version": "1",
        "score": {"base": 0, "providers": {"M365": 50}, "signals": {"spf": 10}, "risks": {"no_spf": -10}},
        "segment": [{"is": "Existing", "providers": ["M365"]}, {"is": "Skip"}],
    },
}
ALERT: dict[str, Any] = {
    "id": "31",
    "type": "mx_changed",
    "domain": "contoso.com",
    "text": "The mail host changed from outlook.com to google.com.",
    "previous": "outlook.com",
    "current": "google.com",
    "state": "sent",
    "raised_at": "2026-05-06T09:15:00Z",
    "settled_at": "2026-05-06T09:15:02Z",
    "messages": [
        {
            "id": "6d0f6ad0-0d4e-4a35-9c2c-6f2c4f3f0c11",
            "method": "webhook",
            "target": "https://crm.example.com/…",
            "state": "sent",
            "tries": 1,
            "reason": None,
            "settled_at": "2026-05-06T09:15:02Z",
        }
    ],
}
