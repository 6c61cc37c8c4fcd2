"""Lists become companies, chunk by chunk, beside whoever else writes them (R1.11, R3.1, R3.5, R7.7)."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from hunter.errors import HunterError
from hunter.work.models import ErrorRecord, Item, Priority
from leads.importing.listed import ListedCompany
from leads.importing.refusals import FileRefused
from leads.models import Company, CompanyImport, ConsumerDomain, ImportPart, ImportRow, ImportState, RawLead
from leads.services.import_files import PART_BYTES
from leads.services.import_rows import MOST_ROWS, take_rows
from leads.services.imports import Choices, import_after_check, prepare_import, resume_import, start_import, stop_import
from referrals.services.ingesting import ingest_page
from tests.factories.leads import CompanyFactory, CompanyImportFactory, ScannedCompanyFactory
from tests.factories.referrals import partner_center_row
from tests.leads.importing_lists import begun, imported, many, text_list, work, workbook
from tests.threads import at_once

pytestmark = pytest.mark.django_db
with_threads = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def versions() -> list[tuple[str, int]]:
    return list(Company.objects.order_by("domain").values_list("domain", "version"))


def counts(run: CompanyImport, *names: str) -> tuple[int, ...]:
    return tuple(getattr(run, name) for name in names)


def test_a_company_is_made_with_all_that_its_row_tells():
    header = "Firma;Web;E-posta;Telefon;Adres;İl;Ülke;Sektör\n"
    imported(text_list("Acme;acme.com;Info@acme.com;0212;Cad. 1;Bursa;Türkiye;Gıda", header=header))

    company = Company.objects.get()
    assert (company.domain, company.registrable_domain, company.name) == ("acme.com", "acme.com", "Acme")
    assert (company.phone, company.address_line1, company.address_city) == ("0212", "Cad. 1", "Bursa")
    assert (company.country, company.address_country) == ("TR", "Türkiye")
    assert (company.contact_emails, company.sources, company.version) == (["info@acme.com"], ["csv"], 1)
    lead = RawLead.objects.get()
    assert (lead.company, lead.source) == (company, "csv")
    assert (lead.payload["file"], lead.payload["row"], lead.payload["extra"]) == ("list.csv", 2, {"sector": "Gıda"})


def test_new_companies_are_scanned_after_what_people_have_clicked():
    imported(text_list("Acme;acme.com;;"))

    assert Item.objects.get(kind="scan").priority == Priority.BULK


@pytest.mark.proves("R3.1")
def test_the_same_list_again_changes_nothing_in_the_database():
    content = many(MOST_ROWS + 200)
    imported(content)
    before, leads = versions(), RawLead.objects.count()

    run = imported(content)

    assert counts(run, "rows", "created", "updated", "unchanged") == (MOST_ROWS + 200, 0, 0, MOST_ROWS + 200)
    assert versions() == before
    assert RawLead.objects.count() == leads


def test_rows_of_a_company_are_merged_across_chunks_as_within_one():
    filler = [f"Firm {n};www.firm-{n}.com;;" for n in range(MOST_ROWS)]
    first, second = "acme.com;acme.com;a@acme.com;", "Acme;www.acme.com;b@acme.com;0212"

    apart = imported(text_list(first, *filler, second))
    company = Company.objects.get(domain="acme.com")

    assert counts(apart, "created", "merged") == (MOST_ROWS + 1, 1)
    assert (company.name, company.phone, company.contact_emails) == ("acme.com", "0212", ["a@acme.com", "b@acme.com"])
    again = imported(text_list(first, *filler, second))
    assert counts(again, "created", "updated", "unchanged", "merged") == (0, 0, MOST_ROWS + 1, 1)


def test_a_later_row_that_changes_a_company_makes_it_changed_and_not_twice():
    CompanyFactory(domain="acme.com", name="Acme", sources=["csv"])
    filler = [f"Firm {n};www.firm-{n}.com;;" for n in range(MOST_ROWS)]

    run = imported(text_list("Acme;acme.com;;", *filler, "Acme;acme.com;;0212"))

    assert counts(run, "rows", "created", "updated", "unchanged", "merged") == (MOST_ROWS + 2, MOST_ROWS, 1, 0, 1)
    assert run.import_rows.get(domain="acme.com", number=2).outcome == "updated"


def test_a_corrected_list_replaces_what_the_first_had_told_and_nothing_else():
    CompanyFactory(domain="person.com", name="Person", phone="set by a person", sources=["csv"])
    imported(text_list("Acme;acme.com;;0212", "Person;person.com;;0213"))

    run = imported(text_list("Acme;acme.com;;0216", "Person;person.com;;0217"))

    assert counts(run, "updated", "unchanged") == (1, 1)
    assert dict(Company.objects.values_list("domain", "phone")) == {"acme.com": "0216", "person.com": "set by a person"}


def test_a_changed_company_that_is_scored_is_pushed(other_crm):
    ScannedCompanyFactory(domain="acme.com", name="acme.com")

    imported(text_list("Acme;acme.com;;0212"))

    assert Item.objects.get(kind=other_crm).key == "acme.com"
    assert not Item.objects.filter(kind="scan").exists()


def test_the_list_of_consumer_domains_is_that_of_the_administrators():
    ConsumerDomain.objects.create(domain="acme.com")

    run = imported(text_list("Acme;;a@acme.com;"))

    assert counts(run, "created", "rejected") == (0, 1)


@pytest.mark.proves("R3.5")
def test_a_row_that_the_database_refuses_costs_that_row_only():
    run = CompanyImportFactory(rows=0, rejected=0, state="running")
    rows = [ListedCompany(row=n, domain=f"firm-{n}.com", country="TR") for n in range(2, 12)]
    rows[4] = ListedCompany(row=6, domain="firm-6.com", country="TUR", name="Too long a code")

    with transaction.atomic():
        take_rows(run, rows)
        run.save()

    assert counts(run, "rows", "created", "rejected") == (10, 9, 1)
    assert "can't store the row" in run.import_rows.get(number=6).reason
    assert Company.objects.count() == 9


def test_counts_that_do_not_add_up_are_refused_by_the_database():
    with pytest.raises(IntegrityError, match="leads_import_adds_up"):
        CompanyImportFactory(rows=3, rejected=1)


@pytest.mark.proves("R7.7")
def test_a_chunk_takes_as_many_statements_for_many_rows_as_for_few():
    def statements(count: int, prefix: str) -> int:
        run = CompanyImportFactory(rows=0, rejected=0, state="running")
        rows = [ListedCompany(row=n, domain=f"{prefix}-{n}.com", name="A", phone="1") for n in range(2, count + 2)]
        rows.append(ListedCompany(row=count + 2, domain="known.com", phone="2"))
        with transaction.atomic(), CaptureQueriesContext(connection) as captured:
            take_rows(run, rows)
        return len(captured)

    CompanyFactory(domain="known.com", sources=[])
    few = statements(3, "few")
    Company.objects.filter(domain="known.com").update(phone="", sources=[])

    assert statements(900, "many") == few < 30


@with_threads
@pytest.mark.proves("R3.1", "R3.2", "R3.6")
def test_two_imports_of_the_same_companies_at_once_make_each_once():
    first, second = begun(many(900)), begun(io.BytesIO(b"".join(reversed_lines(many(900)))))

    at_once(lambda: work(first), lambda: work(second))

    runs = CompanyImport.objects.order_by("pk")
    assert sum(run.created for run in runs) == Company.objects.count() == 900
    assert all(run.created + run.unchanged == run.rows == 900 for run in runs)
    assert set(Item.objects.filter(kind="scan").values_list("requested", flat=True)) == {1}


def reversed_lines(content: io.BytesIO) -> list[bytes]:
    header, *rest = content.getvalue().splitlines(keepends=True)
    return [header, *rest[::-1]]


@with_threads
@pytest.mark.proves("R3.2", "R3.6")
def test_an_import_and_a_sync_that_meet_on_the_same_companies_lose_nothing():
    run = begun(many(300))
    page = [
        partner_center_row(id=f"r-{n}", customerProfile={"name": f"Ref {n}", "team": [{"email": f"a@firm-{n}.com"}]})
        for n in range(299, -1, -1)
    ]

    def sync() -> None:
        with transaction.atomic():
            ingest_page(page, consumer_domains=frozenset())

    at_once(lambda: work(run), sync)

    assert Company.objects.count() == 300
    assert {tuple(sorted(sources)) for sources in Company.objects.values_list("sources", flat=True)} == {
        ("csv", "partnercenter")
    }
    assert all("0212" in phone for phone in Company.objects.values_list("phone", flat=True))
    run.refresh_from_db()
    assert run.created + run.updated == run.rows == 300


def test_a_name_that_a_person_sets_while_a_list_comes_in_stays():
    company = CompanyFactory(domain="acme.com", name="acme.com")
    run = begun(text_list("Acme;acme.com;;0212"))
    company.name, company.name_set_by_person = "As Ayşe says", True
    company.save()

    work(run)

    company.refresh_from_db()
    assert (company.name, company.phone) == ("As Ayşe says", "0212")


def test_a_stopped_import_takes_no_more_and_goes_on_from_there():
    run = begun(many(MOST_ROWS * 2 + 5))
    stop_import(run, by=None)
    work(run)
    assert (run.state, run.rows) == (ImportState.STOPPED, 0)

    resume_import(run, by=None)
    work(run)

    assert (run.state, run.created) == (ImportState.DONE, MOST_ROWS * 2 + 5)


def test_a_workbook_that_breaks_off_says_so_keeps_what_is_in_and_is_an_error_for_people():
    rows = [["Firma", "Web"], *([f"Firm {n}", f"firm-{n}.com"] for n in range(3 * MOST_ROWS))]
    content = workbook(("Firms", rows))
    run = begun(content, name="list.xlsx")
    last = ImportPart.objects.filter(file=run.file).latest("number")
    spoilt = bytearray(last.content)
    spoilt[len(spoilt) // 3] ^= 0xFF
    last.content = bytes(spoilt)
    last.save()

    work(run)

    assert run.state == ImportState.FAILED
    assert "damaged or was cut off" in run.error
    assert Company.objects.count() == run.created
    assert ErrorRecord.objects.get(kind="import_companies").message == run.error


@pytest.mark.proves("R7.4")
def test_a_file_of_many_pieces_comes_whole_to_the_worker_and_goes_when_it_is_done():
    filler = "x" * 9_000
    content = text_list(*(f"Firm {n};www.firm-{n}.com;;{filler}" for n in range(1_400)))
    run = begun(content)
    assert run.file.parts.count() == -(-len(content.getvalue()) // PART_BYTES) > 8

    work(run)

    assert (run.state, run.created) == (ImportState.DONE, 1_400)
    run.file.refresh_from_db()
    assert (run.file.kept, run.file.parts.count()) == (False, 0)


def test_a_dry_run_says_what_an_import_then_does():
    CompanyFactory(domain="known.com", name="known.com", sources=["csv"])
    CompanyFactory(domain="same.com", name="Same", sources=["csv"])
    lines = ("New;new.com;;", "Known;known.com;;", "Same;same.com;;", "New;new.com;;1", "No;;;")
    before = versions()

    checked = imported(text_list(*lines), dry_run=True)
    assert versions() == before
    assert not RawLead.objects.exists()
    done = work(import_after_check(checked, by=None))

    assert checked.counts == done.counts
    assert done.counts == {"rows": 5, "created": 1, "updated": 1, "unchanged": 1, "merged": 1, "rejected": 1}
    assert [row.told for row in checked.import_rows.filter(outcome="updated")] == [{"name": ["known.com", "Known"]}]


def test_a_list_is_started_once():
    run = begun(text_list("Acme;acme.com;;"))

    with pytest.raises(HunterError, match="has begun already"):
        start_import(run, choices=Choices(), layout=run.reading_plan.layout, by=None)


def test_a_file_beyond_the_limit_is_refused_before_it_is_kept(settings):
    settings.IMPORT_MAX_MB = 1

    with pytest.raises(FileRefused, match="at most 1 MB"):
        prepare_import(io.BytesIO(b"Firma;Web\n" * 200_000), name="list.csv")

    assert not ImportPart.objects.exists()


def test_a_done_import_has_no_work_left():
    run = imported(text_list("Acme;acme.com;;"))

    with pytest.raises(HunterError, match="no work left"):
        resume_import(run, by=None)


def test_rows_are_noted_once_each_in_their_order():
    run = imported(many(MOST_ROWS + 3))

    numbers = list(ImportRow.objects.filter(company_import=run).order_by("number").values_list("number", flat=True))
    assert numbers[0] == 2
    assert all(after - before == 1 for before, after in pairwise(numbers))
