"""How far the scans of a page are: one query for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from leads.models import ScanJob, ScanJobEntry
from leads.models.scan_jobs import ScanJobCounts


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """The counts of a scan, and one word for them."""

    counts: ScanJobCounts

    @property
    def state(self) -> str:
        if self.counts.pending:
            return "running"
        return "done_with_errors" if self.counts.failed else "done"


def attach_progress(jobs: Sequence[ScanJob]) -> Sequence[ScanJob]:
    """The same scans with their progress, ready to be shown."""
    counted: defaultdict[int, dict[str, int]] = defaultdict(dict)
    rows = ScanJobEntry.objects.filter(job__in=jobs).order_by().values_list("job_id", "state")
    for job_id, state, count in rows.annotate(count=Count("pk")):
        counted[job_id][state] = count
    for job in jobs:
        counts = {state: counted[job.pk].get(state, 0) for state in ScanJobEntry.State.values}
        vars(job)["progress"] = ScanProgress(ScanJobCounts(**counts))
    return jobs
