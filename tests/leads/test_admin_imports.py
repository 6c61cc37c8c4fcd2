"""Imports in the admin: a file is looked at before anything happens, and every count leads to its rows (Runs)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from hunter.audit.models import AuditEntry
from hunter.work.models import Item
from leads.models import Company, CompanyImport, ConsumerDomain, ImportRow, ImportState
from tests.factories.leads import CompanyFactory
from tests.factories.people import administrator, staff
from tests.leads.importing_lists import begun, imported, text_list, work, workbook

pytestmark = pytest.mark.django_db

LIST = "admin:leads_companyimport_changelist"


@pytest.fixture
def page(db) -> Client:
    client = Client()
    client.force_login(administrator("ayse"))
    return client


def act(page: Client, name: str, **fields):
    address = reverse("admin:leads_companyimport_act", args=[name])
    return page.post(address, {"confirmed": "1", **fields}, follow=True)


def uploaded(page: Client, content: bytes, name: str = "list.csv"):
    return act(page, "upload", file=SimpleUploadedFile(name, content))


def text_of(response: Any) -> str:
    return str(response.content.decode())


def run_page(page: Client, run: CompanyImport) -> str:
    return text_of(page.get(reverse("admin:leads_companyimport_change", args=[run.pk])))


def test_an_uploaded_list_is_shown_and_not_imported(page):
    text = text_of(uploaded(page, text_list("Acme;acme.com;;").getvalue()))

    run = CompanyImport.objects.get()
    assert (run.state, run.asked_by) == (ImportState.PREPARING, "ayse")
    assert "is this right?" in text
    assert "acme.com" in text
    assert '<option value="website" selected>' in text
    assert "UTF-8" in text
    assert not Company.objects.exists()


def test_it_is_imported_with_the_columns_that_a_person_chose(page):
    content = text_list("acme.com;Acme;x", header="Adres1;Adres2;Adres3\n").getvalue()
    uploaded(page, content)
    run = CompanyImport.objects.get()

    act(page, "start", id=run.pk, columns=["website", "company", ""], header_row="1", scan_new="1")
    work(run)

    assert Company.objects.get().name == "Acme"
    assert Item.objects.filter(kind="scan").exists()
    entry = AuditEntry.objects.get(act="import a list")
    assert str(entry.by) == "ayse"
    assert (entry.after or {})["columns"] == {"website": 0, "company": 1}


def test_the_scan_of_new_companies_can_be_switched_off(page):
    uploaded(page, text_list("Acme;acme.com;;").getvalue())
    run = CompanyImport.objects.get()

    act(page, "start", id=run.pk, columns=["company", "website", "", ""], header_row="1")
    work(run)

    assert Company.objects.exists()
    assert not Item.objects.filter(kind="scan").exists()


def test_a_check_touches_nothing_is_kept_and_leads_to_the_import(page):
    uploaded(page, text_list("Acme;acme.com;;", "Nobody;;;").getvalue())
    run = CompanyImport.objects.get()

    act(page, "check", id=run.pk, columns=["company", "website", "email", "phone"], header_row="1")
    work(run)

    assert not Company.objects.exists()
    assert "What an import would do" in run_page(page, run)
    act(page, "import_checked", id=run.pk)
    work(CompanyImport.objects.latest("pk"))
    assert Company.objects.get().domain == "acme.com"
    assert CompanyImport.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({"columns": ["company", "company"]}, "chosen for two columns", id="one kind for two columns"),
        pytest.param({"columns": ["company", ""]}, "No column is a website", id="no column with a domain"),
        pytest.param({"columns": ["nonsense", ""]}, "is no kind of column", id="a kind that is none"),
        pytest.param({"columns": ["", "website"], "encoding": "cp1254"}, "press Read again first", id="other letters"),
    ],
)
def test_a_choice_that_can_not_be_meant_is_refused_and_nothing_begins(fields, words, page):
    uploaded(page, text_list("Acme;acme.com", header="Firma;Web\n").getvalue())
    run = CompanyImport.objects.get()

    text = text_of(act(page, "start", id=run.pk, header_row="1", **fields))

    run.refresh_from_db()
    assert words in text
    assert run.state == ImportState.PREPARING


def test_letters_and_separator_can_be_chosen_otherwise(page):
    uploaded(page, "Firma|Web\nŞirket|sirket.com\n".encode("cp1254"))
    run = CompanyImport.objects.get()
    assert run.plan["encoding"] == "cp1254"

    act(page, "read_again", id=run.pk, encoding="utf-8", separator=";", header_row="1")

    run.refresh_from_db()
    assert (run.plan["encoding"], run.plan["separator"]) == ("utf-8", ";")
    assert run.file.sample[0][1] == ["Firma|Web"]


def test_another_header_row_is_read_by_its_words(page):
    uploaded(page, text_list("a;b;c;d", "Web;Firma;x;y", "acme.com;Acme;;").getvalue())
    run = CompanyImport.objects.get()

    act(page, "read_again", id=run.pk, header_row="3")

    run.refresh_from_db()
    assert run.plan["layout"]["columns"] == {"website": 0, "company": 1}


def test_another_sheet_can_be_chosen(page):
    book = workbook(
        ("Notes", [["nothing"]]),
        ("Firms", [["Firma", "Web"], ["Acme", "acme.com"]]),
        ("Old", [["Firma", "Web"], ["Beta", "beta.com"]]),
    )
    uploaded(page, book.getvalue(), "book.xlsx")
    run = CompanyImport.objects.get()
    assert run.plan["sheet"] == "Firms"

    act(page, "read_again", id=run.pk, sheet="Old", header_row="1")

    run.refresh_from_db()
    assert run.plan["sheet"] == "Old"
    assert run.file.sample[1][1] == ["Beta", "beta.com"]


def test_the_same_file_again_is_told(page):
    content = text_list("Acme;acme.com;;")
    imported(content)

    text = text_of(uploaded(page, content.getvalue(), "same.csv"))

    assert "This file was imported on" in text
    assert "list.csv" in text


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("old.xls", b"x", "Excel Workbook (.xlsx)", id="an old Excel file"),
        pytest.param("broken.xlsx", b"PK\x03\x04 and no more", "damaged or was cut off", id="a broken workbook"),
        pytest.param("big.csv", b"x" * 2_000_000, "at most 1 MB", id="a file beyond the limit"),
    ],
)
def test_a_file_that_can_not_be_read_says_why(name, content, words, page, settings):
    settings.IMPORT_MAX_MB = 1

    text = text_of(uploaded(page, content, name))

    assert words in text
    assert not CompanyImport.objects.exists()


def test_every_count_leads_to_exactly_its_rows(page):
    CompanyFactory(domain="same.com", name="Same", sources=["csv"])
    CompanyFactory(domain="changed.com", name="changed.com", sources=["csv"])
    run = imported(text_list("New;new.com;;", "Same;same.com;;", "Changed;changed.com;;", "New;new.com;;", "No;;;"))

    counts = {
        outcome: len(rows_of(page, run, outcome))
        for outcome in ("created", "updated", "unchanged", "merged", "rejected")
    }

    assert counts == dict.fromkeys(counts, 1)
    assert len(rows_of(page, run, "")) == run.rows == 5
    assert "name: changed.com → Changed" in text_of(page.get(rows_address(run, "updated")))


def rows_address(run: CompanyImport, outcome: str) -> str:
    query = f"?company_import={run.pk}" + (f"&outcome__exact={outcome}" if outcome else "")
    return reverse("admin:leads_importrow_changelist") + query


def rows_of(page: Client, run: CompanyImport, outcome: str) -> list[ImportRow]:
    return list(page.get(rows_address(run, outcome)).context["cl"].result_list)


def test_refused_rows_are_searched_and_downloaded(page):
    run = imported(text_list("No;;ali@gmail.com;", "=cmd();nowhere;;"))

    found = page.get(rows_address(run, "rejected") + "&q=private persons").context["cl"].result_list
    answer = page.get(reverse("admin:leads_companyimport_rejects", args=[run.pk]))

    assert [row.number for row in found] == [2]
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0] == "Row,Reason,Firma Ünvanı,Web Sitesi,E-Posta,Telefon"
    assert lines[2].endswith(",'=cmd(),nowhere,,")


@pytest.mark.parametrize(
    "narrowed", ["&outcome__exact=created", "&outcome__exact=created&q=acme", "&q=nothing+like+it"]
)
def test_show_all_leads_to_all_rows_of_this_import(narrowed, page):
    run, _ = imported(text_list("Acme;acme.com;;", "No;;;")), imported(text_list("Other;other.com;;"))
    everything = f"?company_import={run.pk}"

    text = text_of(page.get(f"{reverse('admin:leads_importrow_changelist')}{everything}{narrowed}"))

    assert set(re.findall(r'href="([^"]*)">Show all', text)) == {everything}


def test_refused_rows_are_tried_again_once_the_reason_is_gone(page):
    ConsumerDomain.objects.create(domain="acme.com")
    run = imported(text_list("Acme;;info@acme.com;'+90 212", "No;;;", header="Kurum;x;E-posta;Telefon\n"))
    ConsumerDomain.objects.filter(domain="acme.com").delete()

    act(page, "try_again", id=run.pk)
    again = work(CompanyImport.objects.latest("pk"))

    assert (again.rows, again.created, again.rejected) == (2, 1, 1)
    company = Company.objects.get()
    assert (company.name, company.phone) == ("Acme", "+90 212")


def test_a_running_import_is_cancelled_and_goes_on(page):
    run = begun(text_list("Acme;acme.com;;"))

    act(page, "stop", id=run.pk)
    work(run)
    assert (run.state, run.rows) == (ImportState.STOPPED, 0)
    assert "Go on" in run_page(page, run)

    act(page, "go_on", id=run.pk)
    work(run)
    assert (run.state, run.created) == (ImportState.DONE, 1)
    assert list(AuditEntry.objects.order_by("pk").values_list("act", flat=True))[-2:] == ["stop", "go on"]


def test_a_list_that_ended_says_so_in_the_list(page):
    imported(text_list("Acme;acme.com;;", "No;;;"))

    text = text_of(page.get(reverse(LIST)))

    assert "done, 1 refused" in text
    run = CompanyImport.objects.get()
    new = rows_address(run, "created").replace("&", "&amp;")
    assert f'<a class="h-link" href="{new}">+1</a> · ~0 · =0' in text


def test_who_may_only_look_gets_no_way_to_begin(client):
    client.force_login(staff("leads.view_companyimport"))
    run = begun(text_list("Acme;acme.com;;"))
    CompanyImport.objects.update(state=ImportState.PREPARING)

    assert "Read again" not in run_page(client, run)
    assert act(client, "start", id=run.pk).status_code == 403
