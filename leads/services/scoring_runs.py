"""Scoring runs that a person asks for: kept, in chunks, with progress (R1.9, R1.11)."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models.functions import Now

from hunter.audit.recording import record
from hunter.work.asking import ask
from hunter.work.models import Priority
from leads.models import ScoringRun
from leads.rescoring import Tally
from leads.rules import Rules, load_rules
from leads.services.scoring import PAGE, key_pages, scanned, score_page, scored_anew

SCORE_COMPANIES = "score_companies"
TALLIED = (
    "looked", "changed", "score_changed", "segment_changed", "category_changed", "priority_changed", "moves", "examples",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScoringStarted:
    """A run that goes on now; `joined` when it was going on already."""

    run: ScoringRun
    joined: bool


def start_scoring(*, applies: bool, by: AbstractBaseUser) -> ScoringStarted:
    """Have every scanned company scored anew, or tried; one run of each kind at a time. Audited. Raises RulesRefused."""
    rules = load_rules()
    with transaction.atomic(durable=True):
        run, is_new = ScoringRun.objects.get_or_create(
            applies=applies, finished_at=None,
            defaults={"rules_version": rules.version, "total": scanned().count(), "asked_by": by.get_username()},
        )  # fmt: skip
        ask(SCORE_COMPANIES, [str(run.pk)], priority=Priority.PERSON, asked_by=by.get_username())
        if is_new:
            record(run, act="score all" if applies else "try the rules", by=by, after=f"rules {rules.version}")
    return ScoringStarted(run, joined=not is_new)


def go_on(run: ScoringRun, *, rules: Rules, page_size: int = PAGE) -> bool:
    """The next page of a run; whether it was the last. In the caller's transaction.

    A run that began with other rules begins anew: its figures are those of one version only.
    """
    if run.rules_version != rules.version:
        begin_anew(run, rules=rules)
    pks = next(key_pages(scanned().filter(pk__gt=run.last_key), page_size=page_size), None)
    if pks is None:
        run.finished_at = Now()
        run.save(update_fields=["finished_at"])
        return True

    tally = Tally(**{name: getattr(run, name) for name in TALLIED})
    if run.applies:
        tally.add(score_page(pks, rules=rules).differences)
    else:
        tally.add(one for one, _, _ in scored_anew(pks, rules=rules))
    for name in TALLIED:
        setattr(run, name, getattr(tally, name))
    run.last_key = pks[-1]
    run.save(update_fields=["last_key", *TALLIED])
    return False


def begin_anew(run: ScoringRun, *, rules: Rules) -> None:
    """Forget what was counted by other rules."""
    fresh = Tally()
    for name in TALLIED:
        setattr(run, name, getattr(fresh, name))
    run.rules_version, run.last_key = rules.version, 0
    run.save(update_fields=["rules_version", "last_key", *TALLIED])
