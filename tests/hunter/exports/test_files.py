"""CSV and XLSX as others read them (g.7, R7.3)."""

from __future__ import annotations

import csv
import io
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hunter.exports.cells import NOT_IN_XML
from hunter.exports.csv_file import csv_blocks
from hunter.exports.xlsx_file import Limits, xlsx_blocks
from hunter.exports.xlsx_parts import column_letters

HEADERS = ["Domain", "Company", "Value"]


def csv_rows(headers, rows):
    text = b"".join(csv_blocks(headers, rows)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def workbook(headers, rows, *, limits=None):
    blocks = xlsx_blocks("companies", headers, rows, limits=limits)
    return openpyxl.load_workbook(io.BytesIO(b"".join(blocks)))


def values(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_a_csv_file_begins_with_the_mark_that_excel_reads_as_utf_8():
    first = next(iter(csv_blocks(HEADERS, [["müşteri.com.tr", "İĞÜŞÖÇ ığüşöç", 1]])))

    assert first.startswith(b"\xef\xbb\xbfDomain,Company,Value\r\n")
    assert "İĞÜŞÖÇ ığüşöç".encode() in first


def test_separators_quotes_and_line_breaks_of_a_text_come_back():
    row = ["a,b", 'say "hi"', "two\nlines; and\ttab"]

    assert csv_rows(HEADERS, [row]) == [HEADERS, row]


def test_a_workbook_has_texts_numbers_moments_and_days_as_what_they_are():
    moment, day = datetime(2026, 5, 1, 9, 30, 15, tzinfo=UTC), date(2027, 3, 4)
    row = ["müşteri.com.tr", 70, Decimal("3.50"), moment, day, True, None, 10**18]

    sheet = workbook([f"c{number}" for number in range(8)], [row]).active

    *told, large = [cell.value for cell in sheet[2]]
    assert [told[0], told[1], told[2], told[5], told[6], large] == ["müşteri.com.tr", 70, 3.5, "yes", None, str(10**18)]
    assert (told[3].replace(tzinfo=UTC), told[4].date()) == (moment, day)
    assert sheet["D2"].number_format == r'yyyy\-mm\-dd"T"hh:mm:ss"Z"'
    assert sheet["A1"].font.b
    assert sheet.freeze_panes == "A2"


@pytest.mark.parametrize("text", ["=1+1", "+90 212", "-5", "@x", "＝1", "\t=1"])
def test_a_text_of_a_workbook_is_never_a_formula_and_keeps_its_letters(text):
    cell = workbook(HEADERS, [["a", text, 1]]).active["B2"]

    assert (cell.data_type, cell.value) == ("s", text)
    assert cell.quotePrefix  # so it stays a text when somebody edits it


@given(st.lists(st.tuples(st.text(max_size=20), st.integers(-(10**15) + 1, 10**15 - 1)), max_size=5))
def test_what_goes_into_a_workbook_comes_out(rows):
    told = values(workbook(["Text", "Number"], rows).active)[1:]

    assert told == [[NOT_IN_XML.sub("", text) if text else None, number] for text, number in rows]


@pytest.mark.parametrize(
    ("limits", "rows"),
    [
        pytest.param({"rows": 4}, 3, id="as many as one sheet holds"),
        pytest.param({"rows": 4}, 4, id="one more"),
        pytest.param({"rows": 4}, 9, id="three sheets"),
        pytest.param({"size": 2000}, 20, id="by size"),
        pytest.param({"rows": 4}, 0, id="none"),
    ],
)
def test_a_full_sheet_goes_on_in_the_next_with_the_headers_again(limits, rows):
    made = [[f"d{number}", "x", number] for number in range(rows)]

    book = workbook(HEADERS, iter(made), limits=Limits(**limits))

    assert all(values(sheet)[0] == HEADERS for sheet in book)
    assert [row for sheet in book for row in values(sheet)[1:]] == made
    by_rows = max(1, -(-rows // 3))
    assert len(book.worksheets) == by_rows if "rows" in limits else len(book.worksheets) > 1


@pytest.mark.proves("R7.3")
@pytest.mark.parametrize(
    "write", [csv_blocks, lambda headers, rows: xlsx_blocks("rows", headers, rows)], ids=["csv", "xlsx"]
)
def test_the_memory_of_a_file_does_not_grow_with_its_rows(write):
    def peak(count):
        rows = ([f"company-{number}.example", "x" * 50, number] for number in range(count))
        tracemalloc.start()
        try:
            for _ in write(HEADERS, rows):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(20_000) < 2 * peak(2_000)


def test_the_first_block_is_sent_before_the_last_row_is_read():
    read = []

    def rows():
        for number in range(50_000):
            read.append(number)
            yield ["x" * 50, "y", number]

    next(block for block in xlsx_blocks("rows", HEADERS, rows()) if block)

    assert len(read) < 5_000


@pytest.mark.parametrize(("number", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_the_letters_of_a_column(number, letters):
    assert column_letters(number) == letters
