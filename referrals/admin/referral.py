"""Referrals: what came from Partner Center, to which company it belongs, and the review queue (C5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from hunter.exports.sheet import Sheet
from hunter.ops import act_pages
from hunter.ops.acts import Act, ActResult, Place, places
from hunter.ops.filters import ChoiceFilter
from hunter.ops.home_keys import HOME_KEYS
from hunter.ops.looked import look_again
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin, Tab
from hunter.ops.showing import NOTHING, Tone, ago, badge, link, list_url, muted, page_url, piece, two_lines
from leads.domains import shown_domain
from referrals.admin import link_page, link_view, referral_page, review_queue, stages, status_acts
from referrals.admin.bulk_link import LINK_MANY
from referrals.admin.run_filters import InRunFilter, VanishedFilter, tabs_here
from referrals.kinds import LinkOrigin, LinkStatus
from referrals.models import Referral
from referrals.sheets import REFERRAL_SHEET

LINK_WORDS: dict[str, tuple[str, Tone]] = {
    LinkStatus.AUTO_LINKED: ("linked", Tone.GOOD),
    LinkStatus.LINKED: ("linked by a person", Tone.GOOD),
    LinkStatus.MULTI_CANDIDATE: ("needs you", Tone.NEEDS_YOU),
    LinkStatus.UNLINKED: ("no company", Tone.WAITING),
}
VANISHED = "Partner Center does not show it to us any more. It is kept, and counts for its company as before."
PERMISSION = "referrals.relink_referral"
LINK = Act(
    "link", "Link", PERMISSION, link_page.link, places(Place.ROW, Place.DETAIL), icon="link",
    form=link_page.LinkForm, offered=lambda row: row.company_id is None, is_main=True,
)  # fmt: skip
LINK_ANEW = Act(
    "link_anew", "Link to another company", PERMISSION, link_page.link, places(Place.DETAIL), icon="link",
    form=link_page.LinkForm, offered=lambda row: row.company_id is not None,
)  # fmt: skip
CREATE = Act(
    "create_company", "Create its company", PERMISSION, link_page.create, places(), form=link_page.CreateForm,
    question="A company of that domain is made, the referral is linked to it, and it is scanned next.",
)  # fmt: skip
UNDO = Act("undo_link", "Undo", PERMISSION, link_page.undo, places(), icon="undo", form=link_page.UndoForm)
UNLINK = Act(
    "unlink", "Leave without a company", PERMISSION, link_page.unlink, places(Place.DETAIL), icon="link_off",
    form=link_page.UnlinkForm, offered=lambda row: row.company_id is not None or not row.is_held_by_person,
    question="It belongs to no company then, and no sync will link it again. You can link it by hand at any time.",
)  # fmt: skip


class PipelineFilter(ChoiceFilter):
    """The rows behind each number of the home page's funnel."""

    title = "step of the last 30 days"
    parameter_name = "pipeline"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [(part.key, part.title.capitalize()) for part in stages.parts().values()]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        part = stages.parts().get(chosen)
        if part is None:
            return rows
        return part.narrow(rows.filter(created_at__gt=timezone.now() - stages.WINDOW))  # type: ignore[arg-type]


class ReviewFilter(ChoiceFilter):
    """What waits for a person's word."""

    title = "review"
    parameter_name = "review"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [("1", "A person can decide"), ("0", "No company is known that fits")]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        wanted = {"1": Referral.objects.to_review(), "0": Referral.objects.without_clue()}.get(chosen)
        return rows if wanted is None else rows.filter(pk__in=wanted.order_by().values("pk"))


class AgeFilter(ChoiceFilter):
    title = "changed"
    parameter_name = "changed"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [("1", "Today"), ("7", "Within 7 days"), ("30", "Within 30 days"), ("90", "Within 90 days")]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        if not chosen.isdecimal():
            return rows
        return rows.filter(updated_at_source__gt=timezone.now() - timedelta(days=min(int(chosen), 3650)))


class StatusFilter(ChoiceFilter):
    title = "status"
    parameter_name = "status"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [(word, word) for word in ("New", "Active", "Closed")]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return rows.filter(status=chosen)


@admin.register(Referral)
class ReferralAdmin(ReadOnlyModelAdmin):
    """Every referral, the newest first."""

    navigation = (
        Entry("Pipeline", 10, "Referrals", "handshake"),
        Entry(
            "Needs you",
            20,
            "Links to review",
            "rule",
            query="review=1",
            waiting=lambda: Referral.objects.to_review().count(),
        ),
    )
    acts = (LINK, LINK_ANEW, CREATE, UNLINK, UNDO, LINK_MANY, *status_acts.STATUS_ACTS)
    list_display = ("customer", "link_shown", "company_shown", "value", "status_shown", "updated")
    list_filter = (
        ("link_status", ChoicesDropdownFilter),
        StatusFilter,
        ("referral_type", ChoicesDropdownFilter),
        AgeFilter,
        VanishedFilter,
        ReviewFilter,
        PipelineFilter,
        InRunFilter,
    )
    list_select_related = ("company", "linked_by", "hint")
    search_fields = ("name", "company_name", "referral_id", "domain")
    search_help_text = "Customer, deal or domain, 3+ letters"
    ordering = ("-updated_at_source", "-id")
    change_list_template = "admin/referral_list.html"
    empty_title = "No referrals yet"
    empty_hint = "They come with the first sync of Partner Center: press Sync now under Syncs."

    def sheet(self) -> Sheet:
        return REFERRAL_SHEET

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()

    def tabs(self, request: HttpRequest) -> Sequence[Tab]:
        if of_run := tabs_here(request):
            return of_run
        chosen = request.GET.get("review")
        return (
            Tab("All", list_url("referrals_referral"), active=not request.GET),
            Tab(
                "To review", list_url("referrals_referral", review="1"), Referral.objects.to_review().count(),
                active=chosen == "1", tone=Tone.NEEDS_YOU,
            ),
            Tab(
                "Several candidates", list_url("referrals_referral", link_status__exact="multi_candidate", vanished="0"),
                Referral.objects.ambiguous().count(), active=request.GET.get("link_status__exact") == "multi_candidate",
            ),
            Tab(
                "No company known", list_url("referrals_referral", review="0"), Referral.objects.without_clue().count(),
                active=chosen == "0",
            ),
        )  # fmt: skip

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        waits = (
            request.GET.get("review") == "1" and LINK.is_allowed(request.user) and Referral.objects.to_review().exists()
        )
        context = {"review_url": act_pages.act_url(self, LINK) if waits else ""}
        return super().changelist_view(request, context | (extra_context or {}))

    def act_view(self, request: HttpRequest, name: str) -> HttpResponse:
        if (
            name == LINK.name
            and request.method == "GET"
            and not request.GET.get("id")
            and LINK.is_allowed(request.user)
        ):
            return HttpResponseRedirect(review_queue.review_url())
        return super().act_view(request, name)

    def ask_first(
        self, request: HttpRequest, act: Act, *, rows: QuerySet[Any], form: forms.Form | None
    ) -> HttpResponse:
        referral = rows.select_related("company").first()
        if act.name in status_acts.STEP_NAMES and referral is not None and form is None:
            form = status_acts.StatusForm(initial={"version": referral.version})
        if act.name not in {LINK.name, LINK_ANEW.name, CREATE.name} or referral is None:
            return super().ask_first(request, act, rows=rows, form=form)
        shown = link_view.link_context(request, referral, form=form)
        context = {
            **self.admin_site.each_context(request),
            "crumbs": self.crumbs((str(referral), page_url("referrals_referral", referral.pk)), (shown["title"], "")),
            "opts": self.opts,
            "link_url": act_pages.act_url(self, LINK),
            "create_url": act_pages.act_url(self, CREATE),
            "again_url": act_pages.act_url(self, act),
            "unlink_url": act_pages.act_url(self, UNLINK),
            "undo_url": act_pages.act_url(self, UNDO),
            **shown,
        }
        return TemplateResponse(request, "admin/referral_link.html", context)

    def tell(self, request: HttpRequest, result: ActResult) -> None:
        """Say what an act did, with the one click that takes it back; in a review that button stands on the page."""
        move = getattr(result, "move", None)
        if move is None or getattr(result, "in_review", False):
            super().tell(request, result)
            return
        look_again(*HOME_KEYS)
        button = piece(
            "admin/referral_undo.html",
            {"move": move, "undo_url": act_pages.act_url(self, UNDO), "csrf": get_token(request)},
        )
        messages.success(request, format_html("{} {}", result.sentence(), button))

    @admin.display(description="customer", ordering="company_name")
    def customer(self, referral: Referral) -> SafeString:
        name = referral.company_name or referral.customer_name or referral.name or referral.referral_id
        return two_lines(name, referral.name if referral.name != name else referral.referral_id)

    @admin.display(description="link", ordering="link_status")
    def link_shown(self, referral: Referral) -> SafeString:
        return link_badge(referral)

    @admin.display(description="company", ordering="domain")
    def company_shown(self, referral: Referral) -> SafeString:
        if referral.company is not None:
            return link(shown_domain(referral.company.domain), page_url("leads_company", referral.company.pk))
        if looks_like(referral):
            return muted(f"may be {shown_domain(looks_like(referral))}")
        if referral.candidates:
            return muted(f"{len(referral.candidates)} candidates")
        return muted(f"names {shown_domain(referral.domain)}") if referral.domain else muted("names no domain")

    @admin.display(description="value", ordering="deal_value")
    def value(self, referral: Referral) -> SafeString | str:
        return referral_page.money(referral) if referral.deal_value is not None else NOTHING

    @admin.display(description="status", ordering="status")
    def status_shown(self, referral: Referral) -> SafeString:
        gone = muted("vanished") if referral.vanished_at else referral.substatus
        return two_lines(referral.status or "–", gone)

    @admin.display(description="changed", ordering="updated_at_source")
    def updated(self, referral: Referral) -> SafeString:
        return ago(referral.updated_at_source)

    def headline(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        status = " · ".join(filter(None, (row.status, row.substatus)))
        gone = (badge("vanished", Tone.ASIDE, why=VANISHED),) if row.vanished_at else ()
        return (
            link_badge(row),
            *gone,
            muted(status),
            muted(referral_page.money(row)) if row.deal_value is not None else muted(""),
        )

    def sections(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        return (*referral_page.sections(row, request), *status_acts.written_section(row))


def link_badge(referral: Referral) -> SafeString:
    words, tone = LINK_WORDS.get(referral.link_status, (referral.link_status, Tone.WAITING))
    if referral.vanished_at and not referral.is_linked and not referral.is_held_by_person:
        words, tone = "no company", Tone.ASIDE
    elif referral.link_status == LinkStatus.UNLINKED:
        if referral.link_origin == LinkOrigin.PERSON:
            words, tone = "left without a company", Tone.ASIDE
        elif looks_like(referral):
            words, tone = "needs you", Tone.NEEDS_YOU
    who = f"by {referral.linked_by}" if referral.linked_by else ""
    return badge(words, tone, why=who)


def looks_like(referral: Referral) -> str:
    """The domain of the company that a waiting referral looks like; empty where none is known."""
    hint = getattr(referral, "hint", None)
    return hint.best_domain if hint is not None and hint.found else ""
