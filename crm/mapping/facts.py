"""What a mapping may name as a column's value: a field of the company, or one of the derived facts of f.1 to f.3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pydantic import JsonValue

from crm.mapping.values import CompanyValues, ContactEntry, LeadSource

Fact = str | int | float | bool | dict[str, JsonValue] | None

M365 = "M365"
REFERRAL_SOURCES = {LeadSource.REFERRAL, LeadSource.REFERRAL_BY_HAND}
CLASSES = (
    "segment",
    "technical_heat",
    "commercial_segment",
    "commercial_heat",
    "priority_category",
    "priority_label",
    "priority",
)
AGGREGATES = (
    "referral_count",
    "referral_types",
    "referral_ids",
    "referral_id",
    "referral_type",
    "link_status",
    "link_status_breakdown",
)


def primary_email(values: CompanyValues) -> str | None:
    """The first entry of the contact list that says something, else `primary_email`, else `email` (f.1)."""
    for entry in values.contact_emails or ():
        address = entry.email or entry.value if isinstance(entry, ContactEntry) else entry
        if address and address.strip():
            return address.strip()
    return values.primary_email or values.email


def source(values: CompanyValues) -> str:
    """Partner Center, Import, Other or Manual (f.3)."""
    sources = set(values.sources or ())
    if values.referral_id or values.referral_count or sources & REFERRAL_SOURCES:
        return "Partner Center"
    if LeadSource.LIST in sources:
        return "Import"
    if LeadSource.WEBHOOK in sources:
        return "Other"
    return "Manual"


def m365_fit_score(values: CompanyValues) -> int | None:
    return values.score if values.provider == M365 else None


def phone(values: CompanyValues) -> str | None:
    return values.phone or (values.contact.phone if values.contact else None)


def full_record(values: CompanyValues) -> dict[str, JsonValue] | None:
    """Classes, referrals, breakdown and signals; in the order in which parts are given up when there is no room."""
    known = values.model_dump(mode="json", exclude_none=True)
    parts: dict[str, JsonValue] = {
        "classes": {name: known[name] for name in CLASSES if name in known},
        "referrals": {name: known[name] for name in AGGREGATES if name in known},
        "breakdown": without_evidence(known.get("breakdown")),
        "signals": known.get("signals"),
    }
    return {name: part for name, part in parts.items() if part} or None


def without_evidence(breakdown: JsonValue) -> JsonValue:
    """The breakdown without the records that its parts rest on: they stand in the signals."""
    if not isinstance(breakdown, dict):
        return breakdown
    return {name: part for name, part in breakdown.items() if name != "evidence"}


def _contact(name: str) -> Callable[[CompanyValues], Fact]:
    return lambda values: getattr(values.contact, name) if values.contact else None


def _address(name: str) -> Callable[[CompanyValues], Fact]:
    return lambda values: getattr(values.address, name) if values.address else None


def _field(name: str) -> Callable[[CompanyValues], Fact]:
    def read(values: CompanyValues) -> Fact:
        value: Fact = getattr(values, name)
        return value

    return read


PLAIN = (
    "domain",
    "name",
    "provider",
    "local_provider",
    "tenant_size",
    "azure_tenant_id",
    "score",
    "segment",
    "technical_heat",
    "commercial_segment",
    "commercial_heat",
    "priority_category",
    "priority_label",
    "priority",
    "infrastructure_summary",
    "confidence",
    "referral_id",
    "referral_type",
    "referral_count",
    "link_status",
    "rules_version",
    "sales_summary",
)

FACTS: Mapping[str, Callable[[CompanyValues], Fact]] = MappingProxyType(
    {name: _field(name) for name in PLAIN}
    | {f"contact.{name}": _contact(name) for name in ("first_name", "last_name", "title", "email", "phone")}
    | {f"address.{name}": _address(name) for name in ("line1", "city", "state", "postal_code", "country")}
    | {
        "primary_email": primary_email,
        "phone": phone,
        "source": source,
        "m365_fit_score": m365_fit_score,
        "was_rescanned": lambda values: None if values.scan_count is None else values.scan_count > 1,
        "has_referral": lambda values: bool(values.referral_id),
        "full_record": full_record,
    }
)

# Columns 14 to 19 tell of the push itself; they never make one due (f.6).
BOOKKEEPING = ("push.lead_id", "push.time", "push.attempts", "push.processing", "push.error", "push.status")

# The field of the API that a fact is read from, where the names differ; what an error names (R4.4).
FIELD_OF: Mapping[str, str] = MappingProxyType(
    {
        "primary_email": "contact_emails",
        "source": "sources",
        "m365_fit_score": "score",
        "was_rescanned": "scan_count",
        "has_referral": "referral_id",
        "full_record": "signals",
        "push.lead_id": "lead_id",
        "push.attempts": "sync_attempts",
        "push.processing": "sync_state",
        "push.time": "synced_at",
        "push.error": "sync_error",
        "push.status": "sync_state",
    }
)


def field_of(fact: str) -> str:
    return FIELD_OF.get(fact, fact.split(".", 1)[0])
