"""The last steps of a referral's time line: pushed, and confirmed by the CRM."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from django.utils.html import format_html

from crm.admin.lead_states import lead_link, standings, why_not
from crm.registry import crm_backend
from hunter.ops.showing import Tone
from referrals.admin import referral_page
from referrals.admin.referral_page import TimelineStep
from referrals.models import Referral


def crm_steps(referral: Referral, request: HttpRequest) -> Iterable[TimelineStep]:
    if not request.user.has_perm("crm.view_crmrecord"):
        return
    title = crm_backend().title
    if referral.company is None:
        yield TimelineStep(f"Pushed to {title}", done=False, words="follows once it has a company")
        yield TimelineStep("Confirmed in the CRM", done=False, words="")
        return

    standing = standings([referral.company])[referral.company.pk]
    record, work = standing.record, standing.work
    words, tone = standing.words
    if words == "not pushed":
        words = why_not(referral.company, record)
    pushed = record is not None and bool(record.last_result)
    confirmed = record is not None and record.ever_confirmed and tone is Tone.GOOD
    tries = f", {work.attempts} {'try' if work.attempts == 1 else 'tries'} so far" if work.attempts else ""
    yield TimelineStep(
        f"Pushed to {title}", done=pushed, words=f"{record.last_result}{tries}" if pushed and record else f"{words}{tries}",
        at=record.last_result_at if record else None, next_try=work.due_at,
    )  # fmt: skip
    yield TimelineStep(
        "Confirmed in the CRM", done=confirmed,
        words=format_html("{} · {}", words, lead_link(record)) if record and record.is_known_there else words,
        at=record.synced_at if record else None,
    )  # fmt: skip


referral_page.later_steps.append(crm_steps)
