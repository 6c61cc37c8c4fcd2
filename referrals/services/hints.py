"""Which waiting referrals a person can decide on: companies are looked for anew, in turn, and the result is kept.

A referral without a domain may belong to a company that comes later. Every such referral is looked at within a minute of
its coming or changing, and again after `AGAIN_AFTER`; what a person sees on its page is always looked for at that moment.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, Q

from referrals.kinds import LinkStatus
from referrals.models import Referral, ReferralHint, ReferralQuerySet
from referrals.services.candidates import candidates

AGAIN_AFTER = timedelta(minutes=15)
PAGE = 25  # short transactions; some 20 ms each among 100,000 companies


def due_for_a_look(now: datetime) -> ReferralQuerySet:
    """Those without a domain that nobody decided on and that were not looked at lately, the longest unseen first."""
    never, changed = Q(hint__isnull=True), Q(hint__looked_at__lt=F("updated_at"))
    old = Q(hint__looked_at__lt=now - AGAIN_AFTER)
    rows: ReferralQuerySet = Referral.objects.waiting().filter(link_status=LinkStatus.UNLINKED)
    return rows.filter(never | changed | old).order_by(F("hint__looked_at").asc(nulls_first=True), "pk")


def look_for_candidates(now: datetime, *, most: int = PAGE) -> int:
    """Look for the companies of the next referrals; how many there were. In the caller's transaction."""
    waiting = list(due_for_a_look(now)[:most])
    ReferralHint.objects.bulk_create(
        [hint_for(referral, now=now) for referral in waiting],
        update_conflicts=True, unique_fields=["referral"], update_fields=["found", "best_domain", "best_score", "looked_at"],
    )  # fmt: skip
    return len(waiting)


def hint_for(referral: Referral, *, now: datetime) -> ReferralHint:
    """What is known at this moment; a domain that is no company yet is no help for a decision."""
    known = [one for one in candidates(referral) if one.company is not None]
    best = known[0] if known else None
    return ReferralHint(
        referral=referral,
        found=len(known),
        best_domain=best.domain if best else "",
        best_score=best.score if best else 0,
        looked_at=now,
    )
