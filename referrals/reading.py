"""A row of Partner Center -> everything that Hunter keeps of it (domain document e.2)."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from referrals.admission import Admission, admission
from referrals.classification import referral_type
from referrals.contract import Member, PartnerCenterReferral, UnreadableReferral, read_contract
from referrals.extraction import contact_domains, find_domain

READING_VERSION = "1"  # part of the hash: rows are read anew when the way they are read changes
LONGEST_ID = 255
LARGEST_DEAL = Decimal(10) ** 13
CENT = Decimal("0.01")
# What PostgreSQL stores in no text, as json.dumps writes it: NUL, and half of a surrogate pair, which is no emoji.
HALF_PAIR = re.compile(r"\\ud[89ab]..(?!\\ud[c-f])|(?<!\\ud[89ab]..)\\ud[c-f]")
NO_NUMBERS = ("NaN", "Infinity")  # in JSON
as_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
UNSTORABLE_LETTER = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ReferralFields:
    """The columns of a referral that follow Partner Center's newest answer, by their names in the table."""

    referral_id: str
    engagement_id: str
    external_reference_id: str
    name: str
    api_type: str
    qualification: str
    direction: str
    referral_type: str | None
    status: str
    substatus: str
    status_reason: str
    customer_name: str
    company_name: str
    customer_country: str
    customer_size: str
    contacts: list[dict[str, Any]]
    consent: dict[str, bool | None]
    deal_value: Decimal | None
    currency: str
    notes: str
    closing_date: date | None
    azure_tenant_id: str
    created_at_source: datetime | None
    updated_at_source: datetime | None
    expires_at_source: datetime | None
    accepted_at_source: datetime | None
    etag: str
    domain: str | None
    raw_domain: str | None
    domain_source: str
    raw_data: dict[str, Any]
    raw_json: str  # raw_data, written once for all who store it; no column of its own
    content_hash: str
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class ReferralReading:
    """A row as it was understood: taken in or not, its columns, and the company domains its contacts name."""

    referral: PartnerCenterReferral
    admission: Admission
    fields: ReferralFields
    contact_domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StorableRow:
    """A row as PostgreSQL takes it, the hash of what was sent, and a warning where something was replaced."""

    sent: Any
    raw: Any
    raw_json: str
    content_hash: str
    warnings: tuple[str, ...] = ()

    @property
    def given_id(self) -> str:
        """Its id, where it is plainly there."""
        ident = self.raw.get("id") if isinstance(self.raw, dict) else None
        return ident.strip() if isinstance(ident, str) else ""


def read_referral(row: object, *, consumer_domains: AbstractSet[str]) -> ReferralReading:
    """Everything that Hunter keeps of the row. Raises UnreadableReferral for what is no referral at all."""
    return read_storable(storable(row), consumer_domains=consumer_domains)


def read_storable(row: StorableRow, *, consumer_domains: AbstractSet[str]) -> ReferralReading:
    """As `read_referral`, of a row that was made storable before."""
    reading = read_contract(row.raw)
    referral = reading.referral
    warnings = [*row.warnings, *reading.warnings]
    return ReferralReading(
        referral,
        admission(referral),
        _fields(referral, row, warnings=warnings, consumer_domains=consumer_domains),
        contact_domains(referral, consumer_domains=consumer_domains),
    )


def storable(row: object) -> StorableRow:
    """The row without what PostgreSQL can't store, and the hash of its content. Raises UnreadableReferral."""
    try:
        text = as_json(row)
        content_hash = hashlib.sha256(f"{READING_VERSION}:{text}".encode()).hexdigest()
        if not _may_be_unstorable(text):
            return StorableRow(row, row, text, content_hash)
        cleaned = _without_unstorable(row)
    except RecursionError as error:
        raise UnreadableReferral("The row is nested too deeply to be stored.") from error
    if cleaned == row:
        return StorableRow(row, row, text, content_hash)
    replaced = "the row has characters or numbers that can't be stored; they were replaced"
    return StorableRow(row, cleaned, as_json(cleaned), content_hash, (replaced,))


def _may_be_unstorable(text: str) -> bool:
    if "\\u0000" in text or any(word in text for word in NO_NUMBERS):
        return True
    return "\\ud" in text and HALF_PAIR.search(text) is not None


def _without_unstorable(value: object) -> object:
    if isinstance(value, str):
        return UNSTORABLE_LETTER.sub("\ufffd", value)
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, list):
        return [_without_unstorable(member) for member in value]
    if isinstance(value, dict):
        return {_without_unstorable(name): _without_unstorable(member) for name, member in value.items()}
    return value


def _fields(
    referral: PartnerCenterReferral,
    row: StorableRow,
    *,
    warnings: list[str],
    consumer_domains: AbstractSet[str],
) -> ReferralFields:
    customer, details = referral.customer_profile, referral.details
    found = find_domain(referral, consumer_domains=consumer_domains)
    kind = referral_type(referral)
    customer_name = _one_line(customer.name)
    return ReferralFields(
        referral_id=_referral_id(referral),
        engagement_id=_identifier(referral.engagement_id, "engagementId", warnings),
        external_reference_id=_identifier(referral.external_reference_id, "externalReferenceId", warnings),
        name=_one_line(referral.name),
        api_type=referral.type[:50],
        qualification=referral.qualification[:50],
        direction=referral.direction[:50],
        referral_type=kind.value if kind else None,
        status=(referral.status or referral.state)[:50],
        substatus=referral.substatus[:50],
        status_reason=referral.status_reason,
        customer_name=customer_name,
        company_name=customer_name or _one_line(referral.company_name or referral.company_name_too),
        customer_country=customer.address.country[:100],
        customer_size=customer.size[:50],
        contacts=_contacts(referral),
        consent=referral.consent.model_dump(),
        deal_value=_money(details.deal_value, warnings),
        currency=details.currency[:10],
        notes=details.notes,
        closing_date=details.closing_date_time.date() if details.closing_date_time else None,
        azure_tenant_id=_identifier(_tenant_id(referral), "azureTenantId", warnings),
        created_at_source=referral.created_date_time,
        updated_at_source=referral.updated_date_time,
        expires_at_source=referral.expiration_date_time,
        accepted_at_source=referral.accepted_date_time,
        etag=_identifier(referral.etag, "eTag", warnings),
        domain=found.domain if found else None,
        raw_domain=found.raw[:255] if found else None,
        domain_source=found.source.value if found else "",
        raw_data=row.raw,
        raw_json=row.raw_json,
        content_hash=row.content_hash,
        warnings=warnings,
    )


def _referral_id(referral: PartnerCenterReferral) -> str:
    if len(referral.id) > LONGEST_ID:
        raise UnreadableReferral(f"The id has {len(referral.id)} characters; {LONGEST_ID} are the most.", field="id")
    return referral.id


def _identifier(text: str, name: str, warnings: list[str]) -> str:
    """An id is whole or not there at all: a cut one would name something else."""
    if len(text) <= LONGEST_ID:
        return text
    warnings.append(f"{name}: {len(text)} characters where {LONGEST_ID} are the most")
    return ""


def _one_line(text: str) -> str:
    """Names come with HTML entities and line breaks (contract section 3)."""
    return " ".join(html.unescape(text).replace("\x00", " ").split())[:255]


def _money(amount: Decimal | None, warnings: list[str]) -> Decimal | None:
    if amount is None:
        return None
    try:
        rounded = amount.quantize(CENT, rounding=ROUND_HALF_UP)
    except InvalidOperation:
        rounded = LARGEST_DEAL
    if abs(rounded) < LARGEST_DEAL:
        return rounded
    warnings.append("details.dealValue: too large to be an amount")
    return None


def _tenant_id(referral: PartnerCenterReferral) -> str:
    ids = (entry.id for entry in referral.customer_profile.ids if "tenant" in entry.profile_type.lower())
    return next(filter(None, (referral.azure_tenant_id, referral.azure_tenant_id_too, *ids)), "")


def _contacts(referral: PartnerCenterReferral) -> list[dict[str, Any]]:
    people = [_contact(member) for member in (referral.contact, *referral.customer_profile.team)]
    return [person for person in people if any(person.values())]


def _contact(member: Member) -> dict[str, Any]:
    return {
        "first_name": member.first_name,
        "last_name": member.last_name,
        "email": member.email.lower(),
        "phone": member.phone_number,
        "title": member.title,
        "locale": member.contact_preference.locale,
        "disable_notifications": member.contact_preference.disable_notifications,
    }
