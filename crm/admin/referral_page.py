"""The last steps of a referral's time line: pushed, and confirmed by the CRM."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.admin.lead_states import LeadStanding, can_be_opened, lead_link, result_words, standings, why_not
from crm.backend import CrmBackend
from crm.models import CrmRecord
from crm.registry import chosen_crms, crm_backend
from hunter.ops.showing import Tone, link, page_url
from leads.models import Company
from referrals.admin import referral_page
from referrals.admin.referral_page import TimelineStep
from referrals.models import Referral


def crm_steps(referral: Referral, request: HttpRequest) -> Iterable[TimelineStep]:
    """Two steps for each CRM."""
    if not request.user.has_perm("crm.view_crmrecord"):
        return
    if referral.company is None:
        for backend in chosen_crms():
            yield TimelineStep(f"Pushed to {backend.title}", done=False, words="follows once it has a company")
            yield TimelineStep(confirmed_in(backend), done=False, words="")
        return
    for standing in standings([referral.company])[referral.company.pk]:
        yield from steps_of(referral.company, standing)


def steps_of(company: Company, standing: LeadStanding) -> Iterable[TimelineStep]:
    backend = crm_backend(standing.crm)
    record, work = standing.record, standing.work
    words, tone = standing.words
    if words == "not pushed":
        words = why_not(company, record)
    pushed = record is not None and bool(record.last_result)
    confirmed = record is not None and record.ever_confirmed and tone is Tone.GOOD
    tries = f", {work.attempts} {'try' if work.attempts == 1 else 'tries'} so far" if work.attempts else ""
    yield TimelineStep(
        f"Pushed to {backend.title}", done=pushed,
        words=f"{result_words(record)}{tries}" if pushed and record else f"{words}{tries}",
        at=record.last_result_at if record else None, next_try=work.due_at,
    )  # fmt: skip
    yield TimelineStep(
        confirmed_in(backend), done=confirmed,
        words=stands(words, record) if record else words,
        at=record.synced_at if record else None,
    )  # fmt: skip


def stands(words: str, record: CrmRecord) -> SafeString:
    """How the lead stands, with the way to what is known of it here and to itself there."""
    here = link(words, page_url("crm_crmrecord", record.pk))
    return format_html("{} · {}", here, lead_link(record)) if can_be_opened(record) else here


def confirmed_in(backend: CrmBackend) -> str:
    return "Confirmed in the CRM" if len(chosen_crms()) == 1 else f"Confirmed in {backend.title}"


referral_page.later_steps.append(crm_steps)
