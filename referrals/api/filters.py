"""The filters of referrals and sync runs."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django_filters import BooleanFilter, CharFilter, ChoiceFilter, FilterSet, IsoDateTimeFilter, NumberFilter

from referrals.models import (
    Became,
    Referral,
    ReferralQuerySet,
    RelinkEntry,
    RelinkTarget,
    SyncMode,
    SyncState,
    WouldBe,
    choices,
)
from referrals.run_rows import keys_on_pages

LARGEST_KEY = 2**63


class ReferralFilter(FilterSet):  # type: ignore[misc]  # django-filter has no types
    """Referrals by their link, their status, and when they changed."""

    link_status = ChoiceFilter(choices=choices.LINK_STATUSES)
    link_origin = ChoiceFilter(choices=choices.LINK_ORIGINS)
    review = BooleanFilter(
        method="for_review", label="true: a person can decide now; false: no company is known that fits."
    )
    status = CharFilter()
    domain = CharFilter()
    engagement_id = CharFilter()
    company = CharFilter(field_name="company__domain", label="The domain of the company it is linked to.")
    updated_after = IsoDateTimeFilter(field_name="updated_at_source", lookup_expr="gte")
    updated_before = IsoDateTimeFilter(field_name="updated_at_source", lookup_expr="lt")
    vanished = BooleanFilter(
        field_name="vanished_at", lookup_expr="isnull", exclude=True, label="Partner Center does not show it any more."
    )
    sync_run = NumberFilter(method="of_run", label="Those of a sync; with `became`, what it did with them.")
    became = ChoiceFilter(choices=Became.choices, method="of_run", label="New, changed or unchanged in `sync_run`.")
    search = CharFilter(method="search_for", label="Part of its name or of the company's name.")

    def for_review(self, referrals: ReferralQuerySet, name: str, value: bool) -> ReferralQuerySet:  # noqa: FBT001  django-filter's
        wanted = Referral.objects.to_review() if value else Referral.objects.without_clue()
        return referrals.filter(pk__in=wanted.order_by().values("pk"))

    def of_run(self, referrals: ReferralQuerySet, name: str, value: Any) -> ReferralQuerySet:
        run, became = self.form.cleaned_data["sync_run"], self.form.cleaned_data["became"]
        if run is None or not 0 < run < LARGEST_KEY:
            return referrals if run is None else referrals.none()
        wanted = [Became(became)] if became else list(Became)
        keys = [keys_on_pages(int(run), column=one.value) for one in wanted]
        met = Q()
        for one in keys:
            met |= Q(pk__in=one)
        return referrals.filter(met)

    def search_for(self, referrals: ReferralQuerySet, name: str, value: str) -> ReferralQuerySet:
        return referrals.filter(Q(name__icontains=value) | Q(company_name__icontains=value))


class SyncRunFilter(FilterSet):  # type: ignore[misc]
    """Runs by account, and how they stand."""

    account = CharFilter()
    state = ChoiceFilter(choices=SyncState.choices)
    mode = ChoiceFilter(choices=SyncMode.choices)


class PreviewedRowFilter(FilterSet):  # type: ignore[misc]
    """The rows of a dry run by what would become of them."""

    would_be = ChoiceFilter(choices=WouldBe.choices)
    key = CharFilter()


class RelinkRunFilter(FilterSet):  # type: ignore[misc]
    """Runs over many links."""

    target = ChoiceFilter(choices=RelinkTarget.choices)
    running = BooleanFilter(field_name="finished_at", lookup_expr="isnull", label="Still going on.")


class RelinkEntryFilter(FilterSet):  # type: ignore[misc]
    """The referrals of a run by what became of them."""

    state = ChoiceFilter(choices=RelinkEntry.State.choices)
    referral_id = CharFilter(field_name="referral__referral_id")
