"""Many referrals linked at once: kept, worked off in pages, each one fenced by its version and audited (R1.9, R1.11, R3.3).

One that is refused keeps its reason and stops no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from hunter.audit.recording import record
from hunter.crashpoints import crash_point
from hunter.errors import HunterError
from hunter.transactions import retried
from hunter.versioning import StaleVersion
from hunter.work.asking import ask
from hunter.work.models import Priority
from leads.models import Company
from leads.models.choices import LeadSource
from leads.services.companies import consumer_domains, ensure_companies
from referrals.models import LinkAct, Referral, RelinkEntry, RelinkRun, RelinkTarget
from referrals.services.candidates import candidates
from referrals.services.companies import known_domains
from referrals.services.linking import company_of, seed_of
from referrals.services.moving import Aftermath, Decision, lock_companies, tie, untie
from referrals.services.undoing import put_back

RELINK_REFERRALS = "relink_referrals"
PAGE = 50
AT_ONCE = 100  # as many are done while the person waits; more by the workers
State = RelinkEntry.State


@dataclass(frozen=True, slots=True)
class RelinkWish:
    """Where the referrals are to go, and why."""

    target: RelinkTarget
    domain: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class RelinkCounts:
    """What became of the referrals of a run, so far."""

    run: RelinkRun

    @property
    def failed(self) -> bool:
        return self.run.refused > 0

    def sentence(self) -> str:
        run = self.run
        if run.finished_at is None:
            return f"{run.total:,} referrals are linked by the workers now; the page of the run shows how far it is."
        refused = (
            f"; {run.refused:,} {'was' if run.refused == 1 else 'were'} refused, with the reason" if run.refused else ""
        )
        same = f", {run.unchanged:,} were like that already" if run.unchanged else ""
        return f"{run.changed:,} of {run.total:,} referrals changed{same}{refused}."

    def as_dict(self) -> dict[str, Any]:
        run = self.run
        return {
            "run": run.pk, "total": run.total, "changed": run.changed, "unchanged": run.unchanged, "refused": run.refused,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class RelinkPlan:
    """How many a dry run would link."""

    matched: int
    failed: bool = False

    def sentence(self) -> str:
        return f"{self.matched:,} referrals would be linked. Nothing was changed."

    def as_dict(self) -> dict[str, Any]:
        return {"matched": self.matched}


@retried
def relink_many(
    referrals: QuerySet[Referral], *, wish: RelinkWish, about: str, by: AbstractBaseUser | None, at_once: int = AT_ONCE
) -> RelinkCounts:
    """Have all of these referrals linked as wished: few at once, many by the workers. Raises HunterError.

    Each is fenced by the version that it has now. Audited as a whole and one by one.
    """
    domain = _one_company(wish) if wish.target == RelinkTarget.DOMAIN else ""
    with transaction.atomic(durable=True):
        run = RelinkRun.objects.create(target=wish.target, domain=domain, why=wish.why, by=by, about=about[:300])  # type: ignore[misc]  # the user model
        rows = referrals.order_by("pk").values_list("pk", "version").iterator(chunk_size=2000)
        RelinkEntry.objects.bulk_create(
            (RelinkEntry(run=run, referral_id=pk, version=version) for pk, version in rows), batch_size=2000
        )
        return _begun(run, by=by, at_once=at_once)


@retried
def undo_run(run: RelinkRun, *, by: AbstractBaseUser | None, why: str = "") -> RelinkCounts:
    """Put every referral of a finished run back to where it was; those that somebody acted on since are refused."""
    with transaction.atomic(durable=True):
        held = RelinkRun.objects.select_for_update().get(pk=run.pk)
        if held.finished_at is None or held.target == RelinkTarget.BACK:
            raise HunterError("Only a run that has ended can be undone, and no undo itself. Nothing was changed.")
        if RelinkRun.objects.filter(undoes=held).exists():
            raise HunterError("This run was undone already. Nothing was changed.")
        back = RelinkRun.objects.create(
            target=RelinkTarget.BACK, undoes=held, why=why, by=by, about=f"undo of run {held.pk}"
        )  # type: ignore[misc]  # as above
        changed = held.entries.filter(state=State.CHANGED).values_list("referral_id", "referral__version", "move_id")
        RelinkEntry.objects.bulk_create(
            RelinkEntry(run=back, referral_id=pk, version=version, move_id=move) for pk, version, move in changed
        )
        return _begun(back, by=by, at_once=AT_ONCE)


def _begun(run: RelinkRun, *, by: AbstractBaseUser | None, at_once: int) -> RelinkCounts:
    run.total = run.entries.count()
    run.save(update_fields=["total"])
    record(run, act="relink many", by=by, after=run.domain or run.get_target_display(), why=run.why)
    if run.total > at_once:
        asked_by = by.get_username() if by else ""
        ask(RELINK_REFERRALS, [str(run.pk)], priority=Priority.PERSON, asked_by=asked_by)
        return RelinkCounts(run)
    while not go_on(run):
        pass
    return RelinkCounts(run)


def go_on(run: RelinkRun, *, page_size: int = PAGE) -> bool:
    """The next page of a run; whether it was the last. In the caller's transaction, for a run that he has locked."""
    page = list(run.entries.filter(state=State.WAITING).select_related("move").order_by("referral_id")[:page_size])
    if page:
        _carry_out(run, page)
        counts = {state.value: sum(one.state == state for one in page) for state in State}
        run.changed += counts[State.CHANGED]
        run.unchanged += counts[State.UNCHANGED]
        run.refused += counts[State.REFUSED]
    if len(page) < page_size:
        run.finished_at = Now()
    run.save(update_fields=["changed", "unchanged", "refused", "finished_at"])
    if run.finished_at is not None:
        run.refresh_from_db(fields=["finished_at"])
    return run.finished_at is not None


def _carry_out(run: RelinkRun, page: list[RelinkEntry]) -> None:
    """Companies are made and locked first, then the referrals, each in the order of a sync (R3.6); then one after the other."""
    chosen = {entry.referral_id: entry.version for entry in page}
    seen = Referral.objects.in_bulk(list(chosen))
    goals = {pk: _goal(run, one) for pk, one in seen.items() if one.version == chosen[pk]}
    made = _make_missing(run, seen, goals) if run.target == RelinkTarget.OWN else frozenset()
    targets = Company.objects.filter(domain__in={goal for goal in goals.values() if goal}).values_list("pk", flat=True)
    before = [entry.move.before.get("company_id") for entry in page if entry.move]
    lock_companies([*(one.company_id for one in seen.values()), *targets, *before])
    rows = Referral.objects.select_for_update(no_key=True).filter(pk__in=list(chosen)).order_by("referral_id")
    referrals = {one.pk: one for one in rows}

    carrying = _Carrying(run, consumer_domains(), made, Aftermath())
    for entry in page:
        try:
            if (referral := referrals.get(entry.referral_id)) is None:
                raise HunterError("The referral is not there any more.")
            with transaction.atomic():
                _one(carrying, entry, referral, goal=goals.get(referral.pk, ""))
        except HunterError as error:
            entry.state, entry.reason = State.REFUSED, error.message
    crash_point(f"{RELINK_REFERRALS}.before_entries")
    RelinkEntry.objects.bulk_update(page, ["state", "reason", "domain", "move"])
    carrying.aftermath.ask()


@dataclass(frozen=True, slots=True)
class _Carrying:
    """A page of a run while it is carried out. `made`: the domains that were no companies before."""

    run: RelinkRun
    private: frozenset[str]
    made: frozenset[str]
    aftermath: Aftermath

    def decision(self, act: LinkAct) -> Decision:
        return Decision(act, self.run.by, self.run.why)


def _make_missing(run: RelinkRun, referrals: Mapping[int, Referral], goals: Mapping[int, str]) -> frozenset[str]:
    """Make the companies of the domains that the referrals name; the domains that were none."""
    private = consumer_domains()
    named = {goal: referrals[pk] for pk, goal in goals.items() if goal and goal not in private}
    missing = named.keys() - known_domains(named)
    ensure_companies(seed_of(named[domain], domain=domain) for domain in missing)
    return frozenset(missing)


def _one(carrying: _Carrying, entry: RelinkEntry, referral: Referral, *, goal: str) -> None:
    run, aftermath = carrying.run, carrying.aftermath
    if run.target == RelinkTarget.BACK:
        _back(run, entry, aftermath=aftermath)
        return
    referral.version = entry.version  # the save is refused when somebody changed it since it was chosen
    if run.target == RelinkTarget.NONE:
        if referral.company_id is None and referral.is_held_by_person:
            entry.state = State.UNCHANGED
        else:
            entry.move = untie(referral, decision=carrying.decision(LinkAct.UNLINKED), aftermath=aftermath)
            entry.state = State.CHANGED
        return
    if not goal:
        raise StaleVersion(referral) if _is_stale(referral) else HunterError(NO_GOAL[RelinkTarget(run.target)])
    if goal in carrying.private:
        raise HunterError(f"{goal} is a mail domain of private persons: link it by hand if that is meant.")
    _tie(carrying, entry, referral, goal=goal)


def _is_stale(referral: Referral) -> bool:
    return not Referral.objects.filter(pk=referral.pk, version=referral.version).exists()


NO_GOAL = {
    RelinkTarget.BEST: "None of its candidates is a company yet. Choose it by hand, or have the company of its own domain made.",
    RelinkTarget.OWN: "It names no company's domain.",
    RelinkTarget.DOMAIN: "The company is not there any more.",
}


def _tie(carrying: _Carrying, entry: RelinkEntry, referral: Referral, *, goal: str) -> None:
    company = company_of(goal)
    entry.domain = goal
    if referral.is_held_by_person_at(company):
        entry.state = State.UNCHANGED
        return
    is_new = goal in carrying.made
    entry.move = tie(
        referral, to=company, decision=carrying.decision(LinkAct.CREATED if is_new else LinkAct.LINKED),
        aftermath=carrying.aftermath,
        source=LeadSource.PARTNER_CENTER_REFERRAL if is_new else LeadSource.PARTNER_CENTER,
    )  # fmt: skip
    entry.state = State.CHANGED


def _back(run: RelinkRun, entry: RelinkEntry, *, aftermath: Aftermath) -> None:
    if entry.move is None:
        raise HunterError("There is nothing to undo.")
    result = put_back(entry.move, by=run.by, why=run.why, aftermath=aftermath)
    entry.move, entry.domain, entry.state = result.move, result.domain or "", State.CHANGED


def _goal(run: RelinkRun, referral: Referral) -> str:
    """The domain of the company it is to go to; empty where there is none."""
    if run.target == RelinkTarget.DOMAIN:
        return run.domain
    if run.target == RelinkTarget.OWN:
        return referral.domain or ""
    if run.target == RelinkTarget.BEST:
        return next((one.domain for one in candidates(referral) if one.company is not None), "")
    return ""


def _one_company(wish: RelinkWish) -> str:
    company = company_of(wish.domain, way_to_create="Add it under Companies first")
    if company.domain in consumer_domains():
        raise HunterError(
            f"{company.domain} is a mail domain of private persons: it identifies no company. Link such a referral by hand.",
            field="domain",
        )
    return company.domain


def finish(counts: RelinkCounts, *, progress: Callable[[str], None]) -> RelinkCounts:
    """Work a run off in this process, page after page, beside the workers who may do the same."""
    while counts.run.finished_at is None:
        next_page(counts.run)
        progress(f"{counts.run.done:,} of {counts.run.total:,}")
    return counts


@retried
def next_page(run: RelinkRun) -> None:
    """The next page in a transaction of its own; `run` tells afterwards how far it is."""
    with transaction.atomic(durable=True):
        held = RelinkRun.objects.select_for_update(no_key=True).get(pk=run.pk)
        if held.finished_at is None:
            go_on(held)
    run.refresh_from_db()
