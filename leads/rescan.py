"""All companies that were scanned are scanned again every 24 hours (g.4): one job for each day.

A company that nobody has had scanned is left alone: its import said so, or a person cancelled its scan (g.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from hunter.remote.clock import database_now
from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work.kinds import Claimed, Done, Handler, Kind, Outcome, Progress, Verdict
from hunter.work.models import Item
from hunter.work.policies import POLICIES
from leads.models import Company, ScanJob
from leads.scan_kind import SCAN
from leads.services.scan_jobs import CHUNK, locked_job
from leads.services.scanning import begin, list_companies, stale_companies

RESCAN = "rescan"
STALE_AFTER = timedelta(hours=24)
LOOK_EVERY = timedelta(minutes=10)


class RescanHandler(Handler[None, None]):
    """Adds a piece of what is stale to the job of the day; a full piece means that there is more."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, Verdict]:
        verdict = Progress() if rescan_stale() == CHUNK else Done(next_due=LOOK_EVERY)
        return {one.item_id: verdict for one in claimed}

    def act(self, brief: None, gates: Gates) -> None:
        """All is done in the claim."""

    def settle(self, outcomes: Sequence[Outcome[None]]) -> Mapping[int, Verdict]:
        return {}


def rescan_stale() -> int:
    """Ask for up to a piece of stale companies, in the job of the day; how many. In the caller's transaction.

    Where a person has paused or cancelled the job of the day, nothing is added to it until the next day.
    """
    companies = unasked(stale_companies(age=STALE_AFTER).scan_tried())
    if not companies.exists():
        return 0
    job = job_of_the_day()
    if job.wish != ScanJob.Wish.GO:
        return 0
    listed = list_companies(job, Company.objects.filter(pk__in=list(companies.values_list("pk", flat=True)[:CHUNK])))
    begin(job)
    return listed


def unasked(companies: QuerySet[Company]) -> QuerySet[Company]:
    """Those of which no scan is due, and which were not given up: a sweep revives no dead letter."""
    asked = Item.objects.filter(kind=SCAN, key=OuterRef("domain")).filter(
        Q(due_at__isnull=False) | Q(dead_at__isnull=False)
    )
    return companies.filter(~Exists(asked)).order_by("domain")


def job_of_the_day() -> ScanJob:
    """Today's job, locked; made when it is wanted first."""
    today = database_now().date()
    made, _ = ScanJob.objects.get_or_create(rescan_day=today, defaults={"wanted": f"daily rescan of {today}"})
    return locked_job(made.pk)


def rescan_kind() -> Kind:
    """The standing work that asks for stale scans."""
    return Kind(
        name=RESCAN,
        lane=LaneName.HUNTER,
        handler=RescanHandler,
        policy=POLICIES[RESCAN],
        service="hunter",
        operation="look for scans that are due",
        longest_act=timedelta(seconds=60),
        standing_key="all",
    )
