"""Imports as work of the ledger: lane hunter, an item for each list, an act reads one chunk (R1.11).

The file is brought from the database into a temporary one, and the place in it is kept open between two chunks; a
process that takes an import over reads up to the place where the last one stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work.kinds import Again, Claimed, Dead, Done, Handler, Kind, Later, Outcome, Progress, Verdict
from hunter.work.policies import POLICIES
from hunter.work.verdicts import verdict_for
from leads.importing.listed import ListedRow, read_row
from leads.importing.opening import ReadingPlan, open_rows
from leads.importing.refusals import FileRefused
from leads.importing.rows import Row
from leads.models import CompanyImport, ImportState
from leads.services.companies import consumer_domains
from leads.services.import_files import LocalCopy
from leads.services.import_rows import MOST_ROWS
from leads.services.imports import KIND, OPERATION, fail_import, take_chunk

PARTS_AT_ONCE = 8  # megabytes that one claim brings
MOST_OPEN = 8  # lists that a process keeps open between two chunks
LONGEST_ACT = timedelta(minutes=10)  # reading up to the place where another process has stopped


class OpenList:
    """A list on its way through this process: its copy, and how far its rows were read."""

    def __init__(self, file_id: int, plan: ReadingPlan) -> None:
        self.copy = LocalCopy(file_id)
        self._plan = plan
        self._rows: Iterator[Row] | None = None
        self._read_up_to = 0

    def chunk_after(self, position: int) -> list[Row]:
        """The next rows after the row of that number; fewer than a chunk means that the file has ended."""
        position = max(position, self._plan.layout.header_row)
        if self._rows is None or self._read_up_to > position:
            self._rows = open_rows(self.copy.content, self._plan)
        ahead = (row for row in self._rows if row.number > position)
        rows = list(islice(ahead, MOST_ROWS))
        self._read_up_to = rows[-1].number if rows else position
        return rows


@dataclass(frozen=True, slots=True)
class ChunkBrief:
    """Which rows are to be read, and by which rules."""

    run_id: int
    position: int
    plan: ReadingPlan
    consumer_domains: frozenset[str]
    opened: OpenList


@dataclass(frozen=True, slots=True)
class ChunkRead:
    """What stands in the rows after `position`."""

    run_id: int
    position: int
    rows: tuple[ListedRow, ...]
    up_to: int
    ended: bool
    opened: OpenList


class ImportHandler(Handler[ChunkBrief, ChunkRead]):
    """Reads chunk after chunk; the import's row says where to go on (R1.9)."""

    def __init__(self) -> None:
        self._opened: dict[int, OpenList] = {}

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, ChunkBrief | Verdict]:
        return {one.item_id: self._brief_for(one) for one in claimed}

    def _brief_for(self, claimed: Claimed) -> ChunkBrief | Verdict:
        run = CompanyImport.objects.filter(pk=claimed.key).first()
        if run is None or run.state not in (ImportState.RUNNING, ImportState.FAILED):
            return Done()
        if run.state == ImportState.FAILED or run.correlation is None:  # asked anew by way of its error record
            run.state, run.error, run.finished_at, run.correlation = ImportState.RUNNING, "", None, claimed.correlation
            run.save(update_fields=["state", "error", "finished_at", "correlation"])
        # Taken out while an act has it: an act whose lease was lost may still read in it.
        opened = self._opened.pop(run.pk, None) or OpenList(run.file_id, run.reading_plan)
        try:
            opened.copy.fetch(parts=PARTS_AT_ONCE)
        except FileRefused as error:
            fail_import(run, error=error)
            return Dead(error)
        if not opened.copy.is_whole:
            self._keep_open(run.pk, opened)
            return Again()
        return ChunkBrief(run.pk, run.position, run.reading_plan, consumer_domains(), opened)

    def act(self, brief: ChunkBrief, gates: Gates) -> ChunkRead:
        rows = brief.opened.chunk_after(brief.position)
        read = (read_row(row, brief.plan.layout, consumer_domains=brief.consumer_domains) for row in rows)
        return ChunkRead(
            brief.run_id,
            brief.position,
            tuple(read),
            up_to=rows[-1].number if rows else brief.position,
            ended=len(rows) < MOST_ROWS,
            opened=brief.opened,
        )

    def settle(self, outcomes: Sequence[Outcome[ChunkRead]]) -> Mapping[int, Verdict]:
        return {one.claimed.item_id: self._settled(one) for one in outcomes}

    def _settled(self, outcome: Outcome[ChunkRead]) -> Verdict:
        key = outcome.claimed.key
        run = CompanyImport.objects.select_for_update(of=("self",)).select_related("file").filter(pk=key).first()
        if run is None:
            return Done()
        if outcome.result is None:
            return failed(run, outcome)
        if run.state != ImportState.RUNNING:
            return Done()  # a person has stopped it
        read = outcome.result
        if read.position == run.position:  # else another process has taken these rows meanwhile
            take_chunk(run, read.rows, position=read.up_to, ended=read.ended)
        if run.has_ended:
            return Done()
        self._keep_open(run.pk, read.opened)
        return Progress()

    def _keep_open(self, run_id: int, opened: OpenList) -> None:
        if len(self._opened) >= MOST_OPEN:
            self._opened.pop(next(iter(self._opened)))
        self._opened[run_id] = opened


def failed(run: CompanyImport, outcome: Outcome[ChunkRead]) -> Verdict:
    """What becomes of an import whose chunk could not be read; the last attempt ends it."""
    verdict = verdict_for(outcome)
    is_last = isinstance(verdict, Later) and outcome.claimed.attempt >= POLICIES[KIND].attempts
    if run.state == ImportState.RUNNING and (isinstance(verdict, Dead) or is_last):
        assert isinstance(verdict, Dead | Later)  # noqa: S101  both carry the error
        fail_import(run, error=verdict.error)
    return verdict


def import_kind() -> Kind:
    """How the ledger does an import."""
    return Kind(
        name=KIND,
        lane=LaneName.HUNTER,
        handler=ImportHandler,
        policy=POLICIES[KIND],
        service=LaneName.HUNTER.value,
        operation=OPERATION,
        longest_act=LONGEST_ACT,
    )
