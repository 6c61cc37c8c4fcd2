"""Imports over the API: a list goes in, its rows and its faults come out (interfaces, imports)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from leads.models import Company, CompanyImport, ImportState
from tests.factories.people import api_client
from tests.leads.importing_lists import begun, imported, text_list, work, workbook

pytestmark = pytest.mark.django_db

READER, STARTER = "leads.view_companyimport", "leads.start_companyimport"
LIST = "Firma;Web;E-posta\nAcme;acme.com;\nBeta;;ali@gmail.com\n"


def sent(content: bytes, name: str = "list.csv", **fields: str):
    given = {"file": SimpleUploadedFile(name, content), **fields}
    return api_client(READER, STARTER).post("/api/v1/imports/", given, format="multipart")


def test_a_list_is_taken_in_and_told_where_to_look():
    answer = sent(LIST.encode())

    run = work(CompanyImport.objects.get())
    told = api_client(READER).get(answer["Location"]).json()
    assert answer.status_code == 202
    assert "UTF-8" in answer.json()["detail"]
    assert (told["state"], told["rows"], told["created"], told["rejected"]) == ("done_with_refused", 2, 1, 1)
    assert (told["columns"], told["progress"]) == ({"company": 0, "website": 1, "email": 2}, 1.0)
    assert run.scan_new


def test_a_workbook_is_checked_and_nothing_is_touched():
    sent(workbook(("Firms", [["Firma", "Web"], ["Acme", "acme.com"]])).getvalue(), "list.xlsx", dry_run="true")

    run = work(CompanyImport.objects.get())

    assert (run.dry_run, run.created, Company.objects.count()) == (True, 1, 0)


def test_refused_rows_come_as_pages_and_as_a_file():
    run = imported(text_list("Beta;;ali@gmail.com;"))
    client = api_client(READER)

    page = client.get(f"/api/v1/imports/{run.pk}/rejects/").json()
    file: Any = client.get(f"/api/v1/imports/{run.pk}/rejects/?format=csv")

    assert [(row["row"], row["cells"][0]) for row in page["results"]] == [(2, "Beta")]
    assert "private persons" in page["results"][0]["reason"]
    assert file["Content-Type"].startswith("text/csv")
    assert b"".join(file.streaming_content).decode("utf-8-sig").startswith("Row,Reason,")


def test_a_list_is_read_as_the_caller_says():
    sent("Firma|Web\nŞirket|acme.com\n".encode("cp1254"), encoding="utf-8", separator="|")

    assert CompanyImport.objects.get().plan["encoding"] == "utf-8"


@pytest.mark.parametrize(
    ("content", "name", "status", "problem"),
    [
        pytest.param(b"x", "old.xls", 422, "refused-value", id="an old Excel file"),
        pytest.param(b"a;b\n1;2\n", "list.csv", 422, "refused-value", id="no column with a domain"),
        pytest.param(b"x" * 2_000_000, "big.csv", 400, "invalid-request", id="a file beyond the limit"),
    ],
)
def test_what_can_not_be_imported_is_a_problem(content, name, status, problem, settings):
    settings.IMPORT_MAX_MB = 1

    answer = sent(content, name)

    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:hunter:problem:{problem}")
    assert not Company.objects.exists()


def test_an_import_is_cancelled_and_goes_on():
    run = begun(text_list("Acme;acme.com;;"))
    client = api_client(READER, STARTER)

    assert client.post(f"/api/v1/imports/{run.pk}/cancel/").json()["state"] == "stopped"
    assert client.post(f"/api/v1/imports/{run.pk}/cancel/").status_code == 409
    assert client.post(f"/api/v1/imports/{run.pk}/resume/").json()["state"] == "running"
    assert work(run).state == ImportState.DONE


@pytest.mark.parametrize(("method", "path"), [("post", ""), ("post", "1/cancel/"), ("post", "1/resume/")])
def test_who_may_only_read_starts_and_stops_nothing(method, path):
    assert getattr(api_client(READER), method)(f"/api/v1/imports/{path}").status_code == 403


@pytest.mark.parametrize(
    ("given", "field"),
    [
        pytest.param({}, "file", id="no file"),
        pytest.param({"file": "list.csv"}, "file", id="the name of a file"),
        pytest.param({"file": SimpleUploadedFile("list.csv", b"")}, "file", id="an empty file"),
        pytest.param(
            {"file": SimpleUploadedFile("list.csv", b"x"), "dry_run": "perhaps"}, "dry_run", id="neither yes nor no"
        ),
        pytest.param({"file": SimpleUploadedFile("list.csv", b"x"), "colour": "red"}, "colour", id="what nobody knows"),
    ],
)
def test_a_wish_that_can_not_be_meant_names_its_field(given, field):
    answer = api_client(STARTER).post("/api/v1/imports/", given, format="multipart")

    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert not CompanyImport.objects.exists()
