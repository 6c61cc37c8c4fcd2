"""The acts on leads: push, push what is due, make a deleted lead anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet

from crm.admin.due_page import closed_words
from crm.backend import CrmBackend
from crm.push.record import LeadState
from crm.registry import chosen_crm, chosen_crms, enabled_crms, titles
from crm.repush import perhaps_due
from crm.services.pushing import PushRequest, create_again, request_pushes
from hunter.audit.recording import record
from hunter.ops.acts import Act, ActResult, Chosen, Place, Told, places
from hunter.remote.models import Lane
from hunter.work.asking import sweep

BLOCK = 1000


def push_companies(chosen: Chosen) -> ActResult:
    assert isinstance(chosen.by, AbstractBaseUser)  # noqa: S101  staff are never anonymous
    request = request_pushes(list(chosen.rows.values_list("domain", flat=True)), by=chosen.by)
    return told_whether_it_waits(request, enabled_crms())


def push_records(chosen: Chosen) -> ActResult:
    """Each in its own CRM. A selection that spans several is told together."""
    assert isinstance(chosen.by, AbstractBaseUser)  # noqa: S101  as above
    domains: dict[str, list[str]] = defaultdict(list)
    for crm, domain in chosen.rows.values_list("crm", "company__domain"):
        domains[crm].append(domain)
    asked = [request_pushes(some, by=chosen.by, crm=crm) for crm, some in sorted(domains.items())]
    whole = PushRequest(sum(one.asked for one in asked), sum(one.deleted for one in asked))
    return told_whether_it_waits(whole, [chosen_crm(crm) for crm in sorted(domains)])


def told_whether_it_waits(result: ActResult, backends: Sequence[CrmBackend]) -> ActResult:
    """The result, and of each CRM that is not called at the moment that its pushes wait."""
    closed = [words for backend in backends if (words := closed_words(backend))]
    if not closed:
        return result
    return Told(f"{result.sentence()} {' '.join(f'{words} Its pushes wait.' for words in closed)}", failed=True)


def push_what_is_due(chosen: Chosen) -> ActResult:
    """Ask for what may be due; each push then looks whether it is."""
    asked = sum(ask_for_due(backend, by=who(chosen)) for backend in enabled_crms())
    if not asked:
        return Told("Nothing is due: every lead is as Hunter wants it, or on its way already.")
    told = "1 company is" if asked == 1 else f"{asked:,} companies are"
    asked_for = Told(f"{told} looked at within a minute, and pushed where the lead differs.")
    return told_whether_it_waits(asked_for, enabled_crms())


def ask_for_due(backend: CrmBackend, *, by: AbstractBaseUser | None) -> int:
    """Ask for one CRM's pushes, block by block; audited at its lane."""
    asked, last = 0, ""
    due = perhaps_due(backend).order_by("domain")
    while domains := list(due.filter(domain__gt=last).values_list("domain", flat=True)[:BLOCK]):
        with transaction.atomic(durable=True):
            asked += sweep(backend.push_kind, domains)
        last = domains[-1]
    with transaction.atomic(durable=True):
        lane = Lane.objects.filter(pk=backend.lane.value).first()
        if lane is not None and asked:
            record(lane, act="push what is due", by=by, after=f"{asked} companies")
    return asked


def make_again(chosen: Chosen) -> ActResult:
    rows = list(chosen.rows)
    results = [create_again(row, by=who(chosen)) for row in rows]
    return results[0] if len(results) == 1 else Told(f"{len(results)} leads will be made anew within a minute.")


def who(chosen: Chosen) -> AbstractBaseUser | None:
    return chosen.by if isinstance(chosen.by, AbstractBaseUser) else None


def what_is_pushed(rows: QuerySet[Any]) -> str:
    """How many it is, for a selection of any size."""
    count = rows.count()
    return (
        f"{count:,} {'company is' if count == 1 else 'companies are'} pushed to {titles(chosen_crms())}, before all that a "
        "schedule asked for, and also where the segment is Skip. A lead that is as Hunter wants it already is not written."
    )


TITLE = titles(chosen_crms())
PUSH_COMPANY = Act(
    "push", f"Push to {TITLE}", "crm.push_crmrecord", push_companies, places(Place.DETAIL), icon="upload",
)  # fmt: skip
PUSH_COMPANIES = Act(
    "push_selected", f"Push to {TITLE}", "crm.push_crmrecord", push_companies, places(Place.SELECTION), icon="upload",
    about=what_is_pushed,
)  # fmt: skip
PUSH_RECORD = Act(
    "push", "Push", "crm.push_crmrecord", push_records, places(Place.ROW, Place.DETAIL, Place.SELECTION), icon="upload",
    offered=lambda row: row.state != LeadState.GONE,
)  # fmt: skip
PUSH_DUE = Act(
    "push_due", "Push what is due", "crm.push_crmrecord", push_what_is_due, places(Place.PAGE), icon="upload",
)  # fmt: skip
MAKE_AGAIN = Act(
    "make_again", "Make the lead again", "crm.recreate_crmrecord", make_again, places(Place.ROW, Place.DETAIL), icon="restore",
    question="Somebody deleted the lead in the CRM. It is made anew there, under a new id, with what Hunter knows now.",
    offered=lambda row: row.state == LeadState.GONE,
)  # fmt: skip
