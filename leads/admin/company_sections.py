"""A company's page, question by question: what was found, and how it came about."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from hunter.audit.models import AuditEntry
from hunter.ops.showing import ago, list_url, piece
from leads.admin.findings import (
    Finding,
    asked_of,
    mailboxes_finding,
    newest_words,
    of_answer,
    policy_findings,
    spf_finding,
)
from leads.admin.registration_words import registration_findings
from leads.models import Company, Signals
from leads.models.choices import LeadSource, TenantSizeOrigin
from leads.services.scan_outlook import is_under_way
from leads.suffixes import organizational_domain

MOST_CHANGES = 15


def findings(company: Company, request: HttpRequest) -> SafeString:
    """What we found. "Not known" is said apart from "no", with the reason."""
    signals = Signals.objects.filter(company=company).first()
    return piece(
        "admin/company_findings.html",
        {
            "company": company,
            "signals": signals,
            "is_asked": signals is None and is_under_way(company.domain),
            "findings": list(found(company, signals)) if signals and signals.scanned_at else [],
            "scanned": ago(signals.scanned_at) if signals else "",
            "attempted": ago(signals.attempted_at) if signals else "",
            "missed": bool(
                signals and signals.scanned_at and signals.attempted_at and signals.attempted_at > signals.scanned_at
            ),
            "newest": newest_words(signals) if signals else "",
            "notes": signals.evidence.get("notes", []) if signals else [],
        },
    )


def found(company: Company, signals: Signals) -> Iterable[Finding]:
    answers, domain = signals.answers, company.domain
    yield Finding("Provider", provider_words(company), signals.mx_hosts[0] if signals.mx_hosts else "")
    yield mailboxes_finding(signals)
    hosts = ", ".join(signals.mx_hosts) or "none: the domain receives no mail"
    yield of_answer("Mail hosts", answers.get("mx"), hosts, asked=asked_of("mx", domain))
    spf = "yes" if signals.spf else "no"
    yield of_answer("SPF", answers.get("txt"), spf, signals.spf_record, asked=asked_of("txt", domain))
    if signals.spf:
        yield spf_finding(signals)
    yield dkim(signals)
    above = organizational_domain(domain) if signals.dmarc_inherited else domain
    words, asked = dmarc_words(signals), asked_of("dmarc", above)
    yield of_answer("DMARC", answers.get("dmarc"), words, signals.dmarc_record, asked=asked)
    yield from policy_findings(signals, domain)
    yield from registration_findings(signals)
    nameservers = ", ".join(signals.nameservers) or "none"
    yield of_answer("Name servers", answers.get("ns"), nameservers, asked=asked_of("ns", domain))
    yield Finding("Size", size_words(company))


def dkim(signals: Signals) -> Finding:
    if signals.dkim:
        return Finding("DKIM", "yes", f"selector {signals.dkim_selector}")
    selectors = signals.answers.get("dkim") or {}
    unanswered = [name for name, one in selectors.items() if one.get("state") == "not_known"]
    if unanswered:
        return Finding("DKIM", f"not known: no answer for {', '.join(unanswered)}", is_known=False)
    return Finding("DKIM", "no key at the usual selectors", ", ".join(selectors))


def dmarc_words(signals: Signals) -> str:
    if not signals.dmarc_policy:
        return "no record"
    inherited = ", inherited from the domain above" if signals.dmarc_inherited else ""
    coverage = "" if signals.dmarc_coverage in {None, 100} else f" for {signals.dmarc_coverage} % of the mail"
    return f"{signals.dmarc_policy}{coverage}{inherited}"


def provider_words(company: Company) -> str:
    if not company.provider:
        return "not known"
    beside = [company.local_provider, "behind a mail filter" if company.gateway else ""]
    beside.append("set by a person" if company.provider_set_by_person else "")
    told = ", ".join(filter(None, beside))
    return f"{company.provider} ({told})" if told else company.provider


def size_words(company: Company) -> str:
    if not company.tenant_size:
        return "not known"
    return f"{company.tenant_size} ({TenantSizeOrigin(company.tenant_size_origin).label.lower()})"


def history(company: Company, request: HttpRequest) -> SafeString:
    """What changed: by scans, and by people."""
    signals = [
        (one.changed_at, one.get_what_display(), shown(one.previous), shown(one.current))
        for one in company.signal_changes.order_by("-changed_at")[:MOST_CHANGES]
    ]
    providers = [
        (one.changed_at, "Provider", one.previous, one.current)
        for one in company.provider_changes.order_by("-changed_at")[:MOST_CHANGES]
    ]
    newest = sorted([*signals, *providers], key=lambda row: row[0], reverse=True)
    people = AuditEntry.objects.filter(subject_type="leads.company", subject_id=str(company.pk)).select_related("by")
    return piece(
        "admin/company_history.html",
        {
            "company": company,
            "added": ago(company.created_at),
            "sources": [LeadSource(one).label for one in company.sources if one in LeadSource.values],
            "changes": [(ago(at), what, old, new) for at, what, old, new in islice(newest, MOST_CHANGES)],
            "people": [
                (ago(one.happened_at), one.by or "a command", one.act, people_words(one))
                for one in people[:MOST_CHANGES]
            ],
            "audit_url": list_url("audit_auditentry", subject_type="leads.company", subject_id=company.pk),
        },
    )


def people_line(entry: AuditEntry) -> tuple[SafeString, object, str, str]:
    return ago(entry.happened_at), entry.by or "a command", entry.act, people_words(entry)


def people_words(entry: AuditEntry) -> str:
    """What a person changed, field by field."""
    before, after = entry.before, entry.after
    if isinstance(before, dict) and isinstance(after, dict):
        return ", ".join(f"{name}: {before.get(name) or 'empty'} → {value or 'empty'}" for name, value in after.items())
    return entry.why


def shown(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
