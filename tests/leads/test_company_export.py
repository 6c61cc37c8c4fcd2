"""Companies leave the house: by the admin, the API and a command, the same rows in the same form (g.7)."""

from __future__ import annotations

import csv
import io
import json

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hunter.audit.models import AuditEntry
from leads.company_sheet import company_sheet
from leads.models import Company
from tests.factories.crm import CrmRecordFactory
from tests.factories.leads import CompanyFactory, ScannedCompanyFactory, SignalsFactory, scored_as
from tests.factories.people import administrator, api_client, staff
from tests.factories.referrals import ReferralFactory

pytestmark = pytest.mark.django_db
READER, EXPORTER = "leads.view_company", "leads.export_company"
ABSENT, UNKNOWN = {"state": "absent"}, {"state": "not_known"}
API = "/api/v1/companies/export/"
SYNONYMS = {  # g.1: by these a list of companies is recognized
    "Domain": "domain", "Company": "company", "Website": "website", "E-mail": "e-mail", "Phone": "phone",
    "Address": "address", "City": "city", "Country": "country",
}  # fmt: skip
WORDS_OF_OTHER_COLUMNS = {
    "company", "name", "title", "account", "organization", "domain", "web", "website", "site", "url", "internet",
    "homepage", "email", "e-mail", "mail", "phone", "telephone", "tel", "fax", "address", "city", "country", "sector",
    "industry", "activity", "plot", "status", "no",
}  # fmt: skip


def admin_url(form, **query):
    address = reverse("admin:leads_company_export", args=[form])
    return f"{address}?{'&'.join(f'{name}={value}' for name, value in query.items())}"


def content(response):
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


def rows_of(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def by_admin(form="csv", **query):
    client = Client()
    client.force_login(administrator())
    return content(client.post(admin_url(form, **query)))


def by_api(query=""):
    return content(api_client(READER, EXPORTER).get(f"{API}?format=csv{query}"))


@pytest.fixture
def some():
    ScannedCompanyFactory(domain="existing.example", name="Existing")
    ScannedCompanyFactory(
        domain="google.example", **{"provider": "Google"} | scored_as("Google", dmarc_policy="reject")
    )
    CompanyFactory(domain="unscored.example")


def test_the_admin_exports_what_filter_and_search_show(some):
    assert [row["Domain"] for row in rows_of(by_admin())] == ["google.example", "existing.example", "unscored.example"]
    assert [row["Domain"] for row in rows_of(by_admin(segment__exact="Existing"))] == ["existing.example"]
    assert [row["Domain"] for row in rows_of(by_admin(q="google"))] == ["google.example"]
    assert [row["Domain"] for row in rows_of(by_admin(sort="domain", p="2"))] == sorted(
        Company.objects.values_list("domain", flat=True)
    )


def test_every_page_leaves_not_only_the_one_that_is_open(some):
    CompanyFactory.create_batch(60)

    assert len(rows_of(by_admin(p="9", per_page="50"))) == 63


def test_the_api_exports_what_its_filters_leave_in_its_order(some):
    assert [row["Domain"] for row in rows_of(by_api())] == ["google.example", "existing.example", "unscored.example"]
    assert [row["Domain"] for row in rows_of(by_api("&ordering=-domain"))] == [
        "unscored.example", "google.example", "existing.example",
    ]  # fmt: skip
    assert [row["Domain"] for row in rows_of(by_api("&provider=Google"))] == ["google.example"]


def test_the_form_can_be_asked_for_by_accept(some):
    client = api_client(READER, EXPORTER)

    as_csv = client.get(API, headers={"accept": "text/csv"})
    as_json = client.get(f"{API}?segment=Existing").json()

    assert as_csv["Content-Type"].startswith("text/csv")
    assert len(rows_of(content(as_csv))) == int(as_csv["X-Hunter-Rows"]) == 3
    assert as_json["rows"] == 1
    assert as_json["csv"].endswith("segment=Existing&format=csv") or "format=csv" in as_json["csv"]


def test_csv_and_xlsx_have_the_same_cells(some):
    table = rows_of(by_admin())
    sheet = openpyxl.load_workbook(io.BytesIO(by_admin("xlsx"))).worksheets[0]

    headers, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert headers == list(table[0])
    assert [row[headers.index("Domain")] for row in rows] == [row["Domain"] for row in table]
    assert [row[headers.index("Score")] for row in rows] == [90, 70, None]
    assert [row["Score"] for row in table] == ["90", "70", ""]


@pytest.mark.parametrize("permissions", [(READER,), (EXPORTER,), ()])
def test_to_export_is_a_permission_beside_reading(permissions, some):
    client = Client()
    client.force_login(staff(*permissions))

    assert client.post(admin_url("csv")).status_code == 403
    answer = api_client(*permissions).get(f"{API}?format=csv")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:hunter:problem:not-allowed")
    assert not AuditEntry.objects.exists()


def test_who_may_not_export_sees_no_menu(client, some):
    client.force_login(staff(READER))
    assert "h-menu" not in client.get(reverse("admin:leads_company_changelist")).content.decode()

    client.force_login(staff(READER, EXPORTER))
    text = client.get(reverse("admin:leads_company_changelist"), {"segment__exact": "Existing"}).content.decode()
    assert "1 company: what the filter and the search show" in text
    assert f'action="{admin_url("xlsx", segment__exact="Existing")}"' in text


def test_an_export_is_no_get(client):
    client.force_login(administrator())

    assert client.get(admin_url("csv")).status_code == 405
    assert client.post(admin_url("pdf")).status_code == 404
    assert Client(enforce_csrf_checks=True).post(admin_url("csv")).status_code in {302, 403}
    assert not AuditEntry.objects.exists()


def test_each_export_is_in_the_audit_log_with_its_filter_and_count(some):
    by_admin(segment__exact="Existing")
    by_api("&provider=Google")

    api, admin = AuditEntry.objects.all()
    assert (admin.act, admin.by is not None, admin.subject_name) == ("export", True, "companies as CSV: 1 row")
    assert admin.after == {"rows": 1, "form": "csv", "filters": {"segment__exact": "Existing"}}
    assert api.after == {"rows": 1, "form": "csv", "filters": {"provider": "Google"}}


def test_the_audit_log_shows_an_export(client, some):
    by_admin()
    client.force_login(administrator())

    assert "companies as CSV: 3 rows" in client.get(reverse("admin:audit_auditentry_changelist")).content.decode()


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("&sgment=Cold", id="a filter that there is not"),
        pytest.param("&segment=Warm", id="a word that there is not"),
        pytest.param("&ordering=colour", id="an order that there is not"),
    ],
)
def test_a_mistake_is_told_as_a_problem_and_nothing_leaves(query):
    answer = api_client(READER, EXPORTER).get(f"{API}?format=csv{query}")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert not AuditEntry.objects.exists()


def test_a_cell_that_a_spreadsheet_would_calculate_is_harmless():
    CompanyFactory(domain="evil.example", name="=cmd|' /C calc'!A0", phone="+90 212 555 01 00")

    (row,) = rows_of(by_admin())
    sheet = openpyxl.load_workbook(io.BytesIO(by_admin("xlsx"))).worksheets[0]

    assert (row["Company"], row["Phone"]) == ("'=cmd|' /C calc'!A0", "'+90 212 555 01 00")
    assert [(cell.data_type, cell.value) for cell in (sheet["B2"], sheet["E2"])] == [
        ("s", "=cmd|' /C calc'!A0"), ("s", "+90 212 555 01 00"),
    ]  # fmt: skip


def test_a_row_has_what_was_found_in_letters_that_people_read():
    company = ScannedCompanyFactory(
        domain="xn--mteri-kva70e.com.tr", name="Müşteri İnşaat", contact_emails=["a@x.example", {"email": "b@x.example"}],
        address_city="İzmir", country="TR",
    )  # fmt: skip
    ReferralFactory(company=company, referral_id="r-1", referral_type="co-sell")
    CrmRecordFactory(company=company, in_step=True)

    (row,) = rows_of(by_admin())

    assert (row["Domain"], row["Website"]) == ("müşteri.com.tr", "https://xn--mteri-kva70e.com.tr")
    assert (row["Company"], row["City"], row["E-mail"]) == ("Müşteri İnşaat", "İzmir", "a@x.example, b@x.example")
    assert (row["SPF"], row["DKIM"], row["DMARC"]) == ("yes", "yes", "no record")
    assert (row["Referral"], row["Referral type"], row["Link"], row["Referrals"]) == ("r-1", "co-sell", "linked", "1")
    assert row["CRM state"] == "synced"
    assert row["Scanned"].endswith("Z")


@pytest.mark.parametrize(
    ("signals", "told"),
    [
        pytest.param({"spf": False, "answers": {"txt": ABSENT}}, ("no", "yes", "no record"), id="no"),
        pytest.param({"spf": None, "answers": {"txt": UNKNOWN}}, ("not known", "yes", "no record"), id="SPF not known"),
        pytest.param(
            {"dkim": False, "answers": {"dkim": {"google": UNKNOWN}}},
            ("yes", "not known", "no record"),
            id="DKIM not known",
        ),
        pytest.param({"answers": {"dmarc": UNKNOWN}}, ("yes", "yes", "not known"), id="DMARC not known"),
        pytest.param({"dmarc_policy": "none"}, ("yes", "yes", "none"), id="a policy"),
    ],
)
def test_a_yes_a_no_and_a_not_known_are_three_answers(signals, told):
    company = ScannedCompanyFactory()
    company.signals.delete()
    SignalsFactory(company=company, **signals)

    (row,) = rows_of(by_admin())

    assert (row["SPF"], row["DKIM"], row["DMARC"]) == told


def test_a_score_that_rests_on_something_not_known_has_its_bounds():
    company = ScannedCompanyFactory(gateway=True, **{"provider": "Local"} | scored_as("Local"))
    company.signals.delete()
    SignalsFactory(
        company=company, mx_hosts=["mx1.mimecast.com"], gateway_name="Mimecast",
        mailboxes={"provider": None, "behind": "Mimecast"},
    )  # fmt: skip
    ScannedCompanyFactory(domain="certain.example")

    certain, behind = sorted(rows_of(by_admin()), key=lambda row: row["Domain"] != "certain.example")

    assert (certain["Score at least"], certain["Score at most"]) == ("", "")
    assert int(behind["Score at least"]) <= int(behind["Score"]) < int(behind["Score at most"])
    assert (behind["Mailboxes"], behind["Behind a filter"]) == ("not known", "yes")


def test_what_was_never_scanned_is_empty_and_not_no():
    CompanyFactory()

    (row,) = rows_of(by_admin())

    assert {row[name] for name in ("SPF", "DKIM", "DMARC", "Score", "Priority", "Segment", "CRM state")} == {""}


def test_an_address_of_somebody_who_does_not_want_to_be_contacted_stays_in_the_house():
    company = CompanyFactory(contact_emails=["no@contoso.com", "yes@contoso.com"], phone="123")
    contact = {"first_name": "", "last_name": "", "email": "no@contoso.com", "phone": "123"}
    ReferralFactory(company=company, contacts=[contact], consent={"contact": False})

    (row,) = rows_of(by_admin())

    assert (row["E-mail"], row["Phone"]) == ("yes@contoso.com", "")


def test_the_file_can_be_imported_again_by_its_headers():
    headers = company_sheet().headers

    assert len(headers) == len(set(headers))
    for header in headers:
        words = set(header.lower().split())
        assert header.lower() == SYNONYMS.get(header, header.lower())
        assert header in SYNONYMS or not words & WORDS_OF_OTHER_COLUMNS, header


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_file_that_is_imported_again_changes_nothing(form, tmp_path):
    ScannedCompanyFactory(
        domain="xn--mteri-kva70e.com.tr", name="+Müşteri, \"İnşaat\"", phone="+90 212 555 01 00", country="TR",
        address_line1="=Cadde 5", address_city="İzmir", address_country="TR",
        contact_emails=["a@xn--mteri-kva70e.com.tr", "b@other.example"], sources=["csv"],
    )  # fmt: skip
    ScannedCompanyFactory(domain="plain.example", name="Plain", sources=["csv"])
    before = list(Company.objects.order_by("pk").values())
    file = tmp_path / f"out.{form}"
    command(str(file))

    out = io.StringIO()
    call_command("import_companies", str(file), "--no-scan", "--json", stdout=out, stderr=io.StringIO())

    told = json.loads(out.getvalue())
    assert (told["rows"], told["created"], told["rejected"]) == (2, 0, 0)
    assert told["unchanged"] == 2, told
    assert list(Company.objects.order_by("pk").values()) == before


@pytest.mark.proves("R7.7", "R7.3")
def test_a_page_of_companies_takes_the_same_queries_however_many_there_are():
    def queries():
        with CaptureQueriesContext(connection) as captured:
            by_api()
        return len(captured)

    ReferralFactory(company=ScannedCompanyFactory())
    queries()
    few = queries()
    for _ in range(20):
        CrmRecordFactory(company=ReferralFactory(company=ScannedCompanyFactory()).company)

    assert queries() == few


def command(*arguments):
    out = io.StringIO()
    call_command("export_companies", *arguments, "--json", stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_command_writes_the_file_and_notes_it(form, some, tmp_path):
    file = tmp_path / f"out.{form}"

    told = command(str(file), "--segment", "Existing")

    assert told == {"file": str(file), "rows": 1}
    assert AuditEntry.objects.values_list("after__filters", flat=True).get() == {
        "segment": "Existing",
        "order": "priority",
    }
    data = file.read_bytes()
    assert rows_of(data)[0]["Domain"] == "existing.example" if form == "csv" else data.startswith(b"PK")
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["out.pdf"], "end it with .csv or .xlsx", id="another form"),
        pytest.param(["out.csv", "--segment", "Warm"], "choose one of: Cold", id="no segment"),
        pytest.param(["out.csv", "--order", "colour"], "choose one of: domain", id="no order"),
        pytest.param(["/nowhere/out.csv"], "Choose another place", id="no such folder"),
    ],
)
def test_the_command_says_what_it_can_not_do(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    err = io.StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("export_companies", *arguments, stderr=err)

    assert ended.value.code == 2
    assert words in err.getvalue()
    assert list(tmp_path.iterdir()) == []
    assert not AuditEntry.objects.exists()


OTHERS = ["referrals_referral", "referrals_syncrun", "crm_crmrecord", "work_errorrecord"]


@pytest.mark.parametrize("model", OTHERS)
def test_other_lists_leave_the_house_in_the_same_way(model, client):
    company = ScannedCompanyFactory(domain="contoso.com")
    ReferralFactory(company=company, deal_value="12.50")
    CrmRecordFactory(company=company, in_step=True)
    client.force_login(administrator())

    data = content(client.post(reverse(f"admin:{model}_export", args=["csv"])))

    assert rows_of(data) or model in {"referrals_syncrun", "work_errorrecord"}
    assert data.startswith(b"\xef\xbb\xbf")
    assert AuditEntry.objects.get().act == "export"


@pytest.mark.parametrize("path", ["referrals", "sync-runs", "crm-records", "errors"])
def test_other_lists_leave_by_the_api_too(path):
    app = {"referrals": "referrals.{}_referral", "sync-runs": "referrals.{}_syncrun", "crm-records": "crm.{}_crmrecord",
           "errors": "work.{}_errorrecord"}[path]  # fmt: skip
    reading, exporting = app.format("view"), app.format("export")

    assert api_client(reading).get(f"/api/v1/{path}/export/?format=csv").status_code == 403
    assert content(api_client(reading, exporting).get(f"/api/v1/{path}/export/?format=xlsx")).startswith(b"PK")
