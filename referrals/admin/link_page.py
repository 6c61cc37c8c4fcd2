"""Which company a referral belongs to: its candidates, a search, and the one click that decides (C5, e.5)."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextInputWidget

from hunter.errors import HunterError
from hunter.ops.acts import Chosen, Told
from hunter.ops.showing import list_url
from leads.domains import read_domain
from leads.models import Company
from referrals.kinds import WITHOUT_COMPANY, LinkOrigin, LinkStatus
from referrals.models import Referral, ReferralQuerySet
from referrals.services.candidates import candidates
from referrals.services.linking import (
    LinkResult,
    company_of,
    create_company_from_referral,
    relink_referral,
    unlink_referral,
)

SHORTEST_SEARCH, MOST_FOUND, MOST_QUEUED = 3, 8, 500


class LinkForm(forms.Form):
    """The decision: which domain, for the referral as it was when the page was opened."""

    domain = forms.CharField(label="Domain of the company", max_length=255, widget=UnfoldAdminTextInputWidget)
    version = forms.IntegerField(widget=forms.HiddenInput)
    review = forms.BooleanField(required=False, widget=forms.HiddenInput)


class CreateForm(LinkForm):
    """The company to be made of a referral; its name is the referral's where none is given."""

    name = forms.CharField(label="Name", max_length=255, required=False, widget=UnfoldAdminTextInputWidget)


class UnlinkForm(forms.Form):
    """Taking a link away, or leaving a referral without a company."""

    why = forms.CharField(
        label="Why?", max_length=300, required=False, widget=UnfoldAdminTextInputWidget,
        help_text="Optional; kept in the audit log.",
    )  # fmt: skip
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    review = forms.BooleanField(required=False, widget=forms.HiddenInput)


@dataclass(frozen=True, slots=True)
class Choice:
    """One company that may be it, with what speaks for it."""

    key: int
    domain: str
    name: str
    reasons: str
    exists: bool
    was_searched: bool = False


def link(chosen: Chosen) -> Told:
    referral = opened(chosen)
    return told(relink_referral(referral, to=company_of(chosen.answers["domain"]), by=user(chosen)), referral, chosen)


def create(chosen: Chosen) -> Told:
    referral = opened(chosen)
    answers = chosen.answers
    result = create_company_from_referral(referral, domain=answers["domain"], name=answers["name"], by=user(chosen))
    return told(result, referral, chosen)


def unlink(chosen: Chosen) -> Told:
    referral = opened(chosen)
    return told(unlink_referral(referral, by=user(chosen), why=chosen.answers["why"]), referral, chosen)


def user(chosen: Chosen) -> Any:
    return chosen.by


def opened(chosen: Chosen) -> Referral:
    """The referral, fenced by the version the page showed (R3.3)."""
    referral: Referral | None = chosen.rows.select_related("company").first()
    if referral is None:
        raise HunterError("The referral is not there any more. Nothing was changed.")
    version = chosen.answers.get("version")
    if version is not None:
        referral.version = version
    return referral


def told(result: LinkResult, referral: Referral, chosen: Chosen) -> Told:
    """The service's sentence with the referral's name; in a review the next one opens by itself."""
    sentence = result.sentence().replace(referral.referral_id, str(referral))
    return Told(sentence, lead_to=review_url(after=referral.pk) if chosen.answers.get("review") else "")


def choices(referral: Referral, *, search: str) -> list[Choice]:
    """The candidates first, then what the search finds; a company is named once."""
    known = candidates(referral)
    found = searched(search, without={one.domain for one in known})
    told = [(one.domain, one.company, one.reason) for one in known]
    told += [(company.domain, company, "found by your search") for company in found]
    name = referral.company_name or referral.customer_name
    return [
        Choice(
            key=number,
            domain=domain,
            name=company.name if company else "not a company yet",
            reasons=f"{reason}{likeness(name, company)}",
            exists=company is not None,
            was_searched=number > len(known),
        )
        for number, (domain, company, reason) in enumerate(told, start=1)
    ]


def likeness(name: str, company: Company | None) -> str:
    """How much the names look alike, where both are known."""
    if not name or company is None or not company.name or company.name == company.domain:
        return ""
    share = round(100 * SequenceMatcher(None, name.casefold(), company.name.casefold()).ratio())
    return f"; name {share} % alike"


def searched(search: str, *, without: set[str]) -> list[Company]:
    words = search.strip()
    if len(words) < SHORTEST_SEARCH:
        return []
    fitting = Q(domain__icontains=words) | Q(name__icontains=words)
    domain = read_domain(words).domain
    if domain:
        fitting |= Q(domain=domain)
    return list(Company.objects.filter(fitting).exclude(domain__in=without).order_by("domain")[:MOST_FOUND])


def review_queue() -> ReferralQuerySet:
    """Referrals that wait for a person's word: several candidates first, then those without any; the newest first."""
    rows: ReferralQuerySet = Referral.objects.filter(
        link_status__in=WITHOUT_COMPANY, link_origin=LinkOrigin.AUTOMATIC
    ).order_by("link_status", "-updated_at_source", "-pk")
    return rows


def ambiguous() -> ReferralQuerySet:
    """Those that could belong to more than one company."""
    rows: ReferralQuerySet = review_queue().filter(link_status=LinkStatus.MULTI_CANDIDATE)
    return rows


def review_url(*, after: int | None = None) -> str:
    """The next referral to be reviewed; the list when there is none left."""
    queue = list(review_queue().values_list("pk", flat=True)[:MOST_QUEUED])
    following = queue[queue.index(after) + 1 :] if after in queue else queue
    if not following:
        return list_url("referrals_referral", review="1")
    return link_url(following[0], review="1")


def link_url(pk: int, **query: str) -> str:
    """The page on which a referral's company is chosen."""
    return f"{reverse('admin:referrals_referral_act', args=['link'])}?{urlencode({'id': pk} | query)}"
