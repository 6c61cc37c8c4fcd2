"""What of the history of companies may go, and what must go along with it.

What changed at a company stays: it is written only where something did change, and it is what people read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from hunter.remote.clock import database_now
from hunter.work.history import forget_items
from hunter.work.models import ErrorRecord
from hunter.work.pruning import Prunable
from leads.alerting import AlertState, AlertType, DeliveryState
from leads.models import (
    Alert,
    AlertDelivery,
    AlertLine,
    CompanyImport,
    ImportFile,
    ImportPart,
    ImportRow,
    ImportState,
    ScanJob,
    ScanJobEntry,
    ScoringRun,
)
from leads.scan_kind import SCAN
from leads.services.alerts import DELIVER
from leads.services.scan_jobs import SCAN_JOB

PARTS_AT_ONCE = 50  # a part is a piece of a file, not a row

# Scans of many domains -------------------------------------------------------------------------------------------------


def old_scan_jobs(before: datetime) -> QuerySet[ScanJob]:
    """Those that have ended, save the newest one and those with a domain whose error is still open.

    Their age is that of their beginning: a count changes, and so the time of the last change, when a domain is cleared.
    """
    unsettled = ErrorRecord.objects.unsettled().filter(kind=SCAN, key=OuterRef("domain"))
    failed = ScanJobEntry.objects.filter(job=OuterRef("pk"), state=ScanJobEntry.State.FAILED)
    newer = ScanJob.objects.filter(pk__gt=OuterRef("pk"))
    ended = ScanJob.objects.filter(Q(pending=0) & (Q(cancelled=0) | Q(wish=ScanJob.Wish.CANCEL)))
    old = ended.filter(Exists(newer), going_since__lt=before)
    return old.exclude(Exists(failed.filter(Exists(unsettled))))


def old_scan_entries(before: datetime) -> QuerySet[ScanJobEntry]:
    """The domains of those jobs."""
    return ScanJobEntry.objects.filter(job__in=old_scan_jobs(before))


def clear_scan_entries(keys: list[int]) -> None:
    """The jobs are locked first (R3.6); one that somebody has resumed meanwhile keeps what it has."""
    entries = ScanJobEntry.objects.filter(pk__in=keys)
    jobs = ScanJob.objects.select_for_update(no_key=True).filter(pk__in=entries.values("job")).order_by("pk")
    entries.filter(job__in=[job.pk for job in jobs if job.standing in ENDED]).delete()


def emptied_scan_jobs(before: datetime) -> QuerySet[ScanJob]:
    """Old jobs of which no domain is left."""
    return old_scan_jobs(before).exclude(Exists(ScanJobEntry.objects.filter(job=OuterRef("pk"))))


def clear_scan_jobs(keys: list[int]) -> None:
    """They go with the work that looked after them."""
    ScanJob.objects.filter(pk__in=keys).delete()
    forget_items(SCAN_JOB, map(str, keys))


ENDED = frozenset({ScanJob.Standing.DONE, ScanJob.Standing.DONE_WITH_ERRORS, ScanJob.Standing.CANCELLED})

# Alerts ----------------------------------------------------------------------------------------------------------------


def old_alerts(before: datetime) -> QuerySet[Alert]:
    """Those that were told, by every channel that takes them; an end of a domain that is still to come is not raised twice."""
    untold = AlertLine.objects.filter(alert=OuterRef("pk")).exclude(
        delivery__state__in=[DeliveryState.SENT, DeliveryState.SKIPPED]
    )
    to_come = Q(type=AlertType.EXPIRE_SOON, occasion__gte=database_now().date().isoformat())
    old = Alert.objects.filter(state=AlertState.SENT, settled_at__lt=before, routed_at__lt=before)
    return old.exclude(to_come).exclude(Exists(untold))


def old_deliveries(before: datetime) -> QuerySet[AlertDelivery]:
    """Messages whose alerts are gone, save the newest of each channel."""
    newer = AlertDelivery.objects.filter(channel=OuterRef("channel"), begun_at__gt=OuterRef("begun_at"))
    settled = [DeliveryState.SENT, DeliveryState.SKIPPED]
    old = AlertDelivery.objects.filter(state__in=settled, settled_at__lt=before, lines__isnull=True)
    return old.filter(Q(begun_at__isnull=True) | Exists(newer))


def clear_deliveries(keys: list[Any]) -> None:
    """They go with the work that sent them."""
    AlertDelivery.objects.filter(pk__in=keys).delete()
    forget_items(DELIVER, map(str, keys))


# Scores ----------------------------------------------------------------------------------------------------------------


def old_scoring_runs(before: datetime) -> QuerySet[ScoringRun]:
    """Finished ones, save the newest real one and the newest dry run."""
    newer = ScoringRun.objects.filter(applies=OuterRef("applies"), pk__gt=OuterRef("pk"))
    return ScoringRun.objects.filter(Exists(newer), finished_at__lt=before)


# Imports ---------------------------------------------------------------------------------------------------------------


def import_days() -> int:
    """How long the rows of an import are kept."""
    days: int = settings.IMPORT_KEEP_DAYS
    return days


def old_imports(before: datetime) -> QuerySet[CompanyImport]:
    """An import that runs keeps everything, however old it is."""
    return CompanyImport.objects.filter(created_at__lt=before).exclude(state=ImportState.RUNNING)


def old_import_rows(before: datetime) -> QuerySet[ImportRow]:
    """What became of each row; what the import counted stays."""
    return ImportRow.objects.filter(company_import__in=old_imports(before))


def old_import_parts(before: datetime) -> QuerySet[ImportPart]:
    """The bytes of files that no running import reads."""
    in_use = CompanyImport.objects.filter(file=OuterRef("file"), state=ImportState.RUNNING)
    return ImportPart.objects.filter(file__received_at__lt=before).exclude(Exists(in_use))


def clear_import_parts(keys: list[int]) -> None:
    """A file with a part less is kept no more."""
    parts = ImportPart.objects.filter(pk__in=keys)
    ImportFile.objects.filter(pk__in=parts.values("file"), kept=True).update(kept=False)
    parts.delete()


def unbegun_imports(before: datetime) -> QuerySet[CompanyImport]:
    """Lists that were given and never begun."""
    return old_imports(before).filter(state=ImportState.PREPARING)


def old_import_files(before: datetime) -> QuerySet[ImportFile]:
    """Files of which no import is left."""
    return ImportFile.objects.filter(received_at__lt=before, imports__isnull=True)


PRUNABLES = (
    Prunable("scan_job_entries", "domains of finished scans", old_scan_entries, clear=clear_scan_entries),
    Prunable("scan_jobs", "finished scans", emptied_scan_jobs, clear=clear_scan_jobs),
    Prunable("alerts", "alerts that were told", old_alerts),
    Prunable("alert_messages", "messages of alerts", old_deliveries, clear=clear_deliveries),
    Prunable("scoring_runs", "runs of scores", old_scoring_runs),
    Prunable("import_rows", "rows of imports", old_import_rows, keep_days=import_days),
    Prunable(
        "import_parts", "pieces of imported files", old_import_parts,
        keep_days=import_days, clear=clear_import_parts, batch=PARTS_AT_ONCE,
    ),
    Prunable("imports", "imports that nobody began", unbegun_imports, keep_days=import_days),
    Prunable("import_files", "files without an import", old_import_files, keep_days=import_days),
)  # fmt: skip
