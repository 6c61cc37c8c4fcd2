"""The parts of the list of leads: each lead is in one of them, as its state in words says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from crm.backend import CrmBackend
from crm.models import CrmRecord
from crm.push.record import LeadState
from crm.registry import chosen_crms
from hunter.ops.filters import ChoiceFilter
from hunter.ops.model_admin import Tab
from hunter.ops.showing import list_url
from hunter.work.models import Item

NEEDS_YOU_HINT = (
    "A lead comes here when both sides changed a column and a person is to choose, when the CRM has two of a company or one "
    "that may be its, or when it was deleted there."
)
NEEDS_YOU = Q(state__in=[LeadState.REVIEW, LeadState.GONE]) | Q(has_conflict=True)
FAILED = "failed"
PARTS: Mapping[str, tuple[str, LeadState, str]] = {
    "in_step": ("In step", LeadState.SYNCED, "No lead is in step yet"),
    "waiting": ("Waiting", LeadState.PENDING, "No lead waits for its push"),
    "closed": ("Closed there", LeadState.CLOSED, "No lead was closed in the CRM"),
}


class PartFilter(ChoiceFilter):
    """How leads stand, as the tabs have it: a push that was given up is no waiting one."""

    title = "state"
    parameter_name = "part"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [*((name, title) for name, (title, _, _) in PARTS.items()), (FAILED, "Failed")]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        at_rest = rows.exclude(NEEDS_YOU)
        if chosen == FAILED:
            return at_rest.filter(given_up())
        return at_rest.exclude(given_up()).filter(state=PARTS[chosen][1]) if chosen in PARTS else rows


def given_up() -> Q:
    """Leads whose push failed for good."""
    return reduce(or_, map(given_up_in, chosen_crms()), Q(pk__in=[]))


def given_up_in(backend: CrmBackend) -> Q:
    dead = Item.objects.filter(kind=backend.push_kind, dead_at__isnull=False)
    return Q(crm=backend.name, company__domain__in=dead.values("key"))


def lead_tabs(request: HttpRequest) -> tuple[Tab, ...]:
    """The parts, counted: whose push was given up from those few, CRM by CRM, so that no million rows are joined."""
    by_state: Counter[str] = counted(CrmRecord.objects.exclude(NEEDS_YOU))
    failed: Counter[str] = Counter()
    for backend in chosen_crms():
        failed += counted(CrmRecord.objects.exclude(NEEDS_YOU).filter(given_up_in(backend)))
    needs = CrmRecord.objects.needing_a_person().count()
    chosen, asked = request.GET.get("part", ""), request.GET.get("needs", "")
    parts = [
        Tab(
            title, list_url("crm_crmrecord", part=name), by_state[state] - failed[state],
            active=chosen == name, empty_title=empty,
        )
        for name, (title, state, empty) in PARTS.items()
    ]  # fmt: skip
    return (
        Tab("All", list_url("crm_crmrecord"), by_state.total() + needs, active=not chosen and not asked),
        *parts,
        Tab(
            "Failed", list_url("crm_crmrecord", part=FAILED), failed.total(),
            active=chosen == FAILED, empty_title="No push has failed",
        ),
        Tab(
            "Needs you", list_url("crm_crmrecord", needs="you"), needs,
            active=asked == "you", empty_title="No conflicts", empty_hint=NEEDS_YOU_HINT,
        ),
    )  # fmt: skip


def counted(rows: QuerySet[CrmRecord]) -> Counter[str]:
    return Counter(dict(rows.order_by().values_list("state").annotate(Count("pk"))))
