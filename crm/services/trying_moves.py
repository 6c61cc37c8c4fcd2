"""What a move to a version of the mapping would write: nothing is written, nothing is asked for (R4.8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from crm.backend import CrmBackend
from crm.models import CrmRecord
from crm.services.previewing import previews, resolved_mapping
from crm.services.remapping import PAGE, RemapReport
from crm.services.wanting import Wishes
from hunter.errors import HunterError
from leads.models import Company


def try_remap(backend: CrmBackend, *, version: int, progress: Callable[[str], None] = lambda text: None) -> RemapReport:
    """What a move would write, column by column; the mapping need not be in force. Reads only. Raises MappingError."""
    tried = backend.mapping_of(version)
    resolved, _ = resolved_mapping(replace(backend, load_mapping=lambda: tried))
    wishes = Wishes.of(backend, resolved)
    columns: Counter[str] = Counter()
    due, differing, last = 0, 0, 0
    rows = CrmRecord.objects.of_crm(backend.name).of_other_mappings(version)
    versions: set[int] = set(rows.order_by().values_list("mapping_version", flat=True).distinct())
    while keys := list(
        rows.filter(company_id__gt=last).order_by("company_id").values_list("company_id", flat=True)[:PAGE]
    ):
        for preview in previews(Company.objects.filter(pk__in=keys).order_by("pk"), backend, wishes):
            differing += bool(preview.difference or preview.refused)
            columns.update(one.column for one in preview.difference)
        due, last = due + len(keys), keys[-1]
        progress(f"{due} leads")
    return RemapReport(
        version, due, 0, differing, columns, dropped=dropped_columns(backend, versions, version), dry=True
    )


def dropped_columns(backend: CrmBackend, before: set[int], version: int) -> tuple[str, ...]:
    """Columns that an earlier mapping wrote and this one does not; of a file that is gone nothing is known."""
    now = {column.name for column in backend.mapping_of(version).column}
    gone: set[str] = set()
    for earlier in sorted(before - {0, version}):
        try:
            gone |= {column.name for column in backend.mapping_of(earlier).column} - now
        except HunterError:
            continue
    return tuple(sorted(gone))
