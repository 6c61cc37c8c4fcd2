"""A fail-over to a standby that had not heard of the last commits (fault 27): what holds then, and what is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from hunter.sandbox.running import RunningSandbox, running_sandbox
from tests.processes.database.conftest import FREELY, Own, keys

pytestmark = [pytest.mark.processes]

MAKE = """
from tests.factories.leads import ScannedCompanyFactory
[ScannedCompanyFactory.create(domain=f"{{name}}.example.com", infrastructure_summary="as it was") for name in {names!r}]
"""
EDIT = """
from leads.models import Company
Company.objects.update(infrastructure_summary="edited", score=71)
"""


@pytest.fixture
def sandbox(own: Own) -> Iterator[RunningSandbox]:
    """A CRM that the processes on the test's own server push to."""
    with running_sandbox(companies=0, referrals=0) as sandbox:
        own.env = sandbox.env | {"LIMIT_DYNAMICS365": FREELY, "LIMIT_ENTRA": FREELY}
        yield sandbox


def works(own: Own, *command: str) -> None:
    done = own.run(*command)
    assert done.returncode == 0, done.stderr


def told(sandbox: RunningSandbox) -> dict[str, tuple[str, int, str | None]]:
    """Of each lead in the CRM's store what Hunter wrote, and what a person did."""
    leads = sandbox.control.state("dataverse")["leads"]
    assert set(Counter(lead["hnt_domain"] for lead in leads).values()) == {1}
    return {lead["hnt_domain"]: (lead["hnt_infrasummary"], lead["hnt_finalscore"], lead["jobtitle"]) for lead in leads}


@pytest.mark.proves("R1.1", "R1.8")
@pytest.mark.fault(27)
def test_lost_commits_make_no_second_lead_and_what_is_verified_since_is_as_hunter_has_it(own, sandbox, tmp_path):
    works(own, "shell", "--command", MAKE.format(names=["old-1", "old-2"]))
    works(own, "push_leads")
    works(own, "shell", "--command", MAKE.format(names=["new-1", "new-2"]))
    own.database.copy_to(own.folder / "standby")
    works(own, "shell", "--command", EDIT)
    works(own, "push_leads")
    sandbox.control.edit(
        "dataverse", {"act": "change", "lead": "old-1.example.com", "columns": {"jobtitle": "Director"}}
    )
    before = told(sandbox)

    own.database.fail_over_to(own.folder / "standby")
    works(own, "verify_crm", "--since", "2026-01-01T00:00:00Z")
    works(own, "push_leads")

    after = told(sandbox)
    assert [one[0] for one in before.values()] == ["edited"] * 4
    assert {name.partition(".")[0]: one for name, one in after.items()} == {
        "old-1": ("as it was", 70, "Director"),
        "old-2": ("as it was", 70, None),
        "new-1": ("as it was", 70, None),
        "new-2": ("as it was", 70, None),
    }
    assert own.database.asked("select count(*) from work_errorrecord") == [(0,)]


@pytest.mark.proves("R1.9")
@pytest.mark.fault(27)
def test_items_whose_end_was_lost_are_done_again_and_a_lease_of_before_settles_nothing(own):
    own.ask(8)
    own.database.copy_to(own.folder / "standby")
    sleeper = own.begin("drain", "outgoing", HUNTER_STOP_AT="toy.before_settle_commit")
    sleeper.wait_until_stopped()

    own.database.fail_over_to(own.folder / "standby")
    works(own, "drain", "outgoing")
    sleeper.go_on()

    assert sleeper.wait() == 2
    assert own.done() == keys(8)
