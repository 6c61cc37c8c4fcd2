"""A push whose process is killed at any place leaves one lead for each company, and nothing undone."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from crm.models import CrmRecord
from crm.services.checking import forget_columns
from crm.services.pushing import push_due
from tests.factories.leads import ScannedCompanyFactory
from tests.pipelines.commands import finished, started

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.processes]

PLACES = [
    "push_dynamics365.before_claim_commit",
    "push_dynamics365.after_claim_commit",
    "push.before_locate",
    "push.after_locate",
    "push.before_write",
    "dynamics365.create.before",
    "dynamics365.create.after",
    "push.after_write",
    "push_dynamics365.before_settle",
    "push_dynamics365.before_settle_commit",
    "push_dynamics365.after_settle_commit",
]


@pytest.fixture(autouse=True)
def _columns_of_another_sandbox_are_forgotten():
    forget_columns()


def domains_in(sandbox):
    leads = sandbox.control.state("dataverse")["leads"]
    return Counter(lead["hnt_domain"] for lead in leads if str(lead.get("hnt_domain")).startswith("company-"))


@pytest.mark.proves("R1.1", "R1.10")
@pytest.mark.fault(1, 2, 3)
@pytest.mark.parametrize("place", PLACES)
def test_a_killed_push_leaves_one_lead_for_each_company(dynamics, settings, place):
    settings.LEASE_SECONDS = 1
    companies = ScannedCompanyFactory.create_batch(4)
    killed = finished("push_leads", "--json", sandbox=dynamics, HUNTER_CRASH_AT=place, LEASE_SECONDS="1")
    assert killed.returncode == -9, killed.stderr

    push_due()

    assert domains_in(dynamics) == Counter(company.domain for company in companies)
    assert CrmRecord.objects.in_step().filter(sent=[]).count() == 4


@pytest.mark.proves("R1.1", "R3.2")
def test_two_drainers_at_once_make_one_lead_for_each_company(dynamics):
    companies = ScannedCompanyFactory.create_batch(30)

    both = [started("push_leads", "--json", sandbox=dynamics) for _ in range(2)]
    ends = [process.communicate(timeout=120) for process in both]

    assert [process.returncode for process in both] == [0, 0], ends
    assert domains_in(dynamics) == Counter(company.domain for company in companies)


def test_the_command_prints_its_promised_figures(dynamics):
    ScannedCompanyFactory.create_batch(2)

    done = finished("push_leads", "--json", sandbox=dynamics)

    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert list(told) == ["due", "created", "updated", "adopted", "unchanged", "failed", "dead", "seconds"]
    assert (told["due"], told["created"]) == (2, 2)


def test_a_crm_that_is_off_ends_the_command_with_one_line(dynamics):
    refused = finished("push_leads", "--json", sandbox=dynamics, D365_ENABLED="false")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "D365_ENABLED" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_check_crm_ends_with_1_when_something_is_wrong(dynamics):
    fine = finished("check_crm", "--json", sandbox=dynamics)
    dynamics.control.edit("dataverse", {"act": "drop_column", "column": "hnt_provider"})
    wrong = finished("check_crm", "--json", sandbox=dynamics)

    assert (fine.returncode, json.loads(fine.stdout)["faults"]) == (0, []), fine.stderr
    assert wrong.returncode == 1
    assert [fault["column"] for fault in json.loads(wrong.stdout)["faults"]] == ["hnt_provider"]
