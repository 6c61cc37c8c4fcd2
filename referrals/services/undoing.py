"""Taking back what a person did with a link: all is as it was, the automatic state too, unless somebody acted since."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from hunter.errors import HunterError
from hunter.transactions import retried
from hunter.versioning import StaleVersion
from leads.models import Company
from leads.services.companies import consumer_domains
from referrals.kinds import LinkOrigin, LinkStatus
from referrals.link_rules import AutomaticLink, HeldLink, NamedDomains, automatic_link
from referrals.link_state import LinkState
from referrals.models import UNDOABLE, LinkAct, LinkMove, Referral
from referrals.reading import ReferralReading
from referrals.services.candidates import reread
from referrals.services.companies import Tidings, companies_for, known_domains
from referrals.services.linking import LinkChange, LinkResult
from referrals.services.moving import Aftermath, Decision, carry, lock_companies, note, state_of


class UndoRefused(HunterError):
    """Somebody acted on the link since; an undo would take away what he decided."""

    def __init__(self, referral: Referral, newest: LinkMove | None) -> None:
        who = f"{newest.by or 'a command'}: {newest.get_act_display()}" if newest else "nobody"
        super().__init__(
            f"The link of {referral} was changed since ({who}). Nothing was undone: look at its newest state, then decide anew."
        )


@retried
@transaction.atomic(durable=True)
def undo_move(move: LinkMove, *, by: AbstractBaseUser | None, why: str = "") -> LinkResult:
    """Put the link back to where it was before the move. Raises UndoRefused if it was moved again since, StaleVersion."""
    aftermath = Aftermath()
    result = put_back(move, by=by, why=why, aftermath=aftermath)
    aftermath.ask()
    return result


def last_move(referral: Referral) -> LinkMove | None:
    """The newest move of its link, if an undo can take it back."""
    newest = LinkMove.objects.filter(referral=referral).newest_first().first()
    return newest if newest is not None and newest.act in UNDOABLE else None


def put_back(move: LinkMove, *, by: AbstractBaseUser | None, why: str, aftermath: Aftermath) -> LinkResult:
    """As `undo_move`, in the caller's transaction; what follows is left to him."""
    before = LinkState.from_json(move.before)
    seen = Referral.objects.get(pk=move.referral_id)
    reading = reread(seen, consumer_domains=consumer_domains())
    wanted = _state_to_restore(before, seen, reading)
    company = _company_of(wanted, reading)
    companies = lock_companies([seen.company_id, company.pk if company else None])
    referral = Referral.objects.select_for_update(no_key=True).get(pk=seen.pk)
    newest = LinkMove.objects.filter(referral=referral).newest_first().select_related("by").first()
    if newest is None or newest.pk != move.pk or move.act not in UNDOABLE:
        raise UndoRefused(referral, newest)
    if referral.version != seen.version:
        raise StaleVersion(referral)

    old, was = companies.get(referral.company_id), state_of(referral, reading)
    referral.company = companies[company.pk] if company else None
    referral.link_status, referral.candidates = wanted.status.value, list(wanted.candidates)
    referral.link_origin, referral.linked_by_id = before.link_origin, before.linked_by_id
    referral.linked_at = before.moment
    referral.save()
    decision = Decision(LinkAct.UNDONE, by, why)
    undone = note(referral, decision=decision, before=was, old=old, new=referral.company)
    carry(referral, reading, old=old, new=referral.company, aftermath=aftermath)
    return LinkResult(
        referral.referral_id, wanted.domain, LinkChange.UNDONE, move=undone,
        is_automatic=before.link_origin == LinkOrigin.AUTOMATIC,
    )  # fmt: skip


def _state_to_restore(before: LinkState, referral: Referral, reading: ReferralReading | None) -> AutomaticLink:
    """The link as it was. An automatic one follows what the referral names by now: a sync would have moved it (e.8)."""
    company = Company.objects.filter(pk=before.company_id).first() if before.company_id else None
    domain = company.domain if company else None
    named = NamedDomains(referral.domain, reading.contact_domains if reading else ())
    same = (named.domain, list(named.contacts)) == (before.domain, before.contact_domains)
    if not before.is_automatic or same or reading is None:
        return AutomaticLink(LinkStatus(before.link_status), domain, tuple(before.candidates))
    held = HeldLink(before.domain, domain) if domain else None
    return automatic_link(named, known=known_domains(named.candidates), held=held)


def _company_of(wanted: AutomaticLink, reading: ReferralReading | None) -> Company | None:
    """The company it goes back to; made where the referral names a new domain by now."""
    if wanted.domain is None:
        return None
    known = Company.objects.filter(domain=wanted.domain).first()
    if known is not None or reading is None:
        return known
    return companies_for([Tidings(wanted.domain, reading, earlier=None)]).by_domain[wanted.domain]
