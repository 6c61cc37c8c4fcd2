"""The figures of the demo, read from Hunter's database and from the sandbox's own store, so that each checks the other."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import requests
from django.db import connection
from django.db.models import Count, Q, Sum

from crm.models import CrmRecord
from hunter.work.models import ErrorRecord, Item
from leads.models import Company
from leads.models.choices import ScanState
from referrals.models import SyncRun

# Something was asked for and not tried yet, or is being done; what waits for another try counts as failed for now.
AT_WORK = """
select count(*) filter (where i.kind = 'sync_referrals'), count(*) filter (where i.kind = 'scan'),
       count(*) filter (where i.kind like 'push%%')
from work_item i where i.due_at is not null
  and (i.lease is not null or (i.attempts = 0 and i.due_at < clock_timestamp() + interval '30 seconds'))
"""


@dataclass(frozen=True, slots=True)
class AtWork:
    """How many items of each step wait for their first try or are being worked on."""

    syncs: int
    scans: int
    pushes: int

    def is_quiet(self) -> bool:
        """Whether nothing is left to do."""
        return not (self.syncs or self.scans or self.pushes)


@dataclass(frozen=True, slots=True)
class DemoFigures:
    """What came through, as `make demo ARGS="--exit --json"` prints it."""

    referrals: dict[str, int]
    companies: int
    scanned: int
    scan_failed: int
    due: int
    pushed: int
    push_failed: int
    for_a_person: int
    crm: dict[str, int]
    errors: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def adds_up(self) -> bool:
        """Whether Hunter's figures agree with each other and with what the CRM holds."""
        told = self.referrals
        parts = told["linked"] + told["unlinked"] + told["skipped"] + told["failed"]
        return (
            told["received"] == parts
            and self.companies == self.scanned + self.scan_failed
            and self.due == self.pushed + self.push_failed
            and self.crm["leads"] == self.crm["domains"] == self.pushed
        )


def at_work() -> AtWork:
    """What is left to do now."""
    with connection.cursor() as cursor:
        cursor.execute(AT_WORK)
        return AtWork(*cursor.fetchone())


def sync_is_over() -> bool:
    """Whether the first sync has come to its end."""
    return SyncRun.objects.filter(finished_at__isnull=False).exists()


def read_figures(*, sandbox_url: str, seconds: float) -> DemoFigures:
    """Read both sides. Raises requests.RequestException when the sandbox is gone."""
    scans = Company.objects.aggregate(
        companies=Count("id"),
        scanned=Count("id", filter=Q(scan_status__in=[ScanState.SUCCESS, ScanState.WHOIS_FAILED])),
    )
    pushes = CrmRecord.objects.aggregate(
        pushed=Count("id", filter=Q(state="synced") | Q(state="review", ever_confirmed=True)),
        for_a_person=Count("id", filter=Q(state__in=["review", "closed", "gone"])),
    )
    unpushed = (
        Item.objects.filter(kind__startswith="push").filter(Q(due_at__isnull=False) | Q(dead_at__isnull=False)).count()
    )
    return DemoFigures(
        referrals=_referral_figures(),
        companies=scans["companies"],
        scanned=scans["scanned"],
        scan_failed=scans["companies"] - scans["scanned"],
        due=pushes["pushed"] + unpushed,
        pushed=pushes["pushed"],
        push_failed=unpushed,
        for_a_person=pushes["for_a_person"],
        crm=_crm_figures(sandbox_url),
        errors=ErrorRecord.objects.unsettled().count(),
        seconds=round(seconds, 1),
    )


def _referral_figures() -> dict[str, int]:
    sums = SyncRun.objects.aggregate(
        received=Sum("fetched"), linked=Sum("linked"), unlinked=Sum("unlinked"), failed=Sum("failed")
    )
    skipped = sum(run.skipped_total for run in SyncRun.objects.all())
    return {name: sums[name] or 0 for name in ("received", "linked", "unlinked")} | {
        "skipped": skipped,
        "failed": sums["failed"] or 0,
    }


def _crm_figures(sandbox_url: str) -> dict[str, int]:
    """From the simulator's store: a lead that Hunter wrote carries the time of its last sync."""
    leads = requests.get(f"{sandbox_url}/_control/state/dataverse", timeout=30).json()["leads"]
    companies = requests.get(f"{sandbox_url}/_control/state/hubspot", timeout=30).json()["companies"]
    held = [(lead.get("hnt_domain"), lead.get("hnt_lastsynctime")) for lead in leads]
    written = [domain for domain, at in held if at]
    held = [(one["properties"].get("domain"), one["properties"].get("hnt_lastsynctime")) for one in companies]
    beside = [domain for domain, at in held if at]
    return {
        "leads": len(written) + len(beside),
        "domains": len(set(written)) + len(set(beside)),
        "adopted": CrmRecord.objects.filter(is_adopted=True, state="synced").count(),
    }
