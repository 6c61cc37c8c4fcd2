"""Writing many companies at once: only rows that differ, in one statement, so that versions tell the truth."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models.expressions import DatabaseDefault

from leads.assessment import Held, ProviderFindings, ScoreFindings, SignalFindings, range_of
from leads.models import Company, Signals
from leads.rules import Rules
from leads.score_range import ScoreRange

PROVIDER_COLUMNS = tuple(field.name for field in dataclasses.fields(ProviderFindings))
SCORE_COLUMNS = tuple(field.name for field in dataclasses.fields(ScoreFindings))
SIGNAL_COLUMNS = tuple(field.name for field in dataclasses.fields(SignalFindings))
SCANNED_COLUMNS = ("scan_status", "confidence", *PROVIDER_COLUMNS, *SCORE_COLUMNS)
TIMING_COLUMNS = ("scanned_at", "attempted_at", "scan_count", "unanswered", "registration_read_at")
INSERT = """
insert into leads_company ({columns})
select {columns} from jsonb_populate_recordset(null::leads_company, %s::jsonb) order by domain
on conflict (domain) do nothing returning domain
"""


def columns_of(findings: ProviderFindings | ScoreFindings | SignalFindings) -> dict[str, Any]:
    """Findings by column; a shallow copy, because values that are lists and dicts belong to the findings alone."""
    return {field.name: getattr(findings, field.name) for field in dataclasses.fields(findings)}


def put(company: Company, values: Mapping[str, Any]) -> bool:
    """Set columns of a company in memory; whether one of them differs from what it was."""
    differing = {name: value for name, value in values.items() if getattr(company, name) != value}
    for name, value in differing.items():
        setattr(company, name, value)
    return bool(differing)


def insert_companies(companies: Sequence[Company]) -> frozenset[str]:
    """Insert companies in the order of their domains; the domains of those that nobody else has made meanwhile (R3.1, R3.2)."""
    if not companies:
        return frozenset()
    fields = [
        field
        for field in Company._meta.concrete_fields
        if not field.primary_key and not isinstance(getattr(companies[0], field.attname), DatabaseDefault)
    ]
    rows = [{field.column: getattr(company, field.attname) for field in fields} for company in companies]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(INSERT.format(columns=columns), [json.dumps(rows)])
        return frozenset(row[0] for row in cursor.fetchall())


def write_companies(companies: Iterable[Company]) -> None:
    """Write the scanned columns of companies that are locked in this transaction, in key order, in one statement."""
    Company.objects.bulk_create(
        sorted(companies, key=lambda company: company.pk),
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=list(SCANNED_COLUMNS),
    )


def write_signals(rows: Iterable[Signals]) -> None:
    """Insert or replace current signals, in key order, in one statement (R3.1)."""
    Signals.objects.bulk_create(
        sorted(rows, key=lambda row: row.company_id),
        update_conflicts=True,
        unique_fields=["company"],
        update_fields=[*SIGNAL_COLUMNS, *TIMING_COLUMNS],
    )


def held_by(company: Company, signals: Signals | None) -> Held:
    """What is known of a company before a scan."""
    answered = signals is not None and signals.scan_count > 0
    return Held(
        provider=ProviderFindings(**{name: getattr(company, name) for name in PROVIDER_COLUMNS}),
        provider_by_person=company.provider_set_by_person,
        score=company.score,
        segment=company.segment,
        signals=kept_findings(signals) if signals is not None and answered else None,
    )


def score_range_of(company: Company, signals: Signals | None, *, rules: Rules) -> ScoreRange | None:
    """Where the score of a company may lie, if it rests on something that is not known."""
    newest = signals.unanswered if signals is not None else {}
    return range_of(held_by(company, signals), newest=newest, rules=rules)


def kept_findings(signals: Signals) -> SignalFindings:
    """The evidence of a row of current signals."""
    return SignalFindings(**{name: getattr(signals, name) for name in SIGNAL_COLUMNS})
