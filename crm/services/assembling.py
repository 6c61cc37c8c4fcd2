"""What Hunter knows of companies, put together for a payload: three queries for a block of any size (R7.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from crm.mapping.values import CompanyValues, read_values
from leads.models import Company, Signals
from leads.models.field_times import field_times
from referrals.aggregates import referral_figures
from referrals.company_figures import ReferralFigures

# Without times and counts: a rescan that finds nothing new must not make a push due.
EVIDENCE = (
    "mx_hosts", "mx_root", "gateway_name", "spf", "spf_record", "spf_includes", "dkim", "dkim_selector", "dmarc_policy",
    "dmarc_coverage", "dmarc_record", "dmarc_inherited", "nameservers", "registrar", "expires_at",
)  # fmt: skip
# What a mapping's value is on the company, where the CRM may change it too.
FIELDS: Mapping[str, str] = {
    "name": "name",
    "phone": "phone",
    "primary_email": "contact_emails",
    "address.line1": "address_line1",
    "address.city": "address_city",
    "address.state": "address_state",
    "address.postal_code": "address_postal_code",
    "address.country": "address_country",
}
PLAIN = (
    "domain", "name", "name_set_by_person", "provider", "local_provider", "tenant_size", "azure_tenant_id", "score",
    "segment", "technical_heat", "commercial_segment", "commercial_heat", "priority_category", "priority_label",
    "phone", "infrastructure_summary", "rules_version",
)  # fmt: skip


class Assembled:
    """What is known of one company, with the figures of its referrals."""

    def __init__(
        self,
        company: Company,
        signals: Signals | None,
        figures: ReferralFigures,
        times: Mapping[str, datetime] | None = None,
    ) -> None:
        self.company = company
        self._times = times or {}
        self.figures = figures
        self._signals = signals

    def values(self) -> CompanyValues:
        """As the API shows them. Raises ValidationError, which names the field (R4.4)."""
        return read_values(self.raw())

    def raw(self) -> dict[str, Any]:
        """The same in plain JSON types."""
        company, signals, figures = self.company, self._signals, self.figures
        known = {name: getattr(company, name) for name in PLAIN}
        return known | {
            "azure_tenant_id": company.azure_tenant_id or figures.azure_tenant_id,
            "priority": company.priority if company.is_scored else None,
            "confidence": None if company.confidence is None else float(company.confidence),
            "contact_emails": [mail for mail in company.contact_emails if not self._is_withheld(mail)],
            "phone": "" if company.phone in figures.withheld else company.phone,
            "contact": contact_of(figures),
            "address": {
                "line1": company.address_line1,
                "city": company.address_city,
                "state": company.address_state,
                "postal_code": company.address_postal_code,
                "country": company.address_country,
            },
            "sources": company.sources,
            "referral_id": figures.referral_id,
            "referral_type": figures.referral_type,
            "referral_count": figures.referral_count,
            "referral_types": figures.referral_types,
            "referral_ids": figures.referral_ids,
            "link_status": figures.link_status.value,
            "link_status_breakdown": figures.link_status_breakdown if figures.referral_count else None,
            "scan_count": signals.scan_count if signals else None,
            "signals": evidence_of(signals),
            "breakdown": company.score_breakdown or None,
        }

    def changed_at(self) -> Mapping[str, datetime]:
        """When a mapping's value last changed here, as far as it is known; a contact's belongs to his referral (f.7)."""
        return {
            value: self._times[field]
            for value, field in FIELDS.items()
            if field in self._times and getattr(self.company, field)
        }

    def _is_withheld(self, mail: object) -> bool:
        address = mail.get("email") or mail.get("value") if isinstance(mail, dict) else mail
        return isinstance(address, str) and address in self.figures.withheld


def contact_of(figures: ReferralFigures) -> dict[str, str] | None:
    """The primary referral's contact, without what he does not want to be used (e.2)."""
    if figures.contact is None:
        return None
    return {name: figures.contact.get(name) or "" for name in ("first_name", "last_name", "title", "email", "phone")}


def evidence_of(signals: Signals | None) -> dict[str, Any] | None:
    """What the last answered scan found, for the full record; None before the first."""
    if signals is None or signals.scanned_at is None:
        return None
    told = {name: getattr(signals, name) for name in EVIDENCE}
    told["expires_at"] = signals.expires_at.isoformat() if signals.expires_at else None
    return {name: value for name, value in told.items() if value not in (None, "", [])}


def assembled(companies: Iterable[Company]) -> Mapping[int, Assembled]:
    """Everything known of the companies, by their ids."""
    wanted = list(companies)
    signals = {row.company_id: row for row in Signals.objects.filter(company__in=wanted)}
    figures, times = referral_figures(wanted), field_times(wanted)
    return {
        company.pk: Assembled(company, signals.get(company.pk), figures[company.pk], times.get(company.pk))
        for company in wanted
    }
