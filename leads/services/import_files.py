"""Files of lists in the database, in pieces: written as they come in, read back piece by piece (R7.3, R7.4)."""

from __future__ import annotations

import hashlib
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.conf import settings

from hunter.crashpoints import crash_point
from leads.importing.encodings import EncodingDetector
from leads.importing.headers import header_words
from leads.importing.opening import FirstLook, Format, ReadingPlan, first_look, format_of
from leads.importing.refusals import FileRefused, nothing_inside
from leads.models import ImportFile, ImportPart

PART_BYTES = 1024 * 1024
SHOWN_ROWS = 40
LONGEST_SHOWN = 300
LINE_END = b"\n"
PACKED_ROW_BYTES = 43  # measured: a row of eight cells in a packed sheet


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over a file tells: its size, its fingerprint, its letters, and about how many lines it has."""

    size: int
    sha256: str
    lines: int
    detector: EncodingDetector


def survey(content: BinaryIO) -> Survey:
    """Read the file once from the beginning. Raises FileRefused when it is empty or larger than allowed."""
    content.seek(0)
    digest, detector, size, lines = hashlib.sha256(), EncodingDetector(), 0, 0
    for piece in pieces(content):
        digest.update(piece)
        detector.feed(piece)
        size += len(piece)
        lines += piece.count(LINE_END)
    if not size:
        raise nothing_inside()
    if size > largest():
        raise FileRefused(f"The file has {size / 1024**2:,.0f} MB. {limit_words()}")
    return Survey(size, digest.hexdigest(), lines + 1, detector)


def largest() -> int:
    """How many bytes a file may have."""
    return int(settings.IMPORT_MAX_MB) * 1024 * 1024


def limit_words() -> str:
    """What is allowed, and the way out."""
    return (
        f"A list may have at most {settings.IMPORT_MAX_MB} MB: part it, save it as .xlsx, which packs it, or raise "
        "IMPORT_MAX_MB."
    )


def look_at_file(content: BinaryIO, *, name: str, found: Survey) -> FirstLook:
    """How the file is read as far as Hunter can tell by itself. Raises FileRefused."""
    file_format = format_of(content, name=name)
    encoding = found.detector.result() if file_format is Format.CSV else None
    return first_look(content, ReadingPlan(file_format, encoding=encoding), header_words())


def store_file(content: BinaryIO, *, name: str, found: Survey, look: FirstLook) -> ImportFile:
    """Keep the file: piece by piece, each in a transaction of its own, so that no size makes one long.

    Not inside a transaction. A file that is not whole has no import, and is cleared away with the old ones.
    """
    file = ImportFile.objects.create(
        name=name[:255], size=found.size, sha256=found.sha256, lines=rows_expected(look, found), sample=sample_of(look),
        sheets=list(look.sheets),
    )  # fmt: skip
    content.seek(0)
    for number, piece in enumerate(pieces(content)):
        crash_point("import_companies.before_part")
        ImportPart.objects.create(file=file, number=number, content=piece)
    return file


def pieces(content: BinaryIO) -> Iterator[bytes]:
    """The file from where it stands, in pieces."""
    while piece := content.read(PART_BYTES):
        yield piece


def rows_expected(look: FirstLook, found: Survey) -> int:
    """About how many rows there are: the lines of a text; of a workbook what its sheet takes, guessed by its size."""
    if look.plan.format is Format.CSV:
        return found.lines
    return max(len(look.rows), found.size // PACKED_ROW_BYTES)


def sample_of(look: FirstLook) -> list[list[object]]:
    """The first rows, as a page shows them."""
    return [[row.number, [cell[:LONGEST_SHOWN] for cell in row.cells]] for row in look.rows[:SHOWN_ROWS]]


class LocalCopy:
    """A file brought from the database into a temporary one, some pieces at a time.

    The temporary file has no name, so that it goes with the process, however that ends.
    """

    def __init__(self, file_id: int) -> None:
        self.content: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115
        weakref.finalize(self, self.content.close)
        self.is_whole = False
        self._file_id = file_id
        self._next = 0

    def fetch(self, *, parts: int) -> None:
        """Bring so many pieces more, unless all are here; whole when there were fewer. Raises FileRefused when all are gone."""
        if self.is_whole:
            return
        rows = ImportPart.objects.filter(file=self._file_id, number__gte=self._next).order_by("number")[:parts]
        brought = 0
        for number, content in rows.values_list("number", "content"):
            self.content.write(content)
            self._next, brought = number + 1, brought + 1
        self.is_whole = brought < parts
        if self.is_whole and not self._next:
            raise FileRefused("The file is not kept any more. Import it again from your disk.")
