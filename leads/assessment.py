"""What a scan means for a company: signals, provider, score, classes, history (domain document, b.4, c, d, f.5, g.4).

Pure. The field names of the findings are the column names of the models that keep them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from leads import scoring
from leads.answers import Found, NotKnown, in_words, records_of
from leads.conclusions import conclude
from leads.confidence import confidence
from leads.providers import MxProvider, Provider, effective_provider
from leads.registration import current_registration, registration_evidence
from leads.rules import Rules
from leads.scan_answer import Registration, ScanAnswer
from leads.score_evidence import bases_of
from leads.score_range import ScoreRange, newest_facts, range_behind, range_of_newest
from leads.scoring import Score, ScoreFacts
from leads.signals import DnsSignals, HeldRecords, ScanStatus, read_signals

EVIDENCE = "evidence"
ESTIMATED = "scan"
BETTER_THAN_ESTIMATES = frozenset({"person", "referral"})


@dataclass(frozen=True, slots=True)
class ProviderFindings:
    """Who keeps the mailboxes, as a company's row has it."""

    provider: str = ""
    local_provider: str = ""
    gateway: bool = False
    tenant_size: str = ""
    tenant_size_origin: str = ""


@dataclass(frozen=True, slots=True)
class ScoreFindings:
    """Score and classes, as a company's row has them."""

    score: int
    segment: str
    technical_heat: str
    commercial_segment: str
    commercial_heat: str
    priority_category: str
    priority_label: str
    priority: int
    score_breakdown: dict[str, Any]
    segment_reason: str
    rules_version: str


@dataclass(frozen=True, slots=True)
class SignalFindings:
    """The evidence, as the row of current signals has it."""

    answers: dict[str, Any]
    mx_hosts: list[str]
    mx_root: str
    gateway_name: str
    spf: bool
    spf_record: str
    spf_includes: int
    dkim: bool
    dkim_selector: str
    dmarc_policy: str
    dmarc_coverage: int | None
    dmarc_record: str
    dmarc_inherited: bool
    addresses: list[str]
    nameservers: list[str]
    registrar: str
    registered_at: date | None
    expires_at: date | None
    registration_source: str
    evidence: dict[str, Any]
    unchanged: bool
    resolver: str
    mailboxes: dict[str, Any]
    spf_check: dict[str, Any]
    mail_policies: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of a company before a scan. `signals` is None until a scan was answered."""

    provider: ProviderFindings
    provider_by_person: bool = False
    score: int | None = None
    segment: str = ""
    signals: SignalFindings | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A difference to the scan before (g.4)."""

    what: str
    previous: Any
    current: Any


@dataclass(frozen=True, slots=True)
class Assessment:
    """All that a scan which DNS answered gives."""

    status: ScanStatus
    provider: ProviderFindings
    score: ScoreFindings
    signals: SignalFindings
    confidence: Decimal
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """DNS did not answer: nothing is overwritten, the scan is tried again (b.4).

    `newest`: what was answered nevertheless, as it is kept beside the last good evidence.
    """

    lookups: tuple[str, ...]
    reasons: tuple[str, ...]
    newest: dict[str, Any]

    @property
    def sentence(self) -> str:
        """Which lookups failed and why."""
        return f"DNS did not answer {', '.join(self.lookups).upper()} ({', '.join(self.reasons)})"


def assess(answer: ScanAnswer, *, held: Held, rules: Rules) -> Assessment | Unanswered:
    """Everything that follows from a scan, given what is known already."""
    before = held.signals
    records = HeldRecords(before.spf_record, before.dmarc_record) if before else HeldRecords()
    read = read_signals(answer.dns.evidence, held=records)
    if read.unanswered:
        newest = newest_facts(read, provider=held.provider.provider if held.provider_by_person else "")
        return Unanswered(read.unanswered, reasons_of(answer), newest | {"answers": answers_in_words(answer)})

    found = signal_findings(answer, read, before=before)
    provider = provider_findings(read.mx, held=held)
    scored = scored_by(facts_of(found, provider=provider.provider), rules=rules)
    registered = bool(found.registrar or found.expires_at or isinstance(answer.registration, Registration))
    return Assessment(
        status=ScanStatus.SUCCESS if isinstance(answer.registration, Registration) else ScanStatus.WHOIS_FAILED,
        provider=provider,
        score=scored,
        signals=found,
        confidence=confidence(
            dns_in_full=True,
            mailboxes_visible=provider.provider not in {"", Provider.UNKNOWN} and not provider.gateway,
            registered=registered,
            unchanged=found.unchanged,
        ),
        changes=changes_between(held, found, scored),
    )


def reasons_of(answer: ScanAnswer) -> tuple[str, ...]:
    """Why lookups were not answered, each reason once."""
    evidence = answer.dns.evidence
    asked = (evidence.mx, evidence.txt, evidence.dmarc, evidence.organizational_dmarc, *evidence.dkim.values())
    return tuple(dict.fromkeys(one.reason for one in asked if isinstance(one, NotKnown)))


def signal_findings(answer: ScanAnswer, read: DnsSignals, *, before: SignalFindings | None) -> SignalFindings:
    """The new evidence. Registration data that nobody could tell this time stays as it was."""
    registration = current_registration(answer.registration, before=before.evidence if before else None)
    dmarc = read.dmarc
    found = {
        "mx_hosts": list(read.mx_hosts),
        "spf": bool(read.spf),
        "spf_record": read.spf_record or "",
        "dkim": bool(read.dkim),
        "dmarc_policy": dmarc.policy.value if dmarc else "",
        "dmarc_coverage": dmarc.coverage if dmarc else None,
    }
    return SignalFindings(
        **found,  # type: ignore[arg-type]  # the names above, each with its own type
        answers=answers_in_words(answer),
        mx_root=read.mx.mx_root or "",
        gateway_name=read.mx.gateway_name or "",
        spf_includes=read.spf_includes,
        dkim_selector=read.dkim_selector or "",
        dmarc_record=dmarc.record if dmarc else "",
        dmarc_inherited=bool(dmarc and dmarc.inherited),
        addresses=list(answer.dns.addresses),
        nameservers=nameservers_of(answer, registration, before=before),
        registrar=registration.registrar[:255] if registration else "",
        registered_at=registration.created_at if registration else None,
        expires_at=registration.expires_at if registration else None,
        registration_source=registration.source.value if registration else "",
        evidence=evidence_of(answer, read) | registration_evidence(registration),
        unchanged=before is not None and all(getattr(before, name) == value for name, value in found.items()),
        resolver=answer.resolver[:255],
        **conclude(answer.dns, read).as_dict(),
    )


def nameservers_of(
    answer: ScanAnswer, registration: Registration | None, *, before: SignalFindings | None
) -> list[str]:
    """The registry's, else those that DNS names, else what was known."""
    if registration and registration.nameservers:
        return list(registration.nameservers)
    if isinstance(answer.dns.nameservers, NotKnown):
        return before.nameservers if before else []
    return list(records_of(answer.dns.nameservers))


def answers_in_words(answer: ScanAnswer) -> dict[str, Any]:
    """The state of each lookup: found, absent or not known, never confused."""
    evidence = answer.dns.evidence
    lookups = {"mx": evidence.mx, "txt": evidence.txt, "dmarc": evidence.dmarc, "ns": answer.dns.nameservers}
    told: dict[str, Any] = {name: in_words(one) for name, one in lookups.items()}
    told["dkim"] = {selector: in_words(one) for selector, one in evidence.dkim.items()}
    registration = answer.registration
    told |= {name: in_words(one) for name, one in answer.dns.beside.items()}
    told["registration"] = in_words(Found(()) if isinstance(registration, Registration) else registration)
    return told


def evidence_of(answer: ScanAnswer, read: DnsSignals) -> dict[str, Any]:
    """What was answered, as it came."""
    evidence = answer.dns.evidence
    return {
        "mx": list(records_of(evidence.mx)),
        "txt": list(records_of(evidence.txt)),
        "dmarc": list(records_of(evidence.dmarc)),
        "organizational_dmarc": list(records_of(evidence.organizational_dmarc)),
        "dkim": {selector: list(records_of(one)) for selector, one in evidence.dkim.items()},
        "beside": {name: list(records_of(one)) for name, one in answer.dns.beside.items() if records_of(one)},
        "notes": list(read.notes),
    }


def provider_findings(found: MxProvider, *, held: Held) -> ProviderFindings:
    """The provider after a scan: no mail host changes nothing, a person's word stays (c.1, e.8)."""
    known = held.provider
    if found.provider is Provider.UNKNOWN and known.provider:
        return known

    provider = (
        known.provider if held.provider_by_person else effective_provider(known=known.provider, found=found.provider)
    )
    size, origin = known.tenant_size, known.tenant_size_origin
    if found.tenant_size and origin not in BETTER_THAN_ESTIMATES:
        size, origin = found.tenant_size.value, ESTIMATED
    local = found.local_provider if provider == Provider.LOCAL else None
    return ProviderFindings(provider, local or "", found.gateway, size, origin)


def facts_of(signals: SignalFindings, *, provider: str) -> ScoreFacts:
    """What a score depends on, out of the evidence that is kept."""
    return ScoreFacts(
        mx_hosts=tuple(signals.mx_hosts),
        provider=provider or Provider.UNKNOWN.value,
        spf=bool(signals.spf),
        spf_record=signals.spf_record or None,
        dkim=bool(signals.dkim),
        dmarc_policy=signals.dmarc_policy or None,
        dkim_selector=signals.dkim_selector or None,
        dmarc_record=signals.dmarc_record or None,
    )


def range_of(held: Held, *, newest: dict[str, Any], rules: Rules) -> ScoreRange | None:
    """Where the score may lie, if it rests on something that is not known: None where it does not.

    `newest` is what the newest scan learnt where DNS did not answer it in full, else empty. A provider that a person
    has set is known.
    """
    if newest:
        return range_of_newest(newest, rules=rules)
    if held.signals is None or held.provider_by_person:
        return None
    facts = facts_of(held.signals, provider=held.provider.provider)
    # Evidence of an earlier release does not tell of mailboxes; behind a filter anybody may keep them.
    mailboxes = held.signals.mailboxes or {"behind": held.signals.gateway_name if held.provider.gateway else None}
    return range_behind(facts, mailboxes=mailboxes, rules=rules)


def scored_by(facts: ScoreFacts, *, rules: Rules) -> ScoreFindings:
    """Score and classes of these facts, as a company's row has them; each part with the record it rests on."""
    scored = scoring.score(facts, rules)
    findings = score_findings(scored)
    findings.score_breakdown[EVIDENCE] = bases_of(facts, scored.breakdown)
    return findings


def without_evidence(breakdown: Mapping[str, Any]) -> dict[str, Any]:
    """The parts and their points alone."""
    return {name: part for name, part in breakdown.items() if name != EVIDENCE}


def score_findings(scored: Score) -> ScoreFindings:
    """A score as a company's row has it."""
    classes = scored.classes
    return ScoreFindings(
        score=scored.score,
        segment=classes.segment.value,
        technical_heat=classes.technical_heat.value,
        commercial_segment=classes.commercial_segment.value,
        commercial_heat=classes.commercial_heat.value,
        priority_category=classes.priority_category.value,
        priority_label=classes.priority_label,
        priority=classes.priority,
        score_breakdown=scored.breakdown.as_dict(),
        segment_reason=scored.segment_reason,
        rules_version=scored.rules_version,
    )


def changes_between(held: Held, found: SignalFindings, scored: ScoreFindings) -> tuple[Change, ...]:
    """The differences worth keeping; the first scan has none."""
    before = held.signals
    if before is None:
        return ()
    pairs = (
        ("spf", before.spf, found.spf),
        ("dkim", before.dkim, found.dkim),
        ("dmarc", before.dmarc_policy or None, found.dmarc_policy or None),
        ("mx", before.mx_root or None, found.mx_root or None),
        ("score", held.score, scored.score),
        ("segment", held.segment or None, scored.segment),
    )
    return tuple(Change(what, old, new) for what, old, new in pairs if old != new)


def is_provider_change(previous: str, current: str) -> bool:
    """A move from one known provider to another (c.1)."""
    nobody = {"", Provider.UNKNOWN.value}
    return previous != current and previous not in nobody and current not in nobody
