"""Looking after scan jobs as work of the ledger: lane hunter, the key is the job's id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from hunter.errors import HunterError
from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work.kinds import Claimed, Done, Handler, Kind, Outcome, Progress, Verdict
from hunter.work.policies import POLICIES
from leads.models import ScanJob
from leads.services.scan_jobs import SCAN_JOB, advance_locked, give_up_lost, locked_job

LOOK_EVERY, LOOK_SOON = timedelta(minutes=5), timedelta(seconds=5)


class ScanJobHandler(Handler[None, None]):
    """Does one piece of what a job still has to do; comes back by itself until the job has ended."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, Verdict]:
        return {one.item_id: look_at(int(one.key)) for one in sorted(claimed, key=lambda one: int(one.key))}

    def act(self, brief: None, gates: Gates) -> None:
        """All is done in the claim."""

    def settle(self, outcomes: Sequence[Outcome[None]]) -> Mapping[int, Verdict]:
        return {}


def look_at(job_id: int) -> Verdict:
    """One piece of a job in the caller's transaction; a job that ran into a scan which never comes is not left waiting."""
    try:
        job = locked_job(job_id)
    except HunterError:
        return Done()  # somebody has deleted it
    if advance_locked(job) or give_up_lost(job):
        return Progress()
    job.refresh_from_db()
    if job.standing == ScanJob.Standing.PAUSED and job.entries.asked().exists():
        return Done(next_due=LOOK_SOON)  # what runs may have to wait once more
    return Done(next_due=LOOK_EVERY if job.standing == ScanJob.Standing.RUNNING else None)


def scan_job_kind() -> Kind:
    """How the ledger looks after scan jobs."""
    return Kind(
        name=SCAN_JOB,
        lane=LaneName.HUNTER,
        handler=ScanJobHandler,
        policy=POLICIES[SCAN_JOB],
        service="hunter",
        operation="look after a scan of many domains",
        longest_act=timedelta(seconds=60),
    )
