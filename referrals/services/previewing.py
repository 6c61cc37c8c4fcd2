"""A dry run of the sync: every page is read and decided, nothing of it is stored, and what it would do is kept (runs, 6)."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from typing import Any

from django.conf import settings
from django.db import transaction

from hunter.remote.clock import database_now
from hunter.remote.gate import direct_gate
from hunter.remote.lanes import LaneName
from hunter.remote.tokens import with_bearer
from hunter.remote.wording import storable
from leads.services.companies import consumer_domains
from referrals.authentication import PartnerCenterSignIn
from referrals.client import Page, PartnerCenterClient
from referrals.kinds import LinkStatus
from referrals.models import PreviewedRow, Referral, SyncMode, SyncPage, SyncRun, SyncState, WouldBe
from referrals.services import runs
from referrals.services.planning import PagePlan, plan_page
from referrals.services.runs import Wish
from referrals.services.storing import COLUMNS
from referrals.services.syncing import TOKEN_OUTLIVES, WAIT_FOR_SLOT, Progress, SyncReport, report_of

UNFINISHED = "It was cut short; what stands here is as far as it came."
TOLD = tuple(column for column in COLUMNS if column not in {"referral_id", "raw_data", "content_hash", "etag"})


def preview_sync(wish: Wish, *, asked_by: str = "", progress: Progress = lambda text: None) -> SyncReport:
    """Read every page and keep what a sync would do, as a run that says so. Not inside a transaction.

    Raises HunterError when it can't begin, or a page can't be had. Its memory does not grow with the number of pages.
    """
    runs.check_enabled()
    began, started_at, private = time.monotonic(), database_now(), consumer_domains()
    since = runs.since_of(wish, watermark=runs.last_watermark(runs.account()))
    with direct_gate(LaneName.PARTNER_CENTER, wait=WAIT_FOR_SLOT) as gate:

        def begin(token: str) -> tuple[PartnerCenterClient, Page]:
            client = PartnerCenterClient(base_url=settings.PARTNER_CENTER_URL, gate=gate, bearer=token)
            return client, client.first_page(since=since)

        client, page = with_bearer(PartnerCenterSignIn(), begin, outlives=TOKEN_OUTLIVES)
        run = SyncRun(
            account=runs.account(),
            mode=SyncMode.INCREMENTAL if since else SyncMode.FULL,
            state=SyncState.DRY_RUN,
            since=since,
            asked_by=asked_by,
            started_at=started_at,
        )
        preview_page(run, page, consumer_domains=private)
        while page.next_link:
            progress(f"{run.fetched} referrals so far")
            page = client.next_page(page.next_link)
            preview_page(run, page, consumer_domains=private)
    return report_of(run, seconds=time.monotonic() - began)


@transaction.atomic(durable=True)
def preview_page(run: SyncRun, page: Page, *, consumer_domains: frozenset[str]) -> None:
    """Decide a page, and keep what would become of its rows; nothing of it is stored."""
    plan = plan_page(page.rows, consumer_domains=consumer_domains)
    new = {one for one in plan.changed if one not in plan.stored}
    unchanged = list(plan.unchanged.elements())
    linked = sum(_would_be_linked(plan, one) for one in (*plan.changed, *unchanged))
    run.pages += 1
    run.fetched += plan.fetched
    run.created += len(new)
    run.updated += len(plan.changed) - len(new)
    run.unchanged += len(unchanged)
    run.failed += len(plan.faults)
    run.linked += linked
    run.unlinked += len(plan.changed) + len(unchanged) - linked
    for reason, count in plan.skipped.items():
        run.skipped[reason] = run.skipped.get(reason, 0) + count
    run.finished_at = database_now()
    run.error = UNFINISHED if page.next_link else ""
    run.save()
    same = sorted(plan.stored[one].pk for one in unchanged)
    SyncPage.objects.create(run=run, number=run.pages, unchanged=same)
    PreviewedRow.objects.bulk_create(_rows(run, plan, new=new))


def _rows(run: SyncRun, plan: PagePlan, *, new: Collection[str]) -> Iterable[PreviewedRow]:
    held = Referral.objects.filter(referral_id__in=plan.changed.keys() - set(new)).values("referral_id", *TOLD)
    before = {row["referral_id"]: row for row in held}
    for one, reading in sorted(plan.changed.items()):
        words = _company(plan, one) if one in new else _difference(before.get(one, {}), reading.fields)
        would_be = WouldBe.CREATED if one in new else WouldBe.UPDATED
        name = reading.fields.name or reading.fields.company_name
        yield PreviewedRow(run=run, would_be=would_be, key=one, name=name, words=words)
    for fault in plan.faults:
        words = storable(fault.error.message, longest=1000)
        yield PreviewedRow(run=run, would_be=WouldBe.REFUSED, key=storable(fault.key, longest=255), words=words)


def _company(plan: PagePlan, referral_id: str) -> str:
    link = plan.links[referral_id]
    if link.domain:
        return f"linked to {link.domain}"
    return "several candidates" if link.status is LinkStatus.MULTI_CANDIDATE else "no company"


def _difference(held: dict[str, Any], fields: Any) -> str:
    names = [column for column in TOLD if held.get(column) != getattr(fields, column)]
    return ", ".join(name.removesuffix("_at_source").replace("_", " ") for name in names)[:1000] or "its raw data only"


def _would_be_linked(plan: PagePlan, referral_id: str) -> bool:
    link = plan.links.get(referral_id)
    return link.status is LinkStatus.AUTO_LINKED if link else plan.stored[referral_id].linked_to is not None
