"""A referral's page: where is my lead? Each step with its time and what it did; the one it stands at is marked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hunter.ops.showing import ago, link, list_url, outside_link, page_url, piece
from hunter.work.models import Item
from leads.domains import shown_domain
from leads.models import Signals
from leads.models.choices import ScanState
from leads.scan_kind import SCAN
from referrals.models import UNDOABLE, LinkAct, LinkMove, Referral, SyncPage

MOST_MOVES = 20
LONGEST_PAGE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """A step on the way from Partner Center to the CRM."""

    title: str
    done: bool
    words: SafeString | str
    at: datetime | None = None
    next_try: datetime | None = None
    stands_here: bool = False


Steps = Callable[[Referral, HttpRequest], Iterable[TimelineStep]]
later_steps: list[Steps] = []


def timeline(referral: Referral, request: HttpRequest) -> list[TimelineStep]:
    """All steps in order; the first that is not done is where it stands."""
    steps = [*own_steps(referral), *(step for more in later_steps for step in more(referral, request))]
    first_open = next((number for number, step in enumerate(steps) if not step.done), None)
    return [replace(step, stands_here=number == first_open) for number, step in enumerate(steps)]


def own_steps(referral: Referral) -> Iterable[TimelineStep]:
    yield TimelineStep("Arrived", done=True, words=arrival(referral), at=referral.created_at)
    if referral.domain:
        words = f"{shown_domain(referral.domain)}, out of the {referral.get_domain_source_display().lower()}"
        yield TimelineStep("Domain read", done=True, words=words)
    else:
        yield TimelineStep("Domain read", done=referral.is_linked, words="it names no company's domain")
    yield linked_step(referral)
    yield from scan_steps(referral)


def arrival(referral: Referral) -> SafeString | str:
    """The page of the sync that it came on, as long as that is kept; both are written in one transaction."""
    then = (referral.created_at, referral.created_at + LONGEST_PAGE)
    page = SyncPage.objects.filter(read_at__range=then, created__contains=[referral.pk]).first()
    if page is None:
        return "from Partner Center"
    run = link(f"sync {page.run_id}", page_url("referrals_syncrun", page.run_id))
    return format_html("on page {} of {}", f"{page.number:,}", run)


def linked_step(referral: Referral) -> TimelineStep:
    company, newest = referral.company, referral.link_moves.newest_first().first()
    why = f": {newest.why}" if newest and newest.why and referral.is_held_by_person else ""
    if company is None:
        words = "several candidates: a person decides" if referral.link_status == "multi_candidate" else "no company"
        if referral.is_held_by_person:
            words = f"left without a company by {referral.linked_by or 'a person'}{why}"
        return TimelineStep("Linked", done=False, words=words, at=referral.linked_at)
    how = f"by {referral.linked_by or 'a person'}{why}" if referral.is_held_by_person else "by its domain"
    words = format_html(
        'to <a class="h-link" href="{}">{}</a>, {}', page_url("leads_company", company.pk), company.display_name, how
    )
    return TimelineStep("Linked", done=True, words=words, at=referral.linked_at)


def scan_steps(referral: Referral) -> Iterable[TimelineStep]:
    """What its company's domain says, and what Hunter makes of it."""
    company = referral.company
    if company is None:
        yield TimelineStep("Scanned", done=False, words="follows once it has a company")
        yield TimelineStep("Scored", done=False, words="")
        return
    at = Signals.objects.filter(company=company).values_list("scanned_at", flat=True).first()
    item = Item.objects.filter(kind=SCAN, key=company.domain).first()
    tries = f", {item.attempts} {'try' if item.attempts == 1 else 'tries'} so far" if item and item.attempts else ""
    found = company.scan_status == ScanState.SUCCESS and company.get_provider_display()
    words = f"{found or company.get_scan_status_display()}{tries}"
    yield TimelineStep(
        "Scanned", done=at is not None, words=words, at=at, next_try=item.due_at if item and at is None else None
    )
    if company.score is None:
        yield TimelineStep("Scored", done=False, words="")
        return
    words = f"score {company.score}, {company.segment}, {company.priority_category} {company.priority_label}"
    yield TimelineStep("Scored", done=True, words=words, at=at)


def sections(referral: Referral, request: HttpRequest) -> Iterable[SafeString]:
    """The time line, what Partner Center says, the company's other referrals."""
    yield piece(
        "admin/referral_timeline.html",
        {
            "steps": [
                (step, ago(step.at) if step.at else "", ago(step.next_try) if step.next_try else "")
                for step in timeline(referral, request)
            ]
        },
    )
    yield from moves_section(referral, request)
    yield piece(
        "admin/referral_facts.html",
        {
            "referral": referral,
            "value": money(referral),
            "received": ago(referral.created_at_source),
            "updated": ago(referral.updated_at_source),
            "synced": ago(referral.synced_at),
            "vanished": shown_time(referral.vanished_at),
            "contacts": [contact for contact in referral.contacts if isinstance(contact, dict)],
            "raw": json.dumps(referral.raw_data, indent=2, ensure_ascii=False),
            "there": partner_center_link(referral),
            "audit_url": list_url("audit_auditentry", subject_type="referrals.referral", subject_id=referral.pk),
        },
    )
    others = (
        Referral.objects.filter(company=referral.company).exclude(pk=referral.pk).order_by("-updated_at_source")[:10]
    )
    if referral.company is not None:
        yield piece("admin/referral_others.html", {"company": referral.company, "others": referral_rows(others)})


def moves_section(referral: Referral, request: HttpRequest) -> Iterable[SafeString]:
    """The history of its link: who, from where to where, why; the newest act of a person is undone by one click."""
    moves = list(referral.link_moves.newest_first().select_related("by")[: MOST_MOVES + 1])
    if not moves:
        return
    may_undo = request.user.has_perm("referrals.relink_referral") and moves[0].act in UNDOABLE
    yield piece(
        "admin/referral_moves.html",
        {
            "moves": [
                {
                    "move": move, "when": ago(move.happened_at), "who": who(move), "what": move.get_act_display(),
                    "left": shown_domain(move.from_domain or ""), "reached": shown_domain(move.to_domain or ""),
                    "can_undo": may_undo and move is moves[0],
                }
                for move in moves[:MOST_MOVES]
            ],
            "has_more": len(moves) > MOST_MOVES,
            "undo_url": reverse("admin:referrals_referral_act", args=["undo_link"]),
            "csrf": get_token(request),
        },
    )  # fmt: skip


def who(move: LinkMove) -> str:
    """Who moved the link."""
    if move.act == LinkAct.MOVED:
        return "sync"
    return str(move.by) if move.by else "a command"


def shown_time(moment: datetime | None) -> SafeString | str:
    return ago(moment) if moment else ""


def referral_rows(referrals: Iterable[Referral]) -> list[dict[str, Any]]:
    """Referrals as short lines."""
    return [
        {
            "url": page_url("referrals_referral", one.pk),
            "name": str(one),
            "status": " · ".join(filter(None, (one.status, one.substatus))),
            "type": one.get_referral_type_display() or "–",
            "value": money(one),
            "updated": ago(one.updated_at_source),
        }
        for one in referrals
    ]


def money(referral: Referral) -> str:
    if referral.deal_value is None:
        return "–"
    return f"{referral.currency} {referral.deal_value:,.0f}".strip()


def partner_center_link(referral: Referral) -> SafeString:
    address = f"https://partner.microsoft.com/dashboard/v2/referrals/{referral.engagement_id or referral.referral_id}"
    return outside_link("open in Partner Center", address)
