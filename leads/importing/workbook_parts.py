"""The small parts of a workbook that tell about the big ones: its sheets, what leads where, which formats are dates."""

from __future__ import annotations

from collections.abc import Mapping

from leads.importing.cell_values import BUILT_IN_DATES, is_date_format

RELATION_ID = "id"


class PartListener:
    """Heeds elements and their attributes, and no texts."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def text(self, text: str) -> None:
        """Not heeded."""

    def end(self, name: str) -> None:
        """An element ends."""


class BookListener(PartListener):
    """The sheets that people see, in their order, and from which day the workbook counts."""

    def __init__(self) -> None:
        self.visible: list[tuple[str, str]] = []
        self.counts_from_1904 = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "workbookPr":
            self.counts_from_1904 = attributes.get("date1904", "0") in {"1", "true"}
        elif name == "sheet" and attributes.get("state", "visible") == "visible":
            key = next((value for key, value in attributes.items() if key.endswith(f":{RELATION_ID}")), "")
            self.visible.append((attributes.get("name", ""), key))


class RelationListener(PartListener):
    """What a part leads to: by the relation's id its kind and its target."""

    def __init__(self) -> None:
        self.targets: dict[str, tuple[str, str]] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.targets[attributes.get("Id", "")] = (kind, attributes.get("Target", ""))


class StyleListener(PartListener):
    """The cell styles that show a number as a date, by their place in the list, as text."""

    def __init__(self) -> None:
        self._formats: dict[int, str] = {}
        self._in_cells = False
        self._places = 0
        self._found: set[str] = set()

    @property
    def dates(self) -> frozenset[str]:
        return frozenset(self._found)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "numFmt":
            self._formats[number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            code = number(attributes.get("numFmtId"))
            if code in BUILT_IN_DATES or is_date_format(self._formats.get(code, "")):
                self._found.add(str(self._places))
            self._places += 1

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False


def number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0
