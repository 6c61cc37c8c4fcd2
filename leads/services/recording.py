"""What scans found becomes rows: signals, classes, history, progress. A block of any size is a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models.functions import Now

from hunter.remote.clock import database_now
from hunter.work.asking import ask_step
from hunter.work.kinds import Step
from leads.alerting import Watched, alerts_between, comes_near, end_in_words
from leads.answers import Absent
from leads.assessment import Assessment, Unanswered, assess, is_provider_change, scored_by
from leads.classes import Segment
from leads.models import Alert, Company, ProviderChange, ScanJob, ScanJobEntry, SignalChange, Signals
from leads.models.choices import ScanState
from leads.providers import Provider
from leads.rules import Rules
from leads.scan_answer import Registration, ScanAnswer
from leads.scoring import ScoreFacts
from leads.services.alerts import alert_rows, raise_alerts, watched
from leads.services.company_rows import columns_of, held_by, put, write_companies, write_signals

NOT_ANSWERED = "DNS did not answer. What was known stays; the scan is tried again by itself."
COMPANY_GONE = "The company is not there any more."
NOT_A_DOMAIN = "This is no valid domain, so it was never looked up."


@dataclass(slots=True)
class Block:
    """The rows that a block of scans will write, collected before the first of them is written."""

    changed: list[Company] = field(default_factory=list)
    signals: list[Signals] = field(default_factory=list)
    history: list[SignalChange] = field(default_factory=list)
    moves: list[ProviderChange] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)


def record_scans(answers: Sequence[ScanAnswer], *, rules: Rules) -> Mapping[str, Assessment | Unanswered]:
    """Write what scans found; by domain, what was made of each. A domain without a company is passed over.

    Takes part in the caller's transaction. Locks companies in key order; a company in which nothing differs is not
    written, so its version stays. Asks for a push of those that changed and are worth one.
    """
    companies = locked_companies(answer.domain for answer in answers)
    known = {row.company_id: row for row in Signals.objects.filter(company__in=companies.values())}
    now = database_now()
    block, results = Block(), dict[str, Assessment | Unanswered]()
    for answer in answers:
        company = companies.get(answer.domain)
        if company is None:
            continue
        signals = known.get(company.pk)
        result = assess(answer, held=held_by(company, signals), rules=rules)
        results[answer.domain] = result
        signals = signals or Signals(company=company)
        if isinstance(result, Unanswered):
            collect_unanswered(block, company, signals, newest=result.newest, now=now)
        else:
            note_reading(signals, answer, now=now)
            collect(block, company, signals, found=result, now=now)

    write(block)
    finish_entries([domain for domain, one in results.items() if isinstance(one, Assessment)])
    fail_entries([domain for domain, one in results.items() if isinstance(one, Unanswered)], reason=NOT_ANSWERED)
    fail_entries([answer.domain for answer in answers if answer.domain not in results], reason=COMPANY_GONE)
    return results


def collect(block: Block, company: Company, signals: Signals, *, found: Assessment, now: datetime) -> None:
    """The rows of a scan that DNS answered."""
    before = company.provider
    seen_before = watched(company, signals) if signals.scan_count else None
    values = {"scan_status": found.status.value, "confidence": found.confidence}
    if put(company, values | columns_of(found.provider) | columns_of(found.score)):
        block.changed.append(company)
    if is_provider_change(before, company.provider):
        block.moves.append(ProviderChange(company=company, previous=before, current=company.provider))
    block.history += [
        SignalChange(company=company, what=one.what, previous=one.previous, current=one.current)
        for one in found.changes
    ]
    for name, value in columns_of(found.signals).items():
        setattr(signals, name, value)
    signals.scanned_at = signals.attempted_at = now
    signals.scan_count += 1
    signals.unanswered = {}
    block.signals.append(signals)
    seen_now = watched(company, signals)
    block.history += end_near(company, seen_before, seen_now)
    block.alerts += alert_rows(company, alerts_between(seen_before, seen_now))


def end_near(company: Company, before: Watched | None, after: Watched) -> list[SignalChange]:
    """That the end of the domain came near, for the history: an alert that was told is cleared away some day."""
    if before is None or not comes_near(before, after):
        return []
    what = SignalChange.What.ENDS_SOON
    return [SignalChange(company=company, what=what, previous=end_in_words(before), current=end_in_words(after))]


def note_reading(signals: Signals, answer: ScanAnswer, *, now: datetime) -> None:
    """When the registry told what is known now; what was taken over keeps the time of its reading."""
    if isinstance(answer.registration, Absent):
        signals.registration_read_at = None
    elif isinstance(answer.registration, Registration):
        signals.registration_read_at = answer.registration_read_at or now


def collect_unanswered(
    block: Block, company: Company, signals: Signals, *, newest: dict[str, Any], now: datetime
) -> None:
    """A timeout overwrites nothing: the last good signals and score stay (b.4), what was answered stands beside them."""
    if put(company, {"scan_status": ScanState.DNS_TIMEOUT.value}):
        block.changed.append(company)
    signals.attempted_at, signals.unanswered = now, newest
    block.signals.append(signals)


def write(block: Block) -> None:
    """All rows, companies first, each table in one statement; then what follows from them."""
    if block.changed:
        write_companies(block.changed)
    if block.signals:
        write_signals(block.signals)
    SignalChange.objects.bulk_create(block.history)
    ProviderChange.objects.bulk_create(block.moves)
    ask_for_pushes(block.changed)
    raise_alerts(block.alerts)


def ask_for_pushes(changed: Iterable[Company]) -> None:
    """The next step for companies that changed and are worth a push (f.6); Skip waits for a person."""
    ask_step(Step.PUSH, sorted(one.domain for one in changed if one.is_scored and one.segment != Segment.SKIP))


def record_invalid(domains: Iterable[str], *, rules: Rules) -> None:
    """Companies whose domain is no valid one: never looked up, score 0 (b.4, d.1). In the caller's transaction."""
    companies = locked_companies(domains)
    changed = []
    for company in companies.values():
        facts = ScoreFacts((), company.provider or Provider.UNKNOWN.value, spf=False, dkim=False, domain_valid=False)
        values = columns_of(scored_by(facts, rules=rules))
        if put(company, values | {"scan_status": ScanState.INVALID_DOMAIN.value}):
            changed.append(company)
    if changed:
        write_companies(changed)
    fail_entries(list(companies), reason=NOT_A_DOMAIN)


def locked_companies(domains: Iterable[str]) -> dict[str, Company]:
    """The companies of these domains, by domain, locked in key order until the transaction ends (R3.6)."""
    rows = Company.objects.select_for_update(no_key=True).filter(domain__in=sorted(set(domains))).order_by("pk")
    return {company.domain: company for company in rows}


def finish_entries(domains: Sequence[str]) -> None:
    """Mark these domains as scanned in every job that waits for them, or in which they had failed."""
    if lock_jobs_about(domains):
        waiting = ScanJobEntry.objects.unfinished().filter(domain__in=domains)
        waiting.update(state=ScanJobEntry.State.SCANNED, is_asked=False, reason="", finished_at=Now())


def fail_entries(domains: Sequence[str], *, reason: str) -> None:
    """Mark these domains as failed in every job that waits for them; a later success still counts."""
    if lock_jobs_about(domains):
        waiting = ScanJobEntry.objects.pending().filter(domain__in=domains)
        waiting.update(state=ScanJobEntry.State.FAILED, is_asked=False, reason=reason, finished_at=Now())


def lock_jobs_about(domains: Sequence[str]) -> bool:
    """Lock the jobs in which these domains are unfinished, in key order; whether there are any."""
    if not domains:
        return False
    about = ScanJobEntry.objects.unfinished().filter(domain__in=domains).values("job")
    return bool(ScanJob.objects.select_for_update(no_key=True).filter(pk__in=about).order_by("pk"))
