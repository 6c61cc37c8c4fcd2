"""Moving a referral's link: the row, what hangs on it, the history, the log and what follows, all in one transaction.

Locks companies first, in key order, then the referral: the order of a sync (R3.6). The save is fenced by the version that
was read (R3.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.contrib.auth.models import AbstractBaseUser

from hunter.audit import recording
from hunter.remote.clock import database_now
from leads.models import Company
from leads.models.choices import LeadSource
from leads.services.companies import consumer_domains
from referrals.company_facts import EarlierFacts
from referrals.kinds import LinkOrigin, LinkStatus
from referrals.link_state import LinkState
from referrals.models import LinkAct, LinkMove, Referral
from referrals.reading import ReferralReading
from referrals.services.candidates import reread
from referrals.services.companies import Tidings, ask_for_next_steps, companies_for
from referrals.services.leaving import take_back


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided, who it was and why; nobody is a command on the server."""

    act: LinkAct
    by: AbstractBaseUser | None
    why: str = ""


@dataclass(slots=True)
class Aftermath:
    """The companies of which scans and pushes follow; asked for once, after all rows are written (R3.6)."""

    domains: set[str] = field(default_factory=set)
    outdated: set[str] = field(default_factory=set)

    def ask(self) -> None:
        """Ask for what follows; in the same transaction."""
        ask_for_next_steps(self.domains, outdated=frozenset(self.outdated))


@contextmanager
def kept_as_read(referral: Referral) -> Iterator[None]:
    """The object in memory is as it was read once the transaction around is rolled back, so that it can be tried again."""
    read, related = dict(referral.__dict__), dict(referral._state.fields_cache)
    try:
        yield
    except BaseException:
        referral.__dict__.update(read)
        referral._state.fields_cache = related
        raise


def tie(
    referral: Referral,
    *,
    to: Company,
    decision: Decision,
    aftermath: Aftermath,
    source: LeadSource = LeadSource.PARTNER_CENTER,
) -> LinkMove:
    """Tie the referral to the company for good. Raises StaleVersion if the referral changed since it was read."""
    old = lock_companies([referral.company_id, to.pk]).get(referral.company_id)
    reading = reread(referral, consumer_domains=consumer_domains())
    before = state_of(referral, reading)
    referral.company, referral.link_status = to, LinkStatus.LINKED.value
    hold(referral, by=decision.by)
    move = note(referral, decision=decision, before=before, old=old, new=to)
    carry(referral, reading, old=old, new=to, aftermath=aftermath, source=source)
    return move


def untie(referral: Referral, *, decision: Decision, aftermath: Aftermath) -> LinkMove:
    """Leave the referral without a company for good. Raises StaleVersion if it changed since it was read."""
    old = lock_companies([referral.company_id]).get(referral.company_id)
    reading = reread(referral, consumer_domains=consumer_domains())
    before = state_of(referral, reading)
    referral.company, referral.link_status = None, LinkStatus.UNLINKED.value
    hold(referral, by=decision.by)
    move = note(referral, decision=decision, before=before, old=old, new=None)
    carry(referral, reading, old=old, new=None, aftermath=aftermath)
    return move


def lock_companies(ids: Iterable[int | None]) -> dict[int | None, Company]:
    """The companies of these ids, locked in key order."""
    wanted = {one for one in ids if one is not None}
    rows = Company.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    return {company.pk: company for company in rows}


def state_of(referral: Referral, reading: ReferralReading | None) -> LinkState:
    """How the link stands now."""
    return LinkState(
        company_id=referral.company_id,
        link_status=referral.link_status,
        link_origin=referral.link_origin,
        linked_by_id=referral.linked_by_id,
        linked_at=referral.linked_at.isoformat() if referral.linked_at else None,
        candidates=list(referral.candidates),
        domain=referral.domain,
        contact_domains=list(reading.contact_domains) if reading else [],
    )


def hold(referral: Referral, *, by: AbstractBaseUser | None) -> None:
    """Save the link as a person's; the save is fenced by the version that was read."""
    referral.link_origin, referral.candidates = LinkOrigin.PERSON.value, []
    referral.linked_by, referral.linked_at = by, database_now()  # type: ignore[assignment]  # known at run time only
    referral.save()


def note(
    referral: Referral, *, decision: Decision, before: LinkState, old: Company | None, new: Company | None
) -> LinkMove:
    """Write the move into the link's history, and into the log of what people did."""
    left, reached = (one.domain if one else None for one in (old, new))
    recording.record(
        referral, act=AUDITED_AS[decision.act], by=decision.by, before=left, after=reached, why=decision.why
    )
    return LinkMove.objects.create(
        referral=referral,
        act=decision.act,
        by=decision.by,  # type: ignore[misc]  # the user model is only known at run time
        why=decision.why,
        from_domain=left or "",
        to_domain=reached or "",
        before=before.as_json(),
    )


AUDITED_AS = {
    LinkAct.LINKED: "relink",
    LinkAct.CREATED: "relink",
    LinkAct.UNLINKED: "unlink",
    LinkAct.UNDONE: "undo relink",
}


def carry(
    referral: Referral,
    reading: ReferralReading | None,
    *,
    old: Company | None,
    new: Company | None,
    aftermath: Aftermath,
    source: LeadSource = LeadSource.PARTNER_CENTER,
) -> None:
    """Take to the new company what the referral knows of it, and from the old one what it had of the referral alone."""
    moved = old is None or new is None or old.pk != new.pk
    if old is not None and moved and take_back(old, referral):
        aftermath.outdated.add(old.domain)
    if new is not None and reading is not None:
        earlier = None if moved else EarlierFacts(referral.company_name, referral.azure_tenant_id)
        aftermath.outdated |= companies_for([Tidings(new.domain, reading, earlier)], source=source).outdated
    named = (old.domain if old else None, new.domain if new else None, referral.domain)
    aftermath.domains |= {domain for domain in named if domain}
