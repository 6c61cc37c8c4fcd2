"""CSV files as people have them: letters, separators, quotes, and what is no list at all (g.1)."""

from __future__ import annotations

import csv
import io
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.consumer import shipped_consumer_domains
from leads.importing.encodings import Encoding, EncodingDetector, detect_encoding
from leads.importing.headers import header_words
from leads.importing.listed import ListedCompany, RefusedRow, read_row
from leads.importing.opening import Format, ReadingPlan, first_look, format_of, open_rows
from leads.importing.refusals import FileRefused
from leads.importing.separated import LONGEST_LINE, Separator, separated_rows

TEXT = "S.No;Firma Ünvanı;Web Sitesi;Şehir\n1;Şirket Gıda A.Ş.;www.şirket.com.tr;İstanbul\n"


def look(content: bytes, name: str = "list.csv"):
    file = io.BytesIO(content)
    file_format = format_of(file, name=name)
    encoding = detect_encoding(content) if file_format is Format.CSV else None
    return file, first_look(file, ReadingPlan(file_format, encoding), header_words())


def read(content: bytes, name: str = "list.csv"):
    file, found = look(content, name)
    layout = found.plan.layout
    return [
        read_row(row, layout, consumer_domains=shipped_consumer_domains())
        for row in open_rows(file, found.plan)
        if row.number > layout.header_row
    ]


class LongList(io.RawIOBase):
    """A list of so many rows that is made while it is read, so that only the reader could hold it."""

    def __init__(self, rows: int) -> None:
        self._rows, self._next = rows, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        start, self._next = self._next, min(self._rows, self._next + 500)
        return "".join(f'"Firm {n}";www.firm-{n}.com;"two\nlines"\n' for n in range(start, self._next)).encode()


@pytest.mark.proves("R7.3")
def test_memory_does_not_grow_with_the_rows_of_a_list():
    def peak(count: int) -> int:
        content: Any = LongList(count)
        tracemalloc.start()
        rows = separated_rows(content, encoding=Encoding.UTF8, separator=Separator.SEMICOLON)
        read = sum(1 for _ in rows)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert read == count
        return most

    few, many = peak(5_000), peak(20_000)

    assert many < few + 100_000


@pytest.mark.parametrize(
    ("written", "encoding"),
    [
        pytest.param("utf-8", Encoding.UTF8, id="UTF-8"),
        pytest.param("utf-8-sig", Encoding.UTF8_BOM, id="UTF-8 with a mark"),
        pytest.param("cp1254", Encoding.WINDOWS_1254, id="Windows-1254"),
        pytest.param("utf-16", Encoding.UTF16, id="UTF-16 with a mark"),
        pytest.param("utf-16-le", Encoding.UTF16_LE, id="UTF-16 without a mark, little end first"),
        pytest.param("utf-16-be", Encoding.UTF16_BE, id="UTF-16 without a mark, big end first"),
    ],
)
def test_a_list_is_read_in_the_letters_it_is_written_in(written, encoding):
    content = TEXT.encode(written)

    row = read(content)[0]

    assert detect_encoding(content) is encoding
    assert isinstance(row, ListedCompany)
    assert (row.name, row.city, row.domain) == ("Şirket Gıda A.Ş.", "İstanbul", "xn--irket-idb.com.tr")


def test_letters_are_told_right_wherever_the_pieces_of_a_file_are_cut():
    content = ("Firma;Web\n" + "Şişçi;a.com\n" * 50).encode("utf-8")

    for size in (1, 2, 3, 7):
        detector = EncodingDetector()
        for start in range(0, len(content), size):
            detector.feed(content[start : start + size])
        assert detector.result() is Encoding.UTF8


def test_one_bad_byte_at_the_very_end_tells_that_it_is_no_utf_8():
    detector = EncodingDetector()
    detector.feed(b"Firma;Web\n" * 100_000)
    detector.feed(b"\xde")  # Ş in Windows-1254, and half a letter in UTF-8

    assert detector.result() is Encoding.WINDOWS_1254


@pytest.mark.parametrize("separator", list(Separator), ids=lambda one: one.words)
def test_the_separator_is_worked_out(separator):
    lines = [["Firma", "Web", "Not"], ["Acme, Inc; and | sons", "acme.com", 'two\nlines "quoted"']]
    file = io.StringIO()
    csv.writer(file, delimiter=separator.value).writerows(lines)

    found = look(file.getvalue().encode())[1]

    assert found.plan.separator is separator
    assert found.rows[1].cells == tuple(lines[1])


def test_commas_in_names_do_not_hide_the_semicolon():
    found = look(b"Firma;Web\nA, B, C ve D;abcd.com\nE, F, G ve H;efgh.com\n")[1]

    assert found.plan.separator is Separator.SEMICOLON


def test_excels_hint_in_the_first_line_is_heeded_and_not_counted():
    file, found = look(b"sep=|\nFirma|Web\nAcme|acme.com\n")

    assert found.plan.separator is Separator.PIPE
    assert found.plan.layout.header_row == 1
    assert [row.number for row in open_rows(file, found.plan)] == [1, 2]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"], ids=["Unix", "Windows", "old Mac"])
def test_lines_may_end_in_any_way(line_end):
    rows = read(line_end.join([b"Firma;Web", b"Acme;acme.com", b"Beta;beta.com"]))

    assert [row.domain for row in rows if isinstance(row, ListedCompany)] == ["acme.com", "beta.com"]


def test_empty_rows_are_passed_over_and_rows_keep_the_number_of_the_spreadsheet():
    rows = read(b";;\nFirma;Web;\n;;\nAcme;acme.com;\n\n;;\nBeta;;\n")

    assert [row.row for row in rows] == [4, 7]


def test_a_list_that_is_left_in_the_middle_is_let_go_in_any_order():
    content = io.BytesIO(b"Firma;Web\n" * 10)
    rows = separated_rows(content, encoding=Encoding.UTF8, separator=Separator.SEMICOLON)
    next(rows)

    content.close()

    rows.close()


def test_an_empty_column_is_ignored():
    row = read(b"Firma;;Web\nAcme;;acme.com\n")[0]

    assert isinstance(row, ListedCompany)
    assert (row.domain, row.extra) == ("acme.com", {})


@pytest.mark.parametrize(
    ("cells", "domain", "why"),
    [
        pytest.param("Acme;www.acme.com;other.com;x@third.com", "acme.com", "", id="the website before all"),
        pytest.param("Acme;;other.com;x@third.com", "other.com", "", id="then the domain column"),
        pytest.param("Acme;nonsense;;x@third.com", "third.com", "", id="then the e-mail, also after a bad website"),
        pytest.param(
            "Acme;;;a@gmail.com, b@third.com", "third.com", "", id="of several e-mails the first that is no private one"
        ),
        pytest.param("Acme;;;a@gmail.com", None, "private persons", id="a private e-mail names no company"),
        pytest.param("Acme;www.gmail.com;;", None, "private persons", id="nor does its provider's website"),
        pytest.param("Acme;http://localhost;;", None, "at least two parts", id="a website without a domain"),
        pytest.param("Acme;;;", None, "names no website, domain or e-mail", id="nothing"),
    ],
)
def test_the_domain_of_a_row(cells, domain, why):
    row = read(f"Firma;Web;Domain;E-posta\n{cells}\n".encode())[0]

    if domain is None:
        assert isinstance(row, RefusedRow)
        assert why in row.reason
        assert row.cells[0] == "Acme"
    else:
        assert isinstance(row, ListedCompany)
        assert row.domain == domain


def test_all_that_a_row_tells_is_kept():
    header = "Firma;Web;E-posta;Telefon;Faks;Adres;İl;Ülke;Sektör;Ada/Parsel;Durumu;S.No;Yetkili"
    row = read(
        f"{header}\nAcme;acme.com;Info@Acme.com;0212;0213;Cad. 1;Bursa;Türkiye;Gıda;12/3;Üretimde;7;Ayşe\n".encode()
    )[0]

    assert row == ListedCompany(
        row=2, domain="acme.com", name="Acme", phone="0212", address="Cad. 1", city="Bursa", country_text="Türkiye",
        country="TR", emails=("info@acme.com",),
        extra={"fax": "0213", "sector": "Gıda", "plot": "12/3", "state": "Üretimde", "number": "7", "Yetkili": "Ayşe"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("Türkiye", "TR"),
        ("TURKEY", "TR"),
        ("ALMANYA", "DE"),
        ("İngiltere", "GB"),
        ("USA", "US"),
        ("tur", "TR"),
        ("Narnia", ""),
    ],
)
def test_a_country_is_known_by_its_name_where_that_is_clear(country, code):
    row = read(f"Firma;Web;Ülke\nAcme;acme.com;{country}\n".encode())[0]

    assert isinstance(row, ListedCompany)
    assert (row.country, row.country_text) == (code, country)


def test_a_quote_that_made_a_formula_harmless_is_taken_away():
    row = read(b"Firma;Web;Telefon\n'=SUM(A1);acme.com;'+90 212\n")[0]

    assert isinstance(row, ListedCompany)
    assert (row.name, row.phone) == ("=SUM(A1)", "+90 212")


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        pytest.param(b"", "list.csv", "has no rows", id="nothing"),
        pytest.param(b"\n\n;;;\n", "list.csv", "has no rows", id="empty rows"),
        pytest.param(b"anything", "list.xls", "Excel Workbook (.xlsx)", id="the old kind by its name"),
        pytest.param(b"a" * (LONGEST_LINE + 10), "list.csv", "Line 1 is longer", id="a line without end"),
        pytest.param(
            b'Firma;Web\n"' + b"x\n" * LONGEST_LINE, "list.csv", "never closed", id="a quote that never closes"
        ),
    ],
)
def test_what_is_no_list_is_refused(content, name, words):
    with pytest.raises(FileRefused, match=words.replace("(", r"\(").replace(")", r"\)")):
        read(content, name)


@given(st.binary(max_size=400))
def test_whatever_a_file_holds_it_is_read_or_refused(content):
    try:
        rows = read(content)
    except FileRefused:
        return
    assert all(isinstance(row, ListedCompany | RefusedRow) for row in rows)


CELL = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\x85\u2028\u2029"), max_size=12)


@given(
    st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=8),
    st.sampled_from(list(Separator)),
    st.sampled_from([Encoding.UTF8, Encoding.UTF8_BOM, Encoding.UTF16]),
)
def test_what_the_csv_module_writes_is_read_back(lines, separator, encoding):
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=separator.value).writerows(lines)
    content = io.BytesIO(file.getvalue().encode(encoding.value))

    found = [row.cells for row in separated_rows(content, encoding=encoding, separator=separator)]

    stripped = [tuple(cell.strip() for cell in line) for line in lines]
    expected = [line for line in stripped if any(line)]
    if not (stripped[0][0].lower().startswith("sep=") and not any(lines[0][1:])):
        assert found == expected
