"""What a move to a version of the mapping would write: nothing is written, nothing is asked for (R4.8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from crm.backend import CrmBackend
from crm.mapping.loading import MappingError
from crm.models import CrmRecord, CrmRecordQuerySet
from crm.services.dry_runs import MOST_AT_ONCE
from crm.services.previewing import PushPreview, previews, resolved_mapping
from crm.services.remapping import PAGE, RemapReport
from crm.services.wanting import Wishes
from hunter.errors import HunterError
from leads.models import Company


@dataclass(frozen=True, slots=True)
class TriedMove:
    """A version that need not be in force, and the leads that a move to it would look at."""

    wishes: Wishes
    leads: CrmRecordQuerySet
    dropped: tuple[str, ...]

    @classmethod
    def of(cls, backend: CrmBackend, version: int) -> TriedMove:
        """Raises MappingError that names `to` where there is no such version, Misconfigured where it does not fit the CRM."""
        try:
            tried = backend.mapping_of(version)
        except MappingError as error:
            raise MappingError(error.message, field="to") from error
        resolved, _ = resolved_mapping(replace(backend, load_mapping=lambda: tried))
        leads = CrmRecord.objects.of_crm(backend.name).of_other_mappings(version)
        versions: set[int] = set(leads.order_by().values_list("mapping_version", flat=True).distinct())
        return cls(Wishes.of(backend, resolved), leads, dropped_columns(backend, versions, version))

    def compared(self, backend: CrmBackend, *, after: int) -> Iterator[tuple[Company, PushPreview]]:
        """The next leads behind a company, at most PAGE, each as a push by that version would send it."""
        behind = self.leads.filter(company_id__gt=after).order_by("company_id")
        keys = list(behind.values_list("company_id", flat=True)[:PAGE])
        companies = list(Company.objects.filter(pk__in=keys).order_by("pk"))
        return zip(companies, previews(companies, backend, self.wishes), strict=True)


@dataclass(frozen=True, slots=True)
class MovePage:
    """The leads that were found to differ, of how many a move would look at in all, and the company behind which the next
    look begins; None at the end."""

    leads: tuple[PushPreview, ...]
    due: int
    dropped: tuple[str, ...]
    next: int | None


def move_page(backend: CrmBackend, *, version: int, after: int, limit: int, most: int = MOST_AT_ONCE) -> MovePage:
    """The next leads that a move would write, behind a company: at most `limit`, after comparing at most `most`.

    Raises MappingError that names `to` where there is no such version, Misconfigured where it does not fit the CRM.
    """
    move = TriedMove.of(backend, version)
    due, compared = move.leads.count(), 0
    found: list[PushPreview] = []
    while compared < most:
        seen = 0
        for company, preview in move.compared(backend, after=after):
            seen, after = seen + 1, company.pk
            if would_write(preview):
                found.append(preview)
            if len(found) == limit:
                return MovePage(tuple(found), due, move.dropped, after)
        compared += seen
        if not seen:
            return MovePage(tuple(found), due, move.dropped, None)
    return MovePage(tuple(found), due, move.dropped, after)


def try_remap(backend: CrmBackend, *, version: int, progress: Callable[[str], None] = lambda text: None) -> RemapReport:
    """What a move would write, column by column; the mapping need not be in force. Reads only. Raises MappingError."""
    move = TriedMove.of(backend, version)
    columns: Counter[str] = Counter()
    due = differing = after = 0
    while page := list(move.compared(backend, after=after)):
        for company, preview in page:
            after = company.pk
            differing += would_write(preview)
            columns.update(one.column for one in preview.difference)
        due += len(page)
        progress(f"{due} leads")
    return RemapReport(version, due, 0, differing, columns, dropped=move.dropped, dry=True)


def would_write(preview: PushPreview) -> bool:
    """Whether there is a difference, or a value that can't be sent."""
    return bool(preview.difference or preview.refused)


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
