"""Leads moved to another version of the mapping: found page by page, and pushed by the ledger (R4.8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from crm.backend import CrmBackend
from crm.mapping.loading import MappingError
from crm.models import CrmRecord, CrmRecordQuerySet, CrmRemap
from hunter.audit import recording
from hunter.errors import HunterError
from hunter.remote.lanes import LaneName
from hunter.work.asking import ask
from hunter.work.models import Item, Priority
from hunter.work.waiting import work_until

REMAP = "remap_leads"
PAGE = 500
LOOK_AGAIN = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class RemapReport:
    """How many leads were confirmed with another mapping, and how many pushes were asked for."""

    version: int
    due: int
    queued: int
    differing: int = 0
    columns: Counter[str] = field(default_factory=Counter)
    dropped: tuple[str, ...] = ()
    dry: bool = False
    failed: bool = False

    def sentence(self) -> str:
        if not self.due:
            return f"No lead was confirmed with another mapping than v{self.version}."
        if not self.dry:
            return f"{self.queued:,} of {self.due:,} leads are moved to mapping v{self.version} as the workers come to them."
        told = ", ".join(f"{column} of {count:,}" for column, count in self.columns.most_common())
        kept = f" No longer written, and left as they are: {', '.join(self.dropped)}." if self.dropped else ""
        leads = "1 lead" if self.due == 1 else f"{self.due:,} leads"
        return (
            f"{leads} would be moved to mapping v{self.version}; {self.differing:,} would be written"
            f"{f': {told}' if told else ''}.{kept}"
        )

    def as_dict(self) -> dict[str, Any]:
        told: dict[str, Any] = {"due": self.due, "queued": self.queued}
        if self.dry:
            told |= {"differing": self.differing, "columns": dict(self.columns), "dropped": list(self.dropped)}
        return told


def begun_words(run: CrmRemap) -> str:
    """That it goes on, and with how many leads it began."""
    return f"{'1 lead is' if run.total == 1 else f'{run.total:,} leads are'} moved to mapping v{run.version}."


def require_in_force(backend: CrmBackend, version: int) -> None:
    """Raises HunterError when leads would be pushed by another mapping than that."""
    chosen = backend.load_mapping().version
    if chosen != version:
        try:
            backend.mapping_of(version)
        except MappingError as error:
            raise HunterError(error.message, field="to") from error
        raise HunterError(
            f"Mapping v{chosen} is in force. Put v{version} in force first (settings of {backend.title}), restart the "
            "workers, and look at the dry run.",
            field="to",
        )


def start_remap(backend: CrmBackend, *, version: int, by: AbstractBaseUser | None, asked_by: str = "") -> CrmRemap:
    """Have every lead of another mapping moved; the run that goes on, if one does. Audited. Raises HunterError."""
    require_in_force(backend, version)
    who = by.get_username() if by else asked_by
    with transaction.atomic():
        total = CrmRecord.objects.of_crm(backend.name).of_other_mappings(version).count()
        run, is_new = CrmRemap.objects.get_or_create(
            crm=backend.name, finished_at=None, defaults={"version": version, "total": total, "asked_by": who}
        )
        if is_new:
            recording.record(run, act="move leads to a mapping", by=by, after=f"v{version}, {total} leads")
        elif run.version != version:
            begin_anew(run, version=version, total=total)
        ask(REMAP, [str(run.pk)], priority=Priority.PERSON, asked_by=who)
    return run


def begin_anew(run: CrmRemap, *, version: int, total: int) -> None:
    """The run is about another version from now on."""
    run.version, run.total, run.last_key, run.queued, run.is_queued = version, total, 0, 0, False
    run.save(update_fields=["version", "total", "last_key", "queued", "is_queued"])


def left(run: CrmRemap) -> CrmRecordQuerySet:
    """The leads that are not there yet."""
    return CrmRecord.objects.of_crm(run.crm).of_other_mappings(run.version)


def moved(run: CrmRemap) -> int:
    """How many have got there, as far as one can count while others come and go."""
    return max(0, run.total - (run.stayed if run.finished_at else left(run).count()))


def queue_page(run: CrmRemap, backend: CrmBackend) -> bool:
    """Ask for the next page's pushes; whether it was the last. In the caller's transaction."""
    rows = left(run).filter(company_id__gt=run.last_key).order_by("company_id")
    page = list(rows.values_list("company_id", "company__domain")[:PAGE])
    if not page:
        run.is_queued = True
        run.save(update_fields=["is_queued"])
        return True
    ask(backend.push_kind, [domain for _, domain in page], priority=Priority.BULK, asked_by=run.asked_by or REMAP)
    run.last_key, run.queued = page[-1][0], run.queued + len(page)
    run.save(update_fields=["last_key", "queued"])
    return False


def look_whether_done(run: CrmRemap, backend: CrmBackend) -> bool:
    """Close the run once none of its pushes is on its way; what then is left has stayed, each with its reason."""
    on_their_way = Item.objects.filter(kind=backend.push_kind, key=OuterRef("company__domain"), due_at__isnull=False)
    if left(run).filter(Exists(on_their_way)).exists():
        return False
    run.stayed, run.finished_at = left(run).count(), Now()
    run.save(update_fields=["stayed", "finished_at"])
    return True


def remap_leads(
    backend: CrmBackend, *, version: int, progress: Callable[[str], None] = lambda text: None
) -> RemapReport:
    """Ask for all pushes and wait until they are asked for. Not inside a transaction."""
    run = start_remap(backend, version=version, by=None, asked_by=REMAP)

    def is_queued() -> bool:
        run.refresh_from_db()
        progress(f"{run.queued} of {run.total} leads")
        return run.is_queued or run.finished_at is not None

    work_until([LaneName.HUNTER], done=is_queued)
    return RemapReport(version, run.total, run.queued)
