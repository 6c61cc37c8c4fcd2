"""The words of the domain document as choices of model fields, written exactly as there."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from leads.classes import CommercialHeat, CommercialSegment, PriorityCategory, Segment, TechnicalHeat
from leads.providers import Provider, TenantSize


def choices_of(words: type[StrEnum]) -> list[tuple[str, str]]:
    """Stored and shown alike: the document's own words."""
    return [(word.value, word.value) for word in words]


PROVIDERS = choices_of(Provider)
TENANT_SIZES = choices_of(TenantSize)
SEGMENTS = choices_of(Segment)
TECHNICAL_HEATS = choices_of(TechnicalHeat)
COMMERCIAL_SEGMENTS = choices_of(CommercialSegment)
COMMERCIAL_HEATS = choices_of(CommercialHeat)
PRIORITY_CATEGORIES = choices_of(PriorityCategory)


class ScanState(models.TextChoices):
    """The scan statuses of b.4 with the words that sales ops read."""

    PENDING = "pending", "Not scanned yet"
    SUCCESS = "success", "Scanned"
    WHOIS_FAILED = "whois_failed", "Scanned, no registration data"
    DNS_TIMEOUT = "dns_timeout", "DNS did not answer"
    INVALID_DOMAIN = "invalid_domain", "Not a valid domain"


class TenantSizeOrigin(models.TextChoices):
    """Where a tenant size came from, the better source first (c.3)."""

    PERSON = "person", "Set by a person"
    REFERRAL = "referral", "From a referral"
    SCAN = "scan", "Estimated from the mail host"


class RegistrationSource(models.TextChoices):
    """Who told of a domain's registration (b.3)."""

    RDAP = "rdap", "RDAP"
    WHOIS = "whois", "WHOIS"


class LeadSource(models.TextChoices):
    """How a company came to Hunter."""

    CSV = "csv", "List"
    DOMAIN = "domain", "Single domain"
    WEBHOOK = "webhook", "Webhook"
    PARTNER_CENTER = "partnercenter", "Partner Center"
    PARTNER_CENTER_REFERRAL = "partner_center_referral", "Made from a referral"
