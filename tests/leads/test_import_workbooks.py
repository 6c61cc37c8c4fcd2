"""Excel workbooks as Excel and others write them, and files that only look like one (g.1)."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from datetime import date, datetime, time
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.importing.headers import header_words
from leads.importing.opening import Format, ReadingPlan, first_look, format_of
from leads.importing.refusals import FileRefused
from leads.importing.workbooks import OLD_MAGIC, Workbook
from tests.leads.importing_lists import workbook

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
REL = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
LAST_SECOND = datetime(2021, 12, 31, 23, 59, 59)  # noqa: DTZ001  a sheet's times have no zone
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = (
    f'<styleSheet {MAIN}><numFmts count="2"><numFmt numFmtId="164" formatCode="dd&quot;.&quot;mm&quot;.&quot;yyyy"/>'
    '<numFmt numFmtId="165" formatCode="#,##0 &quot;days&quot;"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>'
)


def packed(parts: dict[str, str | bytes]) -> io.BytesIO:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    content.seek(0)
    return content


def raw(cells: str, *, texts: str = "", book: str = "", before: str = "") -> io.BytesIO:
    """A workbook of one sheet whose rows are written by hand."""
    sheet = f"{before}<worksheet {MAIN}><sheetData>{cells}</sheetData></worksheet>"
    return packed({
        "_rels/.rels": (
            f'<Relationships {PACKAGE}>'
            f'<Relationship Id="r1" Type="{KIND}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'<workbook {MAIN} {REL}>{book}<sheets><sheet name="Firms" sheetId="1" r:id="r1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships {PACKAGE}><Relationship Id="r1" Type="{KIND}/worksheet" Target="/xl/worksheets/sheet1.xml"/>'
            f'<Relationship Id="r2" Type="{KIND}/sharedStrings" Target="sharedStrings.xml"/>'
            f'<Relationship Id="r3" Type="{KIND}/styles" Target="styles.xml"/></Relationships>'
        ),
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": f"<sst {MAIN}>{texts}</sst>",
        "xl/styles.xml": STYLES,
    })  # fmt: skip


def cells_of(content: io.BytesIO, sheet: str = "") -> list[tuple[str, ...]]:
    return [row.cells for row in Workbook(content).rows(sheet)]


def test_a_workbook_that_a_library_writes_is_read_as_it_is_shown():
    content = workbook((
        "Firms",
        [
            ["Firma", "Telefon", "Kuruluş", "Saat", "Pay", "Aktif", "Ciro"],
            ["Şirket A.Ş.", 905321234567, date(2020, 3, 9), time(8, 30), 0.1 + 0.2, True, 12.50],
            ["İkinci", "0212", LAST_SECOND, None, -3, False, 1e15],
        ],
    ))  # fmt: skip

    assert cells_of(content)[1:] == [
        ("Şirket A.Ş.", "905321234567", "2020-03-09", "08:30:00", "0.3", "TRUE", "12.5"),
        ("İkinci", "0212", "2021-12-31 23:59:59", "", "-3", "FALSE", "1000000000000000"),
    ]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        pytest.param('<c r="A1" t="s"><v>0</v></c>', "Şirket", id="a text of the table"),
        pytest.param('<c r="A1" t="s"><v>1</v></c>', "bold and plain", id="a text in several letters"),
        pytest.param('<c r="A1" t="s"><v>2</v></c>', "東京", id="a text without how it is pronounced"),
        pytest.param('<c r="A1" t="s"><v>3</v></c>', "two\rlines", id="a letter that XML can't hold"),
        pytest.param(
            '<c r="A1" t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r></is></c>', "inline", id="a text in its cell"
        ),
        pytest.param('<c r="A1" t="str"><f>A2&amp;"x"</f><v>worked out</v></c>', "worked out", id="a formula's text"),
        pytest.param('<c r="A1"><f>1+1</f><v>2</v></c>', "2", id="a formula's number, not the formula"),
        pytest.param('<c r="A1"><v>5.551234567E9</v></c>', "5551234567", id="a number with an exponent"),
        pytest.param('<c r="A1"><v>0.1</v></c>', "0.1", id="a fraction"),
        pytest.param('<c r="A1" s="1"><v>43899</v></c>', "2020-03-09", id="a date of Excel's own format"),
        pytest.param('<c r="A1" s="2"><v>43899.5</v></c>', "2020-03-09 12:00:00", id="a date of a format made by hand"),
        pytest.param('<c r="A1" s="3"><v>43899</v></c>', "43899", id="a number whose format names days"),
        pytest.param('<c r="A1" s="1"><v>-5</v></c>', "-5", id="a date before all days"),
        pytest.param('<c r="A1" s="99"><v>7</v></c>', "7", id="a style that is not there"),
        pytest.param('<c r="A1" t="b"><v>1</v></c>', "TRUE", id="a truth"),
        pytest.param('<c r="A1" t="d"><v>2020-03-09</v></c>', "2020-03-09", id="a date in ISO"),
        pytest.param("<c><v>4</v></c>", "4", id="a cell without its place"),
    ],
)
def test_a_cell_is_read_as_people_see_it(cell, shown):
    texts = (
        "<si><t>Şirket</t></si><si><r><t>bold</t></r><r><t xml:space='preserve'> and plain</t></r></si>"
        "<si><t>東京</t><rPh sb='0' eb='2'><t>とうきょう</t></rPh></si><si><t>two_x000D_lines</t></si>"
    )

    assert cells_of(raw(f'<row r="1">{cell}</row>', texts=texts)) == [(shown,)]


@pytest.mark.parametrize(
    "cell",
    ['<c r="A1" t="e"><v>#N/A</v></c>', '<c r="A1"/>', '<c r="A1" t="inlineStr"><is><t>  </t></is></c>'],
    ids=["an error", "an empty cell", "white space"],
)
def test_a_row_of_nothing_is_passed_over(cell):
    assert cells_of(raw(f'<row r="1">{cell}</row><row r="2"><c r="A2"><v>1</v></c></row>')) == [("1",)]


def test_cells_stand_where_their_place_says_and_rows_keep_their_number():
    rows = list(
        Workbook(
            raw('<row r="4"><c r="C4"><v>3</v></c><c r="AA4"><v>27</v></c></row><row><c r="A5"><v>1</v></c></row>')
        ).rows()
    )

    assert (rows[0].number, rows[0].cells[2], rows[0].cells[26], len(rows[0].cells)) == (4, "3", "27", 27)
    assert rows[1].number == 5


def test_days_are_counted_from_1904_where_the_workbook_says_so():
    assert cells_of(raw('<row r="1"><c r="A1" s="1"><v>42437</v></c></row>', book='<workbookPr date1904="1"/>')) == [
        ("2020-03-09",)
    ]


def test_names_with_a_prefix_are_the_same_names():
    content = raw('<row r="1"><c r="A1" t="inlineStr"><is><t>Acme</t></is></c></row>')
    parts = {info: zipfile.ZipFile(content).read(info) for info in zipfile.ZipFile(content).namelist()}
    sheet = (
        parts["xl/worksheets/sheet1.xml"]
        .decode()
        .replace("<", "<x:")
        .replace("<x:/", "</x:")
        .replace("xmlns=", "xmlns:x=")
    )

    assert cells_of(packed(parts | {"xl/worksheets/sheet1.xml": sheet})) == [("Acme",)]


def test_hidden_sheets_are_passed_over_and_the_sheet_with_the_headers_is_taken():
    book: Any = openpyxl.Workbook()
    book.active.title = "Hidden"
    book.active.append(["Firma", "Web"])
    book.active.sheet_state = "hidden"
    book.create_sheet("Notes").append(["made by", "Ayşe"])
    firms = book.create_sheet("Firms")
    firms.append(["Bursa OSB üyeleri"])
    firms.merge_cells("A1:B1")
    firms.append([])
    firms.append(["Firma", "Web"])
    firms.append(["Acme", "acme.com"])
    content = io.BytesIO()
    book.save(content)

    look = first_look(content, ReadingPlan(Format.XLSX), header_words())

    assert look.sheets == ("Notes", "Firms")
    assert (look.plan.sheet, look.plan.layout.header_row) == ("Firms", 3)


def bomb() -> io.BytesIO:
    row = b'<row r="1"><c r="A1"><v>1</v></c></row>'
    content = raw("<row/>")
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/x.xml", "w") as part:
        for _ in range(300):
            part.write(row * 27_000)
    content.seek(0)
    return content


def cut_off(share: float) -> io.BytesIO:
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>{n * 7919}</t></is></c></row>' for n in range(1, 3000)
    )
    whole = raw(rows).getvalue()
    return io.BytesIO(whole[: int(len(whole) * share)])


def spoilt() -> io.BytesIO:
    """A bit flipped in the middle of the sheet's packed bytes."""
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>{n * 7919}</t></is></c></row>' for n in range(1, 3000)
    )
    content = bytearray(raw(rows).getvalue())
    content[len(content) // 2] ^= 0xFF
    return io.BytesIO(bytes(content))


DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


def one_cell(attributes: str, value: str, *, before: str = "") -> io.BytesIO:
    return raw(f'<row r="1"><c {attributes}>{value}</c></row>', before=before)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda: io.BytesIO(OLD_MAGIC + b"\0" * 600), "of the old kind", id="an old workbook, renamed"),
        pytest.param(
            lambda: io.BytesIO(OLD_MAGIC + b"\0" * 2_000_000 + "EncryptedPackage".encode("utf-16-le")),
            "by a password", id="with a password",
        ),
        pytest.param(lambda: io.BytesIO(b"<html><table>"), "no Excel workbook", id="a web page under the name"),
        pytest.param(lambda: packed({"word/document.xml": "<x/>"}), "no Excel workbook", id="a packed file of another kind"),
        pytest.param(lambda: packed({"mimetype": "x", "content.xml": "<x/>"}), "no Excel workbook", id="an OpenDocument"),
        pytest.param(lambda: packed({"xl/workbook.bin": b"x"}), ".xlsb", id="a binary workbook"),
        pytest.param(lambda: cut_off(0.5), "damaged or was cut off", id="cut off in the middle"),
        pytest.param(lambda: cut_off(0.99), "damaged or was cut off", id="cut off just before the end"),
        pytest.param(spoilt, "damaged or was cut off", id="spoilt on the way"),
        pytest.param(lambda: raw("<row r='1'><c r='A1'></row>"), "damaged or was cut off", id="XML that does not close"),
        pytest.param(lambda: raw("", before=DOCTYPE), "declares a document type", id="entities that blow up"),
        pytest.param(lambda: one_cell('t="s"', "<v>9</v>"), "a text that is not there", id="a text that is not there"),
        pytest.param(lambda: one_cell('t="s"', "<v>-1</v>"), "a text that is not there", id="a text before all"),
        pytest.param(lambda: raw('<row r="1048577"><c><v>1</v></c></row>'), "at most 1,048,576 rows", id="too many rows"),
        pytest.param(lambda: one_cell('r="ZZZ1"', "<v>1</v>"), "at most 16,384 columns", id="too many columns"),
        pytest.param(bomb, "unpacks to far more", id="a bomb"),
        pytest.param(
            lambda: one_cell('t="inlineStr"', f"<is><t>{'x' * 20_000_000}</t></is>"), "more text than any cell",
            id="a cell without end",
        ),
    ],
)  # fmt: skip
def test_what_is_no_workbook_to_be_read_is_refused(make, words):
    content = make()

    with pytest.raises(FileRefused) as refused:
        for _ in Workbook(content).rows():
            pass

    assert words in refused.value.message


def test_a_workbook_is_known_by_its_bytes_whatever_its_name():
    content = workbook(("Firms", [["Firma", "Web"]]))

    assert format_of(content, name="list.csv") is Format.XLSX
    assert format_of(io.BytesIO(b"Firma;Web"), name="list.txt") is Format.CSV


CELLS = st.one_of(
    st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=10),
    st.integers(-(10**12), 10**12), st.booleans(), st.none(),
)  # fmt: skip


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=5))
def test_what_a_library_writes_is_read_back(lines):
    def shown(value: object) -> str:
        return "" if value is None else str(value).upper() if isinstance(value, bool) else str(value).strip()

    plain = [
        [f"'{cell}" if isinstance(cell, str) and cell.startswith("=") else cell for cell in line] for line in lines
    ]
    expected = [[shown(cell) for cell in line] for line in plain]

    found = [list(cells) for cells in cells_of(workbook(("Firms", plain)))]

    assert found == [trimmed(line) for line in expected if any(line)]


def trimmed(line: list[str]) -> list[str]:
    """Without empty cells at the end, which a sheet does not keep."""
    while line and not line[-1]:
        line = line[:-1]
    return line


@given(st.binary(max_size=300))
def test_whatever_stands_in_a_sheet_it_is_read_or_refused(content):
    parts = {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData>" + content}
    whole = raw(escape("nothing"))
    archive = zipfile.ZipFile(whole)
    others = {name: archive.read(name) for name in archive.namelist()}

    try:
        cells_of(packed(others | parts))
    except FileRefused:
        return


@pytest.mark.proves("R7.3")
@pytest.mark.parametrize("kind", ["texts in their cells", "texts in a table"])
def test_memory_does_not_grow_with_the_rows_of_a_workbook(kind):
    def peak(count: int) -> int:
        shared = kind == "texts in a table"
        content = raw(
            "".join(f'<row r="{n}">{cell_of(n, shared=shared)}</row>' for n in range(1, count + 1)),
            texts="".join(f"<si><t>text number {n}</t></si>" for n in range(count)) if shared else "",
        )
        tracemalloc.start()
        read = sum(1 for _ in Workbook(content).rows())
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert read == count
        return most

    few, many = peak(15_000), peak(60_000)

    # A place in the table takes 8 bytes, and some thousand texts are remembered; the texts themselves would be 3 MB more.
    assert many < few + 700_000


def cell_of(number: int, *, shared: bool) -> str:
    if shared:
        return f'<c r="A{number}" t="s"><v>{number - 1}</v></c>'
    return f'<c r="A{number}" t="inlineStr"><is><t>text number {number}</t></is></c>'
