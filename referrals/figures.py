"""What the home page shows of referrals and syncs."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse

from hunter.ops import lane_notes, ways_out
from hunter.ops.figures import FirstStep, LatestRun, Need, Stage, registry
from hunter.ops.showing import Tone, list_url, page_url
from hunter.ops.subjects import register_subject
from hunter.remote.lanes import LaneName
from hunter.remote.sign_ins import signed_in
from hunter.work.models import Heartbeat
from referrals.admin import stages, sync_run
from referrals.models import Referral, SyncRun, SyncState
from referrals.services.deliveries import KIND as WEBHOOK
from referrals.services.quarantine import KIND
from referrals.services.signing_in import NAME
from referrals.services.vanishing import KIND as VANISH_KIND
from referrals.services.vanishing import run_to_check
from referrals.services.writing_back import KIND as WRITING
from referrals.sign_in_note import sign_in_note, sign_in_page, to_the_sign_in

TONES: dict[str, tuple[str, Tone]] = {
    SyncState.RUNNING: ("running", Tone.RUNNING),
    SyncState.DONE: ("done", Tone.GOOD),
    SyncState.DONE_WITH_ERRORS: ("done, with errors", Tone.NEEDS_YOU),
    SyncState.PAUSED: ("paused", Tone.NEEDS_YOU),
    SyncState.FAILED: ("failed", Tone.FAILED),
    SyncState.CANCELLED: ("cancelled", Tone.ASIDE),
    SyncState.DRY_RUN: ("dry run", Tone.ASIDE),
}
MOST_RUNS = 3


def links_to_review() -> Iterable[Need]:
    """Referrals for which a person can name the company now; those that nothing is known of come last, and calmly."""
    several = Referral.objects.ambiguous()
    if count := several.count():
        oldest = several.order_by("created_at").values_list("created_at", flat=True).first()
        words = "1 referral could" if count == 1 else f"{count:,} referrals could"
        yield Need(
            f"{words} belong to more than one company", review_address(), "Review", since=oldest, weight=50,
            permission="referrals.relink_referral",
        )  # fmt: skip
    if fitting := Referral.objects.to_review().count() - count:
        words = (
            "1 referral names no domain, but a company"
            if fitting == 1
            else f"{fitting:,} referrals name no domain, but companies"
        )
        yield Need(
            f"{words} that you have may be the customer", review_address(), "Review", weight=45,
            permission="referrals.relink_referral",
        )  # fmt: skip
    if nameless := Referral.objects.without_clue().count():
        words = "1 referral names" if nameless == 1 else f"{nameless:,} referrals name"
        yield Need(
            f"{words} no company's domain", list_url("referrals_referral", review="0"), "See", weight=20,
            permission="referrals.view_referral",
        )  # fmt: skip


def review_address() -> str:
    return f"{reverse('admin:referrals_referral_act', args=['link'])}?review=1"


def failed_sync() -> Iterable[Need]:
    """The last sync, when it ended without having read everything."""
    last = SyncRun.objects.real().order_by("-id").first()
    if last is not None and last.state == SyncState.FAILED:
        yield Need(
            f"The last sync of Partner Center failed: {last.error}", page_url("referrals_syncrun", last.pk), "See",
            since=last.finished_at, tone=Tone.FAILED, weight=90, permission="referrals.view_syncrun",
        )  # fmt: skip


def paused_sync() -> Iterable[Need]:
    """A sync that a person has paused: none begins until it goes on or is cancelled."""
    run = SyncRun.objects.filter(state=SyncState.PAUSED).first()
    if run is not None:
        yield Need(
            f"{run} was paused by {run.halted_by or 'a person'}; no referral comes in until it goes on",
            page_url("referrals_syncrun", run.pk), "See", since=run.started_at, weight=60,
            permission="referrals.view_syncrun",
        )  # fmt: skip


def pipeline() -> Iterable[Stage]:
    return stages.funnel()


def latest_syncs() -> Iterable[LatestRun]:
    for run in sync_run.with_next_try(SyncRun.objects.order_by("-id"))[:MOST_RUNS]:
        state, tone = ("waiting", Tone.WAITING) if sync_run.next_try(run) else TONES[run.state]
        yield LatestRun(
            "Sync, Partner Center", page_url("referrals_syncrun", run.pk), run.started_at, state, tone,
            words=f"+{run.created:,} new · ~{run.updated:,} changed · {run.unchanged:,} same",
        )  # fmt: skip


def first_steps() -> Iterable[FirstStep]:
    """What has to hold before referrals come in."""
    is_on = bool(settings.PARTNER_CENTER_ENABLED)
    syncs = list_url("referrals_syncrun")
    yield FirstStep(10, "Database ready", done=True)
    yield FirstStep(
        20, "Partner Center switched on", is_on, "Set PARTNER_CENTER_ENABLED and its settings, then restart."
    )
    has_account = bool(signed_in(NAME) or settings.PARTNER_CENTER_REFRESH_TOKEN)
    yield FirstStep(
        25, "Signed in to Partner Center", has_account, "In your browser, with the account that may see the referrals.",
        sign_in_page(), "Sign in",
    )  # fmt: skip
    yield FirstStep(
        30, "Workers alive", Heartbeat.objects.exists(), "Start them: `manage.py workers`. They report within a minute.",
        reverse("admin:remote_lane_changelist"), "Lanes",
    )  # fmt: skip
    done = SyncRun.objects.filter(state__in=[SyncState.DONE, SyncState.DONE_WITH_ERRORS]).exists()
    yield FirstStep(40, "First sync", done, "Reads every referral; about a second for each hundred.", syncs, "Syncs")


def referral_page(referral_id: str) -> str:
    """The page of a referral; empty for a row that was never stored."""
    pk = Referral.objects.filter(referral_id=referral_id).values_list("pk", flat=True).first()
    return page_url("referrals_referral", pk) if pk else ""


def run_that_waits(account: str) -> str:
    """The page of the sync whose missing referrals wait for a person."""
    run = run_to_check(account)
    return page_url("referrals_syncrun", run.pk) if run else list_url("referrals_syncrun")


for _kind in (KIND, WRITING, WEBHOOK):
    register_subject(_kind, address=referral_page)
lane_notes.sources[LaneName.PARTNER_CENTER] = sign_in_note
ways_out.sources.append(to_the_sign_in)
register_subject(VANISH_KIND, address=run_that_waits)
registry.needs += [links_to_review, failed_sync, paused_sync]
registry.stages.append(pipeline)
registry.runs.append(latest_syncs)
registry.first_steps.append(first_steps)
