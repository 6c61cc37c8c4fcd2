"""import_companies, as people and scripts call it (g.1, interfaces)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from hunter.work.models import Item
from leads.models import Company, CompanyImport

pytestmark = pytest.mark.django_db

LIST = """Bursa OSB;;;
;;;
Firma Ünvanı;Web Sitesi;E-Posta;Telefon
Acme A.Ş.;www.acme.com.tr;info@acme.com.tr;0212 555
Beta;;ali@gmail.com;
Gamma;https://gamma.com;;
Acme Again;acme.com.tr;satis@acme.com.tr;0216 777
"""
COUNTS = {"rows": 4, "created": 2, "updated": 0, "unchanged": 0, "merged": 1, "rejected": 1}


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit status, and the JSON object of standard output."""
    status = 0
    try:
        call_command("import_companies", *arguments, "--json")
    except SystemExit as end:
        status = int(end.code or 0)
    return status, json.loads(capsys.readouterr().out)


@pytest.fixture
def companies_csv(tmp_path: Path) -> Path:
    path = tmp_path / "companies.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


def test_a_list_becomes_companies_and_its_counts_add_up(companies_csv, capsys):
    status, told = run(capsys, str(companies_csv))

    assert status == 1  # a row was refused
    assert {name: told[name] for name in COUNTS} == COUNTS
    acme = Company.objects.get(domain="acme.com.tr")
    assert (acme.name, acme.phone) == ("Acme A.Ş.", "0212 555")
    assert acme.contact_emails == ["info@acme.com.tr", "satis@acme.com.tr"]
    assert set(Item.objects.filter(kind="scan").values_list("key", flat=True)) == {"acme.com.tr", "gamma.com"}


def test_the_same_list_again_changes_nothing(companies_csv, capsys):
    run(capsys, str(companies_csv))
    before = list(Company.objects.order_by("pk").values_list("domain", "version", "updated_at"))

    _, told = run(capsys, str(companies_csv))

    assert {name: told[name] for name in COUNTS} == COUNTS | {"created": 0, "unchanged": 2}
    assert list(Company.objects.order_by("pk").values_list("domain", "version", "updated_at")) == before
    assert CompanyImport.objects.count() == 2


def test_a_dry_run_tells_the_same_and_touches_nothing(companies_csv, capsys):
    _, told = run(capsys, str(companies_csv), "--dry-run")

    assert {name: told[name] for name in COUNTS} == COUNTS
    assert not Company.objects.exists()
    assert not Item.objects.filter(kind="scan").exists()
    assert CompanyImport.objects.get().dry_run


def test_without_scan_nothing_is_asked_for(companies_csv, capsys):
    run(capsys, str(companies_csv), "--no-scan")

    assert Company.objects.count() == 2
    assert not Item.objects.filter(kind="scan").exists()


def test_refused_rows_come_back_as_a_file_with_the_reason(companies_csv, capsys):
    _, told = run(capsys, str(companies_csv))

    text = Path(told["rejects_file"]).read_text(encoding="utf-8-sig")

    assert text.splitlines()[0] == "Row,Reason,Firma Ünvanı,Web Sitesi,E-Posta,Telefon"
    assert text.splitlines()[1].startswith("5,ali@gmail.com (email): a mail domain of private persons")


def test_a_list_without_faults_ends_with_0_and_no_file(tmp_path, capsys):
    path = tmp_path / "good.csv"
    path.write_text("Company,Website\nAcme,acme.com\n")

    status, told = run(capsys, str(path))

    assert (status, told["rejects_file"]) == (0, None)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("old.xls", b"whatever", "Save as, Excel Workbook (.xlsx)", id="an old Excel file"),
        pytest.param("list.xlsx", b"no workbook", "no Excel workbook", id="something else under the name"),
        pytest.param("empty.csv", b"", "has no rows", id="an empty file"),
        pytest.param("nothing.csv", b"a;b\nfoo;bar\n", "No column is a website", id="no column with a domain"),
        pytest.param(None, b"", "can't be read", id="no file"),
    ],
)
def test_what_can_not_begin_says_why_in_a_line(name, content, words, tmp_path, capsys):
    path = tmp_path / (name or "missing.csv")
    if name:
        path.write_bytes(content)

    with pytest.raises(SystemExit) as end:
        call_command("import_companies", str(path), "--json")

    said = capsys.readouterr()
    assert end.value.code == 2
    assert words in said.err
    assert said.out == ""
    assert not CompanyImport.objects.exclude(state="preparing").exists()
