"""What Hunter knows of a company, as the API shows it: the input of every payload (R4.4).

Types are strict: a number written as text is a fault of whoever supplied it, not something to guess at. Keys that no
column needs are ignored, so that the API may show more than the CRM is sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

LONGEST_DOMAIN = 253
DECIMAL_FORM = re.compile(r"[0-9]+(\.[0-9]+)?")
DOMAIN_FORM = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+\Z)[a-z0-9-]{2,63}")


class LeadSource(StrEnum):
    """Where a company came from, named as the raw leads are; compared exactly (f.3)."""

    REFERRAL = "partnercenter"
    REFERRAL_BY_HAND = "partner_center_referral"
    LIST = "csv"
    WEBHOOK = "webhook"
    DOMAIN = "domain"


class SyncState(StrEnum):
    """How far a company is on its way into the CRM (f.6)."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    SYNCED = "synced"
    ERROR = "error"


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _member_of(words: type[StrEnum]) -> BeforeValidator:
    def read(value: object) -> object:
        if not isinstance(value, str) or not value.strip():
            return _blank_is_none(value)
        if value not in tuple(words):
            raise ValueError(f"{value!r} is not one of {', '.join(words)}")
        return words(value)

    return BeforeValidator(read)


def _ascii_domain(value: object) -> object:
    if not isinstance(value, str) or not value.strip():
        return _blank_is_none(value)
    if len(value) > LONGEST_DOMAIN or not DOMAIN_FORM.fullmatch(value):
        raise ValueError(f"{value!r} is not a domain in its ASCII form (explain_domain shows the form)")
    return value


def _decimal(value: object) -> object:
    """A decimal may come as text: some writers of JSON keep its places that way."""
    return float(value) if isinstance(value, str) and DECIMAL_FORM.fullmatch(value) else _blank_is_none(value)


Text = Annotated[str | None, BeforeValidator(_blank_is_none)]
Confidence = Annotated[float, Field(ge=0, le=4, allow_inf_nan=False)]
Count = Annotated[int | None, Field(ge=0)]


class _Values(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class ContactEntry(_Values):
    """One entry of the contact list when it is an object: `email` counts before `value` (f.1)."""

    email: Text = None
    value: Text = None


class ContactValues(_Values):
    """The contact of the primary referral, without what he did not consent to (e.2)."""

    first_name: Text = None
    last_name: Text = None
    title: Text = None
    email: Text = None
    phone: Text = None


class AddressValues(_Values):
    """A postal address, of an import or of the primary referral."""

    line1: Text = None
    city: Text = None
    state: Text = None
    postal_code: Text = None
    country: Text = None


class CompanyValues(_Values):
    """A company's values as the API shows them; everything but the domain may be unknown."""

    domain: Annotated[str | None, BeforeValidator(_ascii_domain)] = None
    name: Text = None
    name_set_by_person: bool | None = None
    provider: Text = None
    local_provider: Text = None
    tenant_size: Text = None
    azure_tenant_id: Text = None
    score: Annotated[int | None, Field(ge=0, le=100)] = None
    segment: Text = None
    technical_heat: Text = None
    commercial_segment: Text = None
    commercial_heat: Text = None
    priority_category: Text = None
    priority_label: Text = None
    priority: Annotated[int | None, Field(ge=1, le=7)] = None
    contact_emails: tuple[str | ContactEntry | None, ...] | None = None
    primary_email: Text = None
    email: Text = None
    phone: Text = None
    contact: ContactValues | None = None
    address: AddressValues | None = None
    infrastructure_summary: Text = None
    confidence: Annotated[Confidence | None, BeforeValidator(_decimal)] = None
    sources: tuple[Annotated[LeadSource | None, _member_of(LeadSource)], ...] | None = None
    referral_id: Text = None
    referral_type: Text = None
    referral_count: Count = None
    referral_types: tuple[str, ...] | None = None
    referral_ids: tuple[str, ...] | None = None
    link_status: Text = None
    link_status_breakdown: dict[str, int] | None = None
    scan_count: Count = None
    rules_version: Text = None
    sales_summary: Text = None
    signals: dict[str, JsonValue] | None = None
    breakdown: dict[str, JsonValue] | None = None
    lead_id: Text = None
    sync_state: Annotated[SyncState | None, _member_of(SyncState)] = None
    sync_attempts: Count = None
    synced_at: datetime | None = None
    sync_error: Text = None


def read_values(raw: Mapping[str, object]) -> CompanyValues:
    """The values in plain JSON types. Raises pydantic's ValidationError; `faulty_field` names the field."""
    return CompanyValues.model_validate_json(json.dumps(raw))


def faulty_field(error: ValidationError) -> tuple[str, str]:
    """The first field that is wrong, and what is wrong with it, in one sentence."""
    first = error.errors(include_url=False)[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    place = ".".join(str(part) for part in first["loc"])
    return field, f"{place or 'The value'}: {first['msg'].removeprefix('Value error, ')}."
