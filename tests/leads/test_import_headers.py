"""Which column is which: words compared as Turkish writes them, and what is taken where no header tells (g.1)."""

from __future__ import annotations

from typing import Any

import pytest

from hunter.errors import HunterError
from leads.importing.headers import HEADERS_FILE, Column, header_words, read_header_words
from leads.importing.layout import find_layout
from leads.importing.rows import Row

OF_THE_DOCUMENT = {
    Column.COMPANY: (
        "company", "company name", "name", "title", "account", "organization", "firma", "firma adı", "firma ünvanı", "ünvan",
        "unvan", "şirket", "şirket adı", "ticari unvan",
    ),
    Column.DOMAIN: ("domain", "domain name", "alan adı"),
    Column.WEBSITE: (
        "web", "website", "web site", "site", "url", "internet", "homepage", "web sitesi", "internet sitesi", "internet adresi",
        "web adresi",
    ),
    Column.EMAIL: ("email", "e-mail", "mail", "e-posta", "eposta", "mail adresi"),
    Column.PHONE: ("phone", "telephone", "tel", "telefon", "gsm", "cep"),
    Column.FAX: ("fax", "faks"),
    Column.ADDRESS: ("address", "adres"),
    Column.CITY: ("city", "şehir", "il"),
    Column.COUNTRY: ("country", "ülke"),
    Column.SECTOR: ("sector", "industry", "activity", "sektör", "faaliyet konusu", "faaliyet alanı"),
    Column.PLOT: ("plot", "ada/parsel"),
    Column.STATE: ("status", "durumu"),
    Column.NUMBER: ("no", "s.no"),
}  # fmt: skip
TABLE = [(word, column) for column, words in OF_THE_DOCUMENT.items() for word in words]


def turkish_upper(text: str) -> str:
    return text.replace("i", "İ").replace("ı", "I").upper()


@pytest.mark.parametrize(("word", "column"), TABLE)
def test_a_word_of_the_document_names_its_column(word, column):
    spellings = [word, f"  {word} ", word.upper(), turkish_upper(word), word.title(), f"{word}:", f"({word})"]

    assert {header_words().named(one) for one in spellings} == {column}


@pytest.mark.parametrize(
    ("header", "column"),
    [
        pytest.param("FİRMA ÜNVANI", Column.COMPANY, id="Turkish capitals"),
        pytest.param("SIRKET", Column.COMPANY, id="without accents, and a capital I for an ı"),
        pytest.param("Telefon No", Column.PHONE, id="a number of something is that, not a row's number"),
        pytest.param("Firma Telefonu", Column.PHONE, id="the more telling of two words"),
        pytest.param("Company Website", Column.WEBSITE, id="a website, whosever it is"),
        pytest.param("Firma Adı / Ünvanı", Column.COMPANY, id="two names of one column"),
        pytest.param("Adres (web)", Column.WEBSITE, id="an address beside a web word"),
        pytest.param("Firma Adresi", Column.ADDRESS, id="a postal address without one"),
        pytest.param("Notes", None, id="no is a word, not the beginning of one"),
        pytest.param("Hotel", None, id="tel is a word, not the end of one"),
        pytest.param("Webinar", None, id="web is a word"),
        pytest.param("Contact name", None, id="a person's name is not the company's"),
        pytest.param("Job title", None, id="nor is a person's title"),
        pytest.param("", None, id="nothing"),
        pytest.param("---", None, id="no letters"),
    ],
)
def test_a_header_that_is_longer_than_a_word_of_the_document(header, column):
    assert header_words().hinted(header) == column


def rows(*lines: str) -> list[Row]:
    """Rows whose cells are parted by a stroke."""
    return [Row(number, tuple(cell.strip() for cell in line.split("|"))) for number, line in enumerate(lines, start=1)]


def columns_of(*lines: str) -> tuple[int, dict[str, int]]:
    layout = find_layout(rows(*lines), header_words())
    return layout.header_row, {column.value: place for column, place in layout.columns.items()}


@pytest.mark.parametrize(
    ("lines", "header_row", "columns"),
    [
        pytest.param(["Firma | Web", "Acme | acme.com"], 1, {"company": 0, "website": 1}, id="in the first row"),
        pytest.param(
            ["Bursa OSB Firma Listesi", "2026", "S.No | Ünvan | Alan Adı", "1 | Acme | acme.com"], 3,
            {"number": 0, "company": 1, "domain": 2}, id="below a title and a date",
        ),
        pytest.param(
            ["Firma listesi ve web sitesi adresleri burada | www.osb.org", "Firma | Web", "Acme | acme.com"], 2,
            {"company": 0, "website": 1}, id="below a title that speaks of firms and the web",
        ),
        pytest.param(
            ["Firma | Telefon | Bağlantı", "Acme | 0212 | www.acme.com", "Beta | 0216 | beta.com.tr"], 1,
            {"company": 0, "phone": 1, "website": 2}, id="no website header: the column with most addresses",
        ),
        pytest.param(
            ["Kurum | Web", "Acme | acme.com"], 1, {"website": 1, "company": 0},
            id="no company header: the first column with text",
        ),
        pytest.param(
            ["Sicil | Kurum | Web", "123 | Acme | acme.com"], 1, {"website": 2, "company": 1},
            id="no company header: numbers are passed over",
        ),
        pytest.param(
            ["1 | Acme | acme.com", "2 | Beta | beta.com"], 0, {"website": 2, "company": 1}, id="no headers at all",
        ),
        pytest.param(
            ["Firma | E-posta", "Acme | info@acme.com"], 1, {"company": 0, "email": 1},
            id="a mail column stays one, there is no website to be had",
        ),
        pytest.param(
            ["Web | Web sitesi | Firma", "a.com | b.com | Acme"], 1, {"website": 0, "company": 2},
            id="the first of two columns of a kind",
        ),
        pytest.param(["nothing", "here"], 0, {"company": 0}, id="nothing that tells a domain"),
        pytest.param([], 0, {}, id="no rows"),
    ],
)  # fmt: skip
def test_the_header_and_the_columns_of(lines, header_row, columns):
    assert columns_of(*lines) == (header_row, columns)


@pytest.mark.parametrize(
    "cell",
    ["http://acme", "https://acme", "www.acme", "a.com", "a.com.tr", "a.net", "a.org", "a.tr", "info@acme", "WWW.ACME"],
)
def test_a_cell_that_looks_like_an_address_tells_the_website_column(cell):
    assert columns_of("Firma | Kod", f"Acme | {cell}") == (1, {"company": 0, "website": 1})


def test_a_header_is_looked_for_in_the_first_twenty_rows_only():
    above = [f"line {number}" for number in range(19)]

    assert columns_of(*above, "Firma | Web", "Acme | acme.com")[0] == 20
    assert columns_of("one more", *above, "Firma | Web", "Acme | acme.com")[0] == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(lambda text: text.replace('"firma",', '"website",'), "keep one", id="a word in two columns"),
        pytest.param(
            lambda text: text.replace("[columns.fax]", "[columns.telex]"), "can't be used", id="a strange column"
        ),
        pytest.param(
            lambda text: text.replace('english = ["plot"]', 'english = ["?!"]'), "no letters", id="no letters"
        ),
        pytest.param(lambda text: text.split("[columns.number]")[0], "no words for the column", id="a missing column"),
        pytest.param(lambda text: text + "\n[columns", "can't be used", id="no TOML"),
    ],
)
def test_a_wrong_file_of_words_is_refused_when_it_is_loaded(change: Any, words: str):
    text = change(HEADERS_FILE.read_text(encoding="utf-8"))

    with pytest.raises(HunterError, match=words):
        read_header_words(text, name="words.toml")
