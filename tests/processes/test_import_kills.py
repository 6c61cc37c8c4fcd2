"""An import that is killed goes on where it stopped: nothing is lost and nothing is done twice (R1.9, R1.10, R1.11)."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import openpyxl
import pytest
from django.db.models import F

from hunter.work.models import ErrorRecord, Item
from leads.models import Company, CompanyImport, ImportFile, ImportPart, ImportRow, ImportState, RawLead
from tests.processes.pipelines.books import let_time_pass
from tests.processes.running import KILLED, LONGEST_RUN, is_asleep, run, started
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.processes]

KIND = "import_companies"
ROWS, DOUBLES, REFUSED = 2_300, 300, 11  # three chunks; doubles name companies of other chunks
COUNTS = {
    "rows": ROWS, "created": ROWS - DOUBLES - REFUSED, "updated": 0, "unchanged": 0, "merged": DOUBLES, "rejected": REFUSED,
}  # fmt: skip
HEADER = ("Firma", "Web", "E-posta", "Telefon")


def row(number: int) -> tuple[str, str, str, str]:
    """The row of that number; the first REFUSED have no domain, the last DOUBLES are companies of the first chunk."""
    if number < REFUSED:
        return (f"Nobody {number}", "", "", "")
    company = number - (ROWS - DOUBLES) + 100 if number >= ROWS - DOUBLES else number
    return (f"Firm {company}", f"www.firm-{company}.com", f"{number}@firm-{company}.com", f"0212 {company}")


def written(path: Path) -> Path:
    """The list as a file of the kind that its name says."""
    rows = [HEADER, *(row(number) for number in range(ROWS))]
    if path.suffix == ".csv":
        path.write_text("".join(f"{';'.join(cells)}\n" for cells in rows), encoding="utf-8")
        return path
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Firms")
    for cells in rows:
        sheet.append(cells)
    book.save(path)
    return path


@pytest.fixture
def list_file(tmp_path: Path) -> Path:
    return written(tmp_path / "list.csv")


def books_balance() -> None:
    """One import, whose rows are there once each; each company once, asked to be scanned once, with all that was told."""
    done = CompanyImport.objects.get()
    assert done.state == ImportState.DONE_WITH_REFUSED
    assert done.counts == COUNTS
    assert list(done.import_rows.order_by("number").values_list("number", flat=True)) == list(range(2, ROWS + 2))
    wanted = {f"firm-{number}.com" for number in range(REFUSED, ROWS - DOUBLES)}
    assert set(Company.objects.values_list("domain", flat=True)) == wanted
    assert Company.objects.get(domain="firm-100.com").contact_emails == ["100@firm-100.com", "2000@firm-100.com"]
    assert RawLead.objects.count() == ROWS - REFUSED
    scans = Item.objects.filter(kind="scan")
    assert dict(scans.values_list("key", "requested")) == dict.fromkeys(wanted, 1)
    assert not Item.objects.filter(kind=KIND).exclude(served=F("requested"), lease=None, dead_at=None).exists()
    assert not ErrorRecord.objects.unsettled().exists()
    assert not ImportPart.objects.exists()


POINTS = [
    pytest.param("list.csv", "after_claim_commit:2", id="between two chunks, the next one claimed"),
    pytest.param("list.csv", "before_rows:2", id="in the middle of a chunk, its companies made"),
    pytest.param("list.csv", "before_settle_commit:2", id="a chunk written and not committed"),
    pytest.param("list.csv", "after_settle_commit:1", id="a chunk just committed"),
    pytest.param("list.xlsx", "before_rows:2", id="in the middle of a chunk of a workbook"),
]


@pytest.mark.proves("R1.9", "R1.10", "R1.11", "R3.1")
@pytest.mark.fault(1, 3, 7)
@pytest.mark.parametrize(("name", "point"), POINTS)
def test_the_books_balance_after_a_kill(name, point, tmp_path):
    path = written(tmp_path / name)
    killed = run(KIND, str(path), HUNTER_CRASH_AT=f"{KIND}.{point}")
    assert killed.returncode == KILLED, killed.stderr

    let_time_pass()
    again = run(KIND, str(path), "--json")

    assert again.returncode == 1, again.stderr  # rows were refused
    assert {name: json.loads(again.stdout)[name] for name in COUNTS} == COUNTS
    books_balance()


def test_a_kill_after_the_last_chunk_leaves_nothing_to_do(list_file):
    killed = run(KIND, str(list_file), HUNTER_CRASH_AT=f"{KIND}.after_settle_commit:3")

    assert killed.returncode == KILLED, killed.stderr
    books_balance()


@pytest.mark.proves("R1.10")
@pytest.mark.fault(7)
def test_what_a_killed_command_leaves_is_done_by_any_other_worker(list_file):
    killed = run(KIND, str(list_file), HUNTER_CRASH_AT=f"{KIND}.before_settle_commit:2")
    assert killed.returncode == KILLED, killed.stderr

    let_time_pass()
    assert run("drain", "hunter").returncode == 0

    books_balance()


@pytest.mark.proves("R1.10", "R3.2")
@pytest.mark.fault(5, 6)
@pytest.mark.parametrize(
    "point",
    [
        pytest.param("after_claim_commit:2", id="with a chunk claimed"),
        pytest.param("before_settle:2", id="with a chunk read and not written"),
    ],
)
def test_a_command_that_sleeps_past_its_lease_adds_nothing_to_what_another_has_done(point, list_file):
    with started(KIND, str(list_file), HUNTER_STOP_AT=f"{KIND}.{point}") as sleeping:
        until(lambda: is_asleep(sleeping.pid), what="the first command's sleep")
        let_time_pass()
        assert run("drain", "hunter").returncode == 0
        sleeping.send_signal(signal.SIGCONT)
        sleeping.wait(LONGEST_RUN)

    books_balance()


def test_a_file_that_did_not_come_in_whole_is_imported_by_nobody(list_file):
    killed = run(KIND, str(list_file), HUNTER_CRASH_AT="import_companies.before_part")

    assert killed.returncode == KILLED, killed.stderr
    assert ImportFile.objects.exists()
    assert not CompanyImport.objects.exists()
    assert not ImportRow.objects.exists()
