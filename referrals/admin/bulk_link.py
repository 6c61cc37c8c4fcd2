"""Linking many referrals at once: the dialog that says how many, and the runs with what became of each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from hunter.ops.acts import Act, ActResult, Chosen, Place, Told, places
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin
from hunter.ops.showing import NOTHING, Tone, ago, badge, number, page_url, piece, span_in_words
from leads.domains import shown_domain
from referrals.kinds import WITH_COMPANY, LinkOrigin
from referrals.models import RelinkEntry, RelinkRun, RelinkTarget
from referrals.services.relink_runs import AT_ONCE, RelinkCounts, RelinkWish, relink_many, undo_run

PERMISSION = "referrals.relink_referral"
REFERRALS_A_SECOND = 40  # about; one worker
MOST_SHOWN = 100
TARGETS = [
    (RelinkTarget.DOMAIN, "All to the company of this domain:"),
    (RelinkTarget.BEST, "Each to its best candidate among the companies you have"),
    (RelinkTarget.OWN, "Each to the company of the domain it names, made where there is none"),
    (RelinkTarget.NONE, "Leave all without a company"),
]


class BulkForm(forms.Form):
    """Where they go, and why."""

    target = forms.ChoiceField(
        label="To which company?", choices=TARGETS, initial=RelinkTarget.DOMAIN, widget=UnfoldAdminRadioSelectWidget
    )
    domain = forms.CharField(
        label="Domain", max_length=255, required=False, widget=UnfoldAdminTextInputWidget,
        help_text="Only where all go to one company, like contoso.com.",
    )  # fmt: skip
    why = forms.CharField(
        label="Why?", max_length=300, required=False, widget=UnfoldAdminTextInputWidget,
        help_text="Optional; kept in each link's history and in the audit log.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("target") == RelinkTarget.DOMAIN and not cleaned.get("domain"):
            self.add_error("domain", "Give the domain of the company they all belong to.")
        return cleaned


def size_in_words(rows: QuerySet[Any]) -> str:
    """How many they are and how they are linked now, before anything happens (behaviour 22)."""
    counts = rows.order_by().aggregate(
        total=Count("pk"),
        by_person=Count("pk", filter=Q(link_origin=LinkOrigin.PERSON)),
        by_domain=Count("pk", filter=Q(link_origin=LinkOrigin.AUTOMATIC, link_status__in=WITH_COMPANY)),
    )
    total, by_person, by_domain = counts["total"], counts["by_person"], counts["by_domain"]
    waiting = total - by_person - by_domain
    seconds = total / REFERRALS_A_SECOND
    takes = f" in about {span_in_words(timedelta(seconds=seconds))}" if total > AT_ONCE else ""
    what = "1 referral" if total == 1 else f"{total:,} referrals"
    return (
        f"{what}{takes}: {by_domain:,} linked by their domain, {by_person:,} decided by a person, {waiting:,} without a "
        "company. No sync changes what you decide here; one click on the run's page undoes all of it."
    )


def link_many(chosen: Chosen) -> ActResult:
    answers: Any = chosen.answers
    wish = RelinkWish(RelinkTarget(answers["target"]), domain=answers["domain"], why=answers["why"])
    by: Any = chosen.by
    return shown(relink_many(chosen.rows, wish=wish, about="chosen in the list of referrals", by=by))


def undo_all(chosen: Chosen) -> ActResult:
    by: Any = chosen.by
    return shown(undo_run(chosen.rows.get(), by=by))


def shown(counts: RelinkCounts) -> Told:
    return Told(counts.sentence(), failed=counts.failed, lead_to=page_url("referrals_relinkrun", counts.run.pk))


LINK_MANY = Act(
    "link_many", "Link to a company", PERMISSION, link_many, places(Place.SELECTION), icon="link", about=size_in_words,
    form=BulkForm,
)  # fmt: skip
UNDO_ALL = Act(
    "undo_all", "Undo all of it", PERMISSION, undo_all, places(Place.DETAIL), icon="undo",
    offered=lambda run: run.finished_at is not None and run.target != RelinkTarget.BACK and not is_undone(run),
)  # fmt: skip


def is_undone(run: RelinkRun) -> bool:
    return RelinkRun.objects.filter(undoes=run).exists()


@admin.register(RelinkRun)
class RelinkRunAdmin(ReadOnlyModelAdmin):
    """Each time that many referrals were linked at once, the newest first."""

    navigation = (Entry("Runs", 40, "Links", "add_link"),)
    nouns = ("run", "runs")
    acts = (UNDO_ALL,)
    list_display = ("run", "state_shown", "progress", "changed_shown", "same", "refused_shown", "took")
    list_select_related = ("by",)
    ordering = ("-id",)
    refresh_seconds = 5
    empty_title = "Nothing was linked in bulk yet"
    empty_hint = "Select referrals in their list, or all that match a filter, and choose Link to a company."

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()

    @admin.display(description="what", ordering="id")
    def run(self, run: RelinkRun) -> str:
        return title(run)

    @admin.display(description="state")
    def state_shown(self, run: RelinkRun) -> SafeString:
        return state_badge(run)

    @admin.display(description="progress")
    def progress(self, run: RelinkRun) -> SafeString:
        return progress_bar(run)

    @admin.display(description="changed", ordering="changed")
    def changed_shown(self, run: RelinkRun) -> str:
        return number(run.changed)

    @admin.display(description="same", ordering="unchanged")
    def same(self, run: RelinkRun) -> str:
        return number(run.unchanged)

    @admin.display(description="refused", ordering="refused")
    def refused_shown(self, run: RelinkRun) -> str:
        return number(run.refused)

    @admin.display(description="took")
    def took(self, run: RelinkRun) -> SafeString | str:
        return span_in_words(run.finished_at - run.created_at) if run.finished_at else NOTHING

    def row_title(self, row: Any) -> str:
        return title(row)

    def headline(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        return (state_badge(row),)

    def sections(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        return (piece("admin/relink_run.html", run_context(row)),)


def title(run: RelinkRun) -> str:
    where = f"to {run.domain}" if run.domain else run.get_target_display()
    return f"{run.total:,} {'referral' if run.total == 1 else 'referrals'}, {where}"


def run_context(run: RelinkRun) -> dict[str, Any]:
    """What became of its referrals: the refused ones first, each with its reason."""
    entries = run.entries.exclude(state=RelinkEntry.State.WAITING).select_related("referral", "move")
    refused = entries.filter(state=RelinkEntry.State.REFUSED).order_by("referral_id")[:MOST_SHOWN]
    changed = entries.filter(state=RelinkEntry.State.CHANGED).order_by("referral_id")[:MOST_SHOWN]
    return {
        "run": run,
        "bar": progress_bar(run),
        "began": ago(run.created_at),
        "ended": ago(run.finished_at) if run.finished_at else "",
        "refused": [row(one) for one in refused],
        "changed": [row(one) for one in changed],
        "more_refused": max(0, run.refused - MOST_SHOWN),
        "more_changed": max(0, run.changed - MOST_SHOWN),
        "undone": RelinkRun.objects.filter(undoes=run).first(),
    }


def row(entry: RelinkEntry) -> dict[str, Any]:
    return {
        "url": page_url("referrals_referral", entry.referral_id),
        "name": str(entry.referral),
        "before": shown_domain(entry.move.from_domain) if entry.move else "",
        "after": shown_domain(entry.move.to_domain) if entry.move else "",
        "reason": entry.reason,
    }


def state_badge(run: RelinkRun) -> SafeString:
    if run.finished_at is None:
        return badge("running", Tone.RUNNING)
    if run.refused:
        return badge(f"done, {run.refused:,} refused", Tone.NEEDS_YOU)
    return badge("done", Tone.GOOD)


def progress_bar(run: RelinkRun) -> SafeString:
    share = 100 if run.finished_at or not run.total else min(100, round(100 * run.done / run.total))
    return format_html(
        '<span class="h-bar" style="min-width:6rem"><span class="h-bar-fill" style="width:{0}%"></span></span>'
        '<span class="h-muted h-small">{1} of {2}</span>', share, number(run.done), number(run.total),
    )  # fmt: skip
