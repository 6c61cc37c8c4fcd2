"""Clearing away what old imports leave behind, a block at a time."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef

from leads.models import CompanyImport, ImportFile, ImportPart, ImportRow, ImportState

ROWS_AT_ONCE, PARTS_AT_ONCE, FILES_AT_ONCE = 5_000, 50, 100


def prune_imports(*, before: datetime) -> bool:
    """Delete rows and bytes of imports that are older; whether there is more. In the caller's transaction.

    An import that runs keeps everything, however old it is. One that nobody began goes with its file.
    """
    running = CompanyImport.objects.filter(state=ImportState.RUNNING)
    old = CompanyImport.objects.filter(created_at__lt=before).exclude(pk__in=running.values("pk"))
    rows = ImportRow.objects.filter(company_import__in=old).order_by("pk").values_list("pk", flat=True)[:ROWS_AT_ONCE]
    if deleted := list(rows):
        ImportRow.objects.filter(pk__in=deleted).delete()
        return True

    in_use = Exists(running.filter(file=OuterRef("pk")))
    files = ImportFile.objects.filter(received_at__lt=before, kept=True).exclude(in_use)
    parts = ImportPart.objects.filter(file__in=files).order_by("pk").values_list("pk", flat=True)[:PARTS_AT_ONCE]
    if deleted := list(parts):
        ImportPart.objects.filter(pk__in=deleted).delete()
        return True

    old.filter(state=ImportState.PREPARING).delete()
    files.update(kept=False)
    without_import = ImportFile.objects.filter(received_at__lt=before, imports__isnull=True).order_by("pk")
    if orphans := list(without_import.values_list("pk", flat=True)[:FILES_AT_ONCE]):
        ImportFile.objects.filter(pk__in=orphans).delete()
    return len(orphans) == FILES_AT_ONCE
