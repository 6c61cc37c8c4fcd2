"""The referrals that wait for a person's word, one after the other, and what he did last."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from hunter.ops.showing import list_url
from referrals.models import LinkMove, Referral, ReferralQuerySet

MOST_QUEUED = 500
UNDO_IS_OFFERED_FOR = timedelta(hours=1)


def review_queue() -> ReferralQuerySet:
    """Several candidates first, then those without a domain that a company fits, the best fit first; the newest first."""
    rows: ReferralQuerySet = Referral.objects.to_review().order_by(
        "link_status", F("hint__best_score").desc(nulls_last=True), "-updated_at_source", "-pk"
    )
    return rows


def queued() -> list[int]:
    """The first of the queue, by their keys."""
    return list(review_queue().values_list("pk", flat=True)[:MOST_QUEUED])


def following(pk: int, queue: list[int]) -> int | None:
    """The one after it; after the last one the first again."""
    others = [one for one in queue if one != pk]
    if pk not in queue or not others:
        return others[0] if others else None
    place = queue.index(pk)
    return others[place] if place < len(others) else others[0]


def review_url(*, following: int | None = None, without: int | None = None) -> str:
    """The next referral to be reviewed: the wanted one while it waits, else the first; the list when there is none left."""
    queue = [one for one in queued() if one != without]
    if not queue:
        return list_url("referrals_referral", review="1")
    return link_url(following if following in queue else queue[0], review="1")


def link_url(pk: int | None, **query: str) -> str:
    """The page on which a referral's company is chosen."""
    return f"{reverse('admin:referrals_referral_act', args=['link'])}?{urlencode({'id': pk} | query)}"


def last_of(person: Any) -> LinkMove | None:
    """What this person did last with a link, if one click may take it back."""
    recent = LinkMove.objects.filter(by=person, happened_at__gt=timezone.now() - UNDO_IS_OFFERED_FOR)
    return recent.can_be_undone().select_related("referral").newest_first().first()
