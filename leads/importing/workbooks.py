"""Excel workbooks (.xlsx): which sheets there are, and their rows, streamed.

Hunter reads the XML itself, piece by piece. Libraries were measured with 1,000,000 rows of 8 cells: openpyxl takes six
times as long, and 960 MB where the texts stand in a table of their own; calamine is twice as quick and takes 870 MB.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO, TypeVar

from leads.importing.cell_values import BEGIN_1900, BEGIN_1904
from leads.importing.refusals import no_workbook, nothing_inside, old_excel, too_big_inside, with_password
from leads.importing.rows import Row
from leads.importing.shared_strings import SharedStrings
from leads.importing.sheets import sheet_rows
from leads.importing.workbook_parts import BookListener, PartListener, RelationListener, StyleListener
from leads.importing.xml_reading import listened, reading_faults

L = TypeVar("L", bound=PartListener)

ZIP_MAGIC, OLD_MAGIC = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
LARGEST_UNPACKED = 8 * 1024**3
BOMB_FROM, BOMB_RATIO = 256 * 1024**2, 200  # sheets of repeated text pack to a fiftieth at most
LARGEST_SMALL_PART = 64 * 1024**2  # of the parts that tell about the sheets
MOST_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet that people see."""

    name: str
    part: str


class Workbook:
    """An open workbook; the file belongs to the caller. Raises FileRefused wherever it is not what it should be."""

    def __init__(self, content: BinaryIO) -> None:
        refuse_other_kinds(content)
        with reading_faults():
            self._archive = zipfile.ZipFile(content)
        self._parts = {info.filename: info for info in self._archive.infolist()}
        refuse_bombs(self._archive.infolist())
        book = self._book()
        told = self._heard(book, BookListener())
        leads_to = self._relations(book)
        by_kind = dict(leads_to.values())
        self._begin = BEGIN_1904 if told.counts_from_1904 else BEGIN_1900
        self._texts, self._styles = by_kind.get("sharedStrings", ""), by_kind.get("styles", "")
        found = [(name, leads_to.get(key, ("", ""))) for name, key in told.visible]
        self.sheets = [Sheet(name, part) for name, (kind, part) in found if kind == "worksheet" and part in self._parts]
        if not self.sheets:
            raise nothing_inside()

    def rows(self, sheet: str = "") -> Iterator[Row]:
        """The rows of the sheet of that name; the first one's where none has it."""
        wanted = next((one for one in self.sheets if one.name == sheet), self.sheets[0])
        styles = self._heard(self._styles, StyleListener())
        with reading_faults():
            texts = self._archive.open(self._texts) if self._texts in self._parts else None
            part = self._archive.open(wanted.part)
        return sheet_rows(part, texts=SharedStrings(texts), date_styles=styles.dates, begin=self._begin)

    def _book(self) -> str:
        """The part that lists the sheets."""
        if "xl/workbook.bin" in self._parts:
            raise no_workbook("it is a binary workbook (.xlsb)")
        found = [part for kind, part in self._relations("").values() if kind == "officeDocument"]
        if not found or found[0] not in self._parts:
            raise no_workbook("it is a packed file of another kind")
        return found[0]

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Where a part leads: by id the kind and the name of the other part."""
        folder, name = posixpath.split(part)
        listener = self._heard(posixpath.join(folder, "_rels", f"{name}.rels"), RelationListener())
        return {key: (kind, resolved(target, base=folder)) for key, (kind, target) in listener.targets.items()}

    def _heard(self, part: str, listener: L) -> L:
        """The listener after it has heard a whole small part; a part that is not there tells nothing."""
        info = self._parts.get(part)
        if info is None:
            return listener
        if info.file_size > LARGEST_SMALL_PART:
            raise too_big_inside(f"its part {part} has {info.file_size / 1024**2:,.0f} MB")
        with reading_faults(), self._archive.open(part) as opened:
            for _ in listened(opened, listener):
                pass
        return listener


def resolved(target: str, *, base: str) -> str:
    """The name of a part that a relation leads to."""
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(base, target))


def refuse_other_kinds(content: IO[bytes]) -> None:
    """Raises FileRefused for the old kind of Excel files, for one with a password, and for what is none at all."""
    content.seek(0)
    head = content.read(len(OLD_MAGIC))
    if head == OLD_MAGIC:
        content.seek(0)
        raise with_password() if holds(content, ENCRYPTED) else old_excel()
    if not head.startswith(ZIP_MAGIC):
        raise no_workbook("it does not begin as one")


def holds(content: IO[bytes], wanted: bytes) -> bool:
    """Whether the bytes stand anywhere in the file; read in pieces that overlap."""
    rest = b""
    while piece := content.read(1024 * 1024):
        if wanted in rest + piece:
            return True
        rest = piece[-len(wanted) :]
    return False


def refuse_bombs(parts: list[zipfile.ZipInfo]) -> None:
    """Raises FileRefused for an archive that unpacks to far more than it seems."""
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if len(parts) > MOST_PARTS:
        raise too_big_inside(f"{len(parts):,} parts")
    if unpacked > LARGEST_UNPACKED or (unpacked > BOMB_FROM and unpacked > BOMB_RATIO * max(packed, 1)):
        raise too_big_inside(f"{unpacked / 1024**2:,.0f} MB")
