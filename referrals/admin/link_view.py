"""The page on which a person decides whose a referral is, alone or one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest

from hunter.ops.showing import page_url
from leads.domains import read_domain, shown_domain
from referrals.admin import link_page, referral_page, review_queue
from referrals.models import LinkMove, Referral
from referrals.services.candidates import is_private

LINK, CREATE, UNLINK, UNDO = "link", "create_company", "unlink", "undo_link"


def link_context(request: HttpRequest, referral: Referral, *, form: forms.Form | None) -> dict[str, Any]:
    """Candidates, a search, and what decides; keys 1 to 9, C, U, N and Z press the buttons."""
    search = request.GET.get("q", "")
    letters = len(search.strip())
    reviewing = bool(request.GET.get("review") or request.POST.get("review"))
    queue = review_queue.queued() if reviewing else []
    offered = link_page.choices(referral, search=search)
    wanted = (form.data.get("domain") or form.data.get("new_domain") or "") if form else ""
    return {
        "title": f"Review {queue.index(referral.pk) + 1} of {many(queue)}"
        if referral.pk in queue
        else "Link to a company",
        "referral": referral,
        "referral_url": page_url("referrals_referral", referral.pk),
        "value": referral_page.money(referral),
        "mails": [one.get("email") for one in referral.contacts if isinstance(one, dict) and one.get("email")],
        "choices": offered,
        "search": search,
        "nothing_found": letters >= link_page.SHORTEST_SEARCH and not any(one.was_searched for one in offered),
        "too_short": 0 < letters < link_page.SHORTEST_SEARCH,
        "creatable": creatable(referral, offered),
        "errors": [error for errors in form.errors.values() for error in errors] if form else [],
        "wanted": wanted,
        "private": private_domain(wanted, form),
        "why": form.data.get("why", "") if form else "",
        "reviewing": reviewing,
        "next": page_url("referrals_referral", referral.pk),
        **next_in_line(referral, queue),
        "last": undoable(review_queue.last_of(request.user)) if reviewing else None,
    }


def many(queue: list[int]) -> str:
    return f"{len(queue)}+" if len(queue) == review_queue.MOST_QUEUED else str(len(queue))


def creatable(referral: Referral, offered: list[link_page.Choice]) -> str:
    """The domain of which a company can be made: the first that is none yet."""
    domain = next((one.domain for one in offered if not one.exists), "") or referral.domain or ""
    return shown_domain(domain) if domain else ""


def private_domain(wanted: str, form: forms.Form | None) -> str:
    """The domain that a person wants and is warned of; empty where there is nothing to warn of."""
    domain = read_domain(wanted).domain if form is not None and "domain" in form.errors else None
    return domain if domain and is_private(domain) else ""


def next_in_line(referral: Referral, queue: list[int]) -> Mapping[str, Any]:
    following = review_queue.following(referral.pk, queue)
    return {"following": following, "skip_url": review_queue.link_url(following, review="1") if following else ""}


def undoable(move: LinkMove | None) -> Mapping[str, Any] | None:
    """A move as the pages show it, with what its undo button sends."""
    if move is None:
        return None
    where = shown_domain(move.to_domain) if move.to_domain else "no company"
    return {"move": move, "referral": str(move.referral), "where": where}
