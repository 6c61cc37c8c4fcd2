"""The parts of a workbook beside its rows: what they are, how cells look, which sheets there are (ECMA-376)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import quoteattr

PLAIN, HEADER, GUARDED, MOMENT, DAY = range(5)  # the places of the styles below

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
LONGEST_TITLE = 28  # Excel's limit is 31, with a number behind it
NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\]")
WIDE, NARROW = 32, 14

STYLES = f"""{HEAD}<styleSheet xmlns="{MAIN}">\
<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd&quot;T&quot;hh:mm:ss&quot;Z&quot;"/>\
<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts>\
<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>\
<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>\
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>\
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>\
<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>\
<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/>\
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>\
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>\
</styleSheet>"""
ROOT_RELATIONS = f"""{HEAD}<Relationships xmlns="{PACKAGE}/relationships">\
<Relationship Id="rId1" Type="{RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>"""


def column_letters(number: int) -> str:
    """A for 0, Z for 25, AA for 26."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def sheet_name(number: int) -> str:
    """Where a sheet lies in the workbook."""
    return f"xl/worksheets/sheet{number}.xml"


def sheet_opening(headers: Sequence[str]) -> str:
    """All that stands before the rows: the header stays in sight, the first columns are wide."""
    widths = "".join(
        f'<col min="{number}" max="{number}" width="{WIDE if number <= 3 else NARROW}" customWidth="1"/>'
        for number in range(1, len(headers) + 1)
    )
    return (
        f'{HEAD}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"{f'<cols>{widths}</cols>' if widths else ''}<sheetData>"
    )


def sheet_closing(last: str) -> str:
    """All that stands behind the rows: every column can be filtered, from A1 to the last cell."""
    return f'</sheetData><autoFilter ref="A1:{last}"/></worksheet>'


def closing_parts(title: str, *, sheets: int) -> Iterator[tuple[str, str]]:
    """The parts that say what the workbook is made of, by name."""
    numbers = range(1, sheets + 1)
    yield "[Content_Types].xml", content_types(numbers)
    yield "_rels/.rels", ROOT_RELATIONS
    yield "xl/workbook.xml", workbook(title, numbers)
    yield "xl/_rels/workbook.xml.rels", workbook_relations(numbers)
    yield "xl/styles.xml", STYLES


def content_types(numbers: range) -> str:
    sheets = "".join(
        f'<Override PartName="/{sheet_name(number)}" ContentType="{KIND}.worksheet+xml"/>' for number in numbers
    )
    return (
        f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/>{sheets}</Types>'
    )


def workbook(title: str, numbers: range) -> str:
    plain = NOT_IN_TITLES.sub(" ", title)[:LONGEST_TITLE].strip("' ") or "Sheet"
    sheets = "".join(
        f'<sheet name={quoteattr(plain if len(numbers) == 1 else f"{plain} {number}")} sheetId="{number}" r:id="rId{number}"/>'
        for number in numbers
    )
    return f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELATED}"><sheets>{sheets}</sheets></workbook>'


def workbook_relations(numbers: range) -> str:
    sheets = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATED}/worksheet" Target="{sheet_name(number).removeprefix("xl/")}"/>'
        for number in numbers
    )
    styles = f'<Relationship Id="rId{len(numbers) + 1}" Type="{RELATED}/styles" Target="styles.xml"/>'
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{sheets}{styles}</Relationships>'
