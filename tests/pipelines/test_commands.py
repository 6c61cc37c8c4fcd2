"""The commands of the pipeline as processes: the promised figures, exit statuses and words."""

from __future__ import annotations

import json

import pytest

from tests.factories.leads import ScannedCompanyFactory
from tests.pipelines.commands import finished

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes, pytest.mark.proves("C6")]

SYNC_FIGURES = ["run", "fetched", "created", "updated", "unchanged", "skipped", "linked", "failed", "pages", "seconds"]
PUSH_FIGURES = ["due", "created", "updated", "adopted", "unchanged", "failed", "dead", "seconds"]


def test_a_sync_prints_its_promised_figures_and_says_that_some_rows_failed(partner_center_with_pages):
    done = finished("sync_referrals", "--json", sandbox=partner_center_with_pages)

    assert list(json.loads(done.stdout)) == SYNC_FIGURES
    assert done.returncode == 1, "some rows of the sandbox are bad, and each has an error record"


def test_a_push_prints_its_promised_figures(dynamics):
    ScannedCompanyFactory.create_batch(2)

    done = finished("push_leads", "--json", sandbox=dynamics)

    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert list(told) == PUSH_FIGURES
    assert (told["due"], told["created"]) == (2, 2)


@pytest.mark.parametrize(
    ("command", "switch"), [("sync_referrals", "PARTNER_CENTER_ENABLED"), ("push_leads", "D365_ENABLED")]
)
def test_a_command_for_a_service_that_is_off_ends_with_one_line(dynamics, command, switch):
    refused = finished(command, "--json", sandbox=dynamics, **{switch: "false"})

    assert (refused.returncode, refused.stdout) == (2, "")
    assert switch in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("dry", [[], ["--dry-run"]], ids=["in earnest", "dry run"])
@pytest.mark.parametrize(
    ("company", "words"),
    [
        pytest.param("!!", "'!!' is no domain: ", id="no domain"),
        pytest.param("Nobody.example", "There is no company nobody.example. `scan_domains", id="no company"),
    ],
)
def test_a_push_of_what_is_no_company_says_so(company, words, dry, dynamics):
    done = finished("push_leads", "--company", company, *dry, sandbox=dynamics)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(words)


def test_check_crm_ends_with_1_when_something_is_wrong(dynamics):
    fine = finished("check_crm", "--json", sandbox=dynamics)
    dynamics.control.edit("dataverse", {"act": "drop_column", "column": "hnt_provider"})
    wrong = finished("check_crm", "--json", sandbox=dynamics)

    assert (fine.returncode, json.loads(fine.stdout)["faults"]) == (0, []), fine.stderr
    assert wrong.returncode == 1
    assert [fault["column"] for fault in json.loads(wrong.stdout)["faults"]] == ["hnt_provider"]
