"""Which company a referral belongs to: its candidates, a search, and the one click that decides (C5, e.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q
from unfold.widgets import UnfoldAdminTextInputWidget

from hunter.errors import HunterError
from hunter.ops.acts import Chosen
from leads.domains import read_domain, shown_domain
from leads.models import Company
from referrals.admin import review_queue
from referrals.models import LinkMove, Referral
from referrals.services.candidates import candidates, is_private
from referrals.services.linking import (
    LinkResult,
    company_of,
    create_company_from_referral,
    relink_referral,
    unlink_referral,
    valid_domain,
)
from referrals.services.undoing import undo_move

SHORTEST_SEARCH, MOST_FOUND = 3, 8
WHY = "Optional; kept in the link's history and in the audit log."


class DecisionForm(forms.Form):
    """What every decision about a link says: why, on which version it rests, and which one is reviewed next."""

    why = forms.CharField(
        label="Why?", max_length=300, required=False, widget=UnfoldAdminTextInputWidget, help_text=WHY
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    review = forms.BooleanField(required=False, widget=forms.HiddenInput)
    following = forms.IntegerField(required=False, widget=forms.HiddenInput)


class LinkForm(DecisionForm):
    """The decision: which domain, for the referral as it was when the page was opened."""

    domain = forms.CharField(label="Domain of the company", max_length=255, widget=UnfoldAdminTextInputWidget)
    version = forms.IntegerField(widget=forms.HiddenInput)
    despite = forms.BooleanField(required=False, widget=forms.HiddenInput)


class CreateForm(LinkForm):
    """The company to be made of a referral; its name is the referral's where none is given."""

    domain = forms.CharField(label="Domain", max_length=255, required=False, widget=UnfoldAdminTextInputWidget)
    new_domain = forms.CharField(max_length=255, required=False, widget=forms.HiddenInput)
    name = forms.CharField(label="Name", max_length=255, required=False, widget=UnfoldAdminTextInputWidget)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        cleaned["domain"] = cleaned.get("domain") or cleaned.get("new_domain") or ""
        if not cleaned["domain"]:
            self.add_error("domain", "Give the domain of the new company.")
        return cleaned


class UnlinkForm(DecisionForm):
    """Taking a link away, or leaving a referral without a company."""


class UndoForm(forms.Form):
    """Taking back one move of a link."""

    move = forms.IntegerField(widget=forms.HiddenInput)
    review = forms.BooleanField(required=False, widget=forms.HiddenInput)


class PrivateDomain(HunterError):
    """A person may link there, after a warning (a.5)."""

    def __init__(self, domain: str) -> None:
        super().__init__(
            f"{domain} is a mail domain of private persons: it identifies no company. "
            "Everybody who has a mailbox there would count as one company.",
            field="domain",
        )


@dataclass(frozen=True, slots=True)
class Linked:
    """What was done, in words, and the move that one click takes back."""

    words: str
    move: LinkMove | None = None
    lead_to: str = ""
    in_review: bool = False
    failed: bool = False

    def sentence(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True)
class Choice:
    """One company that may be it, with what speaks for it."""

    key: int
    domain: str
    shown: str
    name: str
    reasons: str
    exists: bool
    was_searched: bool = False


def link(chosen: Chosen) -> Linked:
    referral, company = opened(chosen), company_of(chosen.answers["domain"])
    warn_of_private(company.domain, chosen)
    return told(relink_referral(referral, to=company, by=user(chosen), why=chosen.answers["why"]), referral, chosen)


def create(chosen: Chosen) -> Linked:
    referral, answers = opened(chosen), chosen.answers
    warn_of_private(valid_domain(answers["domain"]), chosen)
    result = create_company_from_referral(
        referral, domain=answers["domain"], name=answers["name"], by=user(chosen), why=answers["why"]
    )
    return told(result, referral, chosen)


def unlink(chosen: Chosen) -> Linked:
    referral = opened(chosen)
    return told(unlink_referral(referral, by=user(chosen), why=chosen.answers["why"]), referral, chosen)


def undo(chosen: Chosen) -> Linked:
    referral = opened(chosen)
    move = LinkMove.objects.filter(referral=referral, pk=chosen.answers["move"]).first()
    if move is None:
        raise HunterError("There is nothing to undo. Nothing was changed.")
    words = undo_move(move, by=user(chosen)).sentence().replace(referral.referral_id, str(referral))
    return Linked(words, lead_to=review_queue.link_url(referral.pk, review="1") if chosen.answers["review"] else "")


def warn_of_private(domain: str, chosen: Chosen) -> None:
    """Ask once more before a link to a domain that identifies no company. Raises PrivateDomain."""
    if not chosen.answers.get("despite") and is_private(domain):
        raise PrivateDomain(domain)


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


def told(result: LinkResult, referral: Referral, chosen: Chosen) -> Linked:
    """The service's sentence with the referral's name; in a review the next one opens by itself."""
    sentence = result.sentence().replace(referral.referral_id, str(referral))
    if result.domain:
        sentence = sentence.replace(result.domain, shown_domain(result.domain))
    if not chosen.answers.get("review"):
        return Linked(sentence, result.move)
    lead_to = review_queue.review_url(following=chosen.answers.get("following"), without=referral.pk)
    return Linked(sentence, result.move, lead_to=lead_to, in_review=True)


def choices(referral: Referral, *, search: str) -> list[Choice]:
    """The candidates first, then what the search finds; a company is named once."""
    known = candidates(referral)
    found = searched(search, without={one.domain for one in known})
    told = [(one.domain, one.company, one.reason) for one in known]
    told += [(company.domain, company, "found by your search") for company in found]
    return [
        Choice(
            key=number,
            domain=domain,
            shown=shown_domain(domain),
            name=(company.name if company.name != domain else "") if company else "not a company yet",
            reasons=reason,
            exists=company is not None,
            was_searched=number > len(known),
        )
        for number, (domain, company, reason) in enumerate(told, start=1)
    ]


def searched(search: str, *, without: set[str]) -> list[Company]:
    words = search.strip()
    if len(words) < SHORTEST_SEARCH:
        return []
    fitting = Q(domain__icontains=words) | Q(name__icontains=words)
    domain = read_domain(words).domain
    if domain:
        fitting |= Q(domain=domain)
    return list(Company.objects.filter(fitting).exclude(domain__in=without).order_by("domain")[:MOST_FOUND])
