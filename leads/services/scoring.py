"""Scores made anew from the evidence that is kept: after new rules, without asking anybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q

from leads import scoring
from leads.assessment import facts_of, score_findings
from leads.models import Company, Signals
from leads.models.company import CompanyQuerySet
from leads.rules import Rules, load_rules
from leads.services.company_rows import columns_of, kept_findings, put, write_companies
from leads.services.recording import ask_for_pushes

PAGE = 500


@dataclass(frozen=True, slots=True)
class ScoringReport:
    """How many companies were looked at, and how many now differ."""

    scored: int
    changed: int
    failed: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {"scored": self.scored, "changed": self.changed}

    def sentence(self) -> str:
        return f"{self.scored} companies were scored, {self.changed} of them changed."


def score_outdated(*, progress: Callable[[str], None] | None = None) -> ScoringReport:
    """Score the scanned companies that have no score, or one made by other rules than today's."""
    rules = load_rules()
    outdated = Q(score__isnull=True) | ~Q(rules_version=rules.version)
    return score_pages(scanned().filter(outdated), rules=rules, progress=progress)


def score_all(*, progress: Callable[[str], None] | None = None) -> ScoringReport:
    """Score every scanned company anew."""
    return score_pages(scanned(), rules=load_rules(), progress=progress)


def scanned() -> CompanyQuerySet:
    """Companies with evidence to score."""
    return Company.objects.filter(signals__scan_count__gt=0).exclude(scan_status="invalid_domain")


def score_pages(companies: CompanyQuerySet, *, rules: Rules, progress: Callable[[str], None] | None) -> ScoringReport:
    """Page by page over the key, each page a transaction (R3.7, R7.3)."""
    scored = changed = last = 0
    while True:
        pks = list(companies.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:PAGE])
        if not pks:
            return ScoringReport(scored, changed)
        changed += score_page(pks, rules=rules)
        scored += len(pks)
        last = pks[-1]
        if progress:
            progress(f"{scored} companies")


@transaction.atomic(durable=True)
def score_page(pks: list[int], *, rules: Rules) -> int:
    """Score these companies; how many changed. Asks for a push of those."""
    companies = list(Company.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk"))
    signals = {row.company_id: kept_findings(row) for row in Signals.objects.filter(company_id__in=pks)}
    changed = []
    for company in companies:
        facts = facts_of(signals[company.pk], provider=company.provider)
        if put(company, columns_of(score_findings(scoring.score(facts, rules)))):
            changed.append(company)
    if changed:
        write_companies(changed)
        ask_for_pushes(changed)
    return len(changed)
