"""Scores made anew from the evidence that is kept: after new rules, without asking anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q

from leads.assessment import ScoreFindings, facts_of, scored_by, without_evidence
from leads.models import Company, Signals
from leads.models.company import CompanyQuerySet
from leads.rescoring import Difference, Standing, Tally
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


@dataclass(frozen=True, slots=True)
class DryRunReport:
    """What scoring anew would change; nothing was written."""

    tally: Tally
    rules_version: str
    failed: bool = False

    def as_dict(self) -> dict[str, Any]:
        told: dict[str, Any] = {"scored": self.tally.looked, "rules_version": self.rules_version, "dry_run": True}
        return told | dict(self.tally.counts()) | {"segments": self.tally.moves, "companies": self.tally.examples}

    def sentence(self) -> str:
        tally = self.tally
        if not tally.looked:
            return (
                f"No company waits for the rules {self.rules_version}: each is scored by them. --all looks at all anew."
            )
        told = [
            f"With the rules {self.rules_version}, {tally.changed:,} of {tally.looked:,} companies would change: "
            f"{tally.score_changed:,} the score, {tally.segment_changed:,} the segment, "
            f"{tally.category_changed:,} the category, {tally.priority_changed:,} the priority. Nothing was written."
        ]
        told += [
            f"  {before} → {after}: {count:,}"
            for before, row in sorted(tally.moves.items())
            for after, count in sorted(row.items())
            if before != after
        ]
        told += [line(one) for one in tally.examples]
        return "\n".join(told)


def line(example: dict[str, Any]) -> str:
    """One company that would change, like: contoso.com: 70 Existing P4 3 → 65 Existing P3 4."""
    before, after = (" ".join(str(one) for one in example[side].values() if one is not None) for side in SIDES)
    return f"  {example['domain']}: {before or 'not scored'} → {after}"


SIDES = ("before", "after")


def score_outdated(*, progress: Callable[[str], None] | None = None) -> ScoringReport:
    """Score the scanned companies that have no score, or one made by other rules than today's."""
    rules = load_rules()
    return score_pages(outdated(rules), rules=rules, progress=progress)


def score_all(*, progress: Callable[[str], None] | None = None) -> ScoringReport:
    """Score every scanned company anew."""
    return score_pages(scanned(), rules=load_rules(), progress=progress)


def try_scores(*, every: bool, most_examples: int, progress: Callable[[str], None] | None = None) -> DryRunReport:
    """What scoring anew would change, of every scanned company or of those whose score other rules made."""
    rules, tally = load_rules(), Tally()
    for pks in key_pages(scanned() if every else outdated(rules)):
        tally.add((one for one, _, _ in scored_anew(pks, rules=rules)), most_examples=most_examples)
        if progress:
            progress(f"{tally.looked} companies")
    return DryRunReport(tally, rules.version)


def scanned() -> CompanyQuerySet:
    """Companies with evidence to score."""
    return Company.objects.filter(signals__scan_count__gt=0).exclude(scan_status="invalid_domain")


def outdated(rules: Rules) -> CompanyQuerySet:
    """Scanned companies without a score, or with one that other rules made."""
    return scanned().filter(Q(score__isnull=True) | ~Q(rules_version=rules.version))


def key_pages(companies: CompanyQuerySet, *, page_size: int = PAGE) -> Iterator[list[int]]:
    """The keys of the companies, page by page: no cursor is held open (R7.3)."""
    last = 0
    while pks := list(companies.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:page_size]):
        yield pks
        last = pks[-1]


def score_pages(companies: CompanyQuerySet, *, rules: Rules, progress: Callable[[str], None] | None) -> ScoringReport:
    """Page by page over the key, each page a transaction (R3.7)."""
    scored = changed = 0
    for pks in key_pages(companies):
        with transaction.atomic(durable=True):
            changed += score_page(pks, rules=rules).changed
        scored += len(pks)
        if progress:
            progress(f"{scored} companies")
    return ScoringReport(scored, changed)


@dataclass(frozen=True, slots=True)
class PageScored:
    """A page of companies with their new scores: how each stood and stands, and how many changed."""

    differences: tuple[Difference, ...]
    changed: int


def score_page(pks: list[int], *, rules: Rules) -> PageScored:
    """Score these companies and ask for a push of those that changed. In the caller's transaction, in key order.

    A score that only names other records than before is written, but is no change.
    """
    differences, written, changed = [], [], []
    for difference, company, findings in scored_anew(pks, rules=rules, locked=True):
        differences.append(difference)
        values = columns_of(findings)
        if is_changed(company, values):
            changed.append(company)
        if put(company, values):
            written.append(company)
    if written:
        write_companies(written)
    ask_for_pushes(changed)
    return PageScored(tuple(differences), len(changed))


def is_changed(company: Company, values: Mapping[str, Any]) -> bool:
    """Whether score, classes, reason or version differ, or a part of the score."""
    breakdown = without_evidence(company.score_breakdown) != without_evidence(values["score_breakdown"])
    return breakdown or any(getattr(company, name) != one for name, one in values.items() if name != "score_breakdown")


def scored_anew(
    pks: list[int], *, rules: Rules, locked: bool = False
) -> Iterator[tuple[Difference, Company, ScoreFindings]]:
    """Each of these companies with the score it gets by the rules; `locked` until the transaction ends."""
    rows = Company.objects.select_for_update(no_key=True) if locked else Company.objects.all()
    companies = list(rows.filter(pk__in=pks).order_by("pk"))  # before the signals, so that these are not older
    signals = {row.company_id: kept_findings(row) for row in Signals.objects.filter(company_id__in=pks)}
    for company in companies:
        findings = scored_by(facts_of(signals[company.pk], provider=company.provider), rules=rules)
        yield Difference(company.domain, standing_of(company), standing_by(findings)), company, findings


def standing_of(company: Company) -> Standing:
    """How a company stands now; its priority says nothing before the first score."""
    priority = company.priority if company.is_scored else None
    return Standing(company.score, company.segment, company.priority_category, priority)


def standing_by(findings: ScoreFindings) -> Standing:
    """How it would stand."""
    return Standing(findings.score, findings.segment, findings.priority_category, findings.priority)
