"""A CRM without a fence, that chooses its ids itself: killed and cut off anywhere, there is one company each (R1.1)."""

from __future__ import annotations

from collections import Counter

import pytest

from crm.hubspot.changes import PAGE_SIZE
from crm.models import CrmPull, CrmRecord
from crm.registry import crm_backend
from crm.services.pulling import pull_crm_changes
from crm.services.pushing import push_due
from hunter.audit.models import AuditEntry
from hunter.remote.lanes import LaneName
from hunter.remote.limits import end_pause
from hunter.work.models import ErrorRecord, Item
from leads.models import Company
from tests.factories.leads import ScannedCompanyFactory
from tests.pipelines.crms import lead_to_hubspot, learn_kinds_of
from tests.processes.pipelines import books, works
from tests.processes.pipelines.conftest import FREELY
from tests.processes.running import KILLED

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.processes]

THERE_BEFORE = ("adopted-1.com", "adopted-2.com")
HUBSPOT_ALONE = {"CRM_BACKEND": "hubspot", "LIMIT_HUBSPOT": FREELY}
POINTS = (
    "push_hubspot.after_claim_commit",
    "push_hubspot.before_settle_commit",
    "push_hubspot.before_settle_commit:2",
    "push_hubspot.after_settle_commit",
    "hubspot.locate by id.after",
    "hubspot.create.before",
    "hubspot.create.after",
    "hubspot.create.after:6",
    "hubspot.read before.after",
    "hubspot.change.before",
    "hubspot.change.after",
)

LEDGER = ("before_claim_commit", "after_claim_commit", "before_settle", "before_settle_commit", "after_settle_commit")
MERGED_POINTS = (
    "push_hubspot.after_claim_commit",
    "push_hubspot.before_settle_commit",
    "push_hubspot.before_settle_commit:2",
    "hubspot.read before.after",
    "hubspot.read.before",
    "hubspot.read.after",
    "hubspot.change.before",
    "hubspot.change.after:6",
)
PAGES = 3  # two of companies, one of contacts
PULL_POINTS = (
    *(f"pull_hubspot.{place}" for place in LEDGER),
    "pull_hubspot.before_settle_commit:2",
    "pull_hubspot.after_settle_commit:2",
    "hubspot.changes.before",
    "hubspot.changes.after",
    "hubspot.changes.before:2",
    "hubspot.changes.after:2",
)


@pytest.fixture
def account(sandbox, settings, monkeypatch):
    """A HubSpot account that has a company or two already, and ten companies here that are due."""
    settings.CRM_BACKEND = "hubspot"
    learn_kinds_of("hubspot", monkeypatch)
    lead_to_hubspot(sandbox, settings)
    for domain in THERE_BEFORE:
        sandbox.control.edit("hubspot", {"act": "create", "properties": {"domain": domain, "name": "Theirs"}})
        ScannedCompanyFactory(domain=domain)
    ScannedCompanyFactory.create_batch(8)
    return sandbox


def is_balanced(sandbox) -> None:
    """By the account's own store: one company each, none made beside it, with the newest values."""
    companies = {one.domain: one for one in Company.objects.all()}
    held = [one["properties"] for one in sandbox.control.state("hubspot")["companies"]]
    records = CrmRecord.objects.filter(crm="hubspot")

    assert Counter(one["domain"] for one in held) == dict.fromkeys(companies, 1)
    assert {one["hnt_lead_id"] for one in held} == {str(row.lead_id) for row in records}
    assert {one["domain"]: (one["hnt_infrasummary"], one["hnt_finalscore"]) for one in held} == {
        domain: (one.infrastructure_summary, str(one.score)) for domain, one in companies.items()
    }
    assert records.filter(state="synced", sent=[]).count() == len(companies)
    assert not ErrorRecord.objects.unsettled().exists()
    books.nothing_is_held_or_owed("push_hubspot")


@pytest.mark.proves("R1.1", "R1.9", "R1.10")
@pytest.mark.fault(1, 2)
@pytest.mark.parametrize("point", POINTS)
def test_one_company_each_after_a_kill_at(point, account, begin):
    killed = begin("push_leads", HUNTER_CRASH_AT=point, **HUBSPOT_ALONE)
    assert killed.wait() == KILLED, killed.words

    works.edit_again()
    books.let_time_pass()
    push_due()

    is_balanced(account)


@pytest.mark.proves("R1.1", "R1.9", "R1.10")
@pytest.mark.fault(1, 2, 21)
@pytest.mark.parametrize("point", MERGED_POINTS)
def test_companies_that_were_merged_are_followed_after_a_kill_at(point, account, begin):
    push_due()
    for domain in Company.objects.values_list("domain", flat=True):
        kept = account.control.edit("hubspot", {"act": "create", "properties": {"name": f"Kept: {domain}"}})
        account.control.edit("hubspot", {"act": "merge", "company": kept["id"], "other": domain})
    works.edit_companies()
    killed = begin("push_leads", HUNTER_CRASH_AT=point, **HUBSPOT_ALONE)
    assert killed.wait() == KILLED, killed.words

    works.edit_again()
    books.let_time_pass()
    push_due()

    assert {one["properties"]["name"][:5] for one in account.control.state("hubspot")["companies"]} == {"Kept:"}
    is_balanced(account)


@pytest.fixture
def people_at_work(account):
    """All that Hunter pushed was read back; then people change each phone, before a page of companies of theirs and after."""
    push_due()
    pull_crm_changes(crm_backend("hubspot"), full=False)
    domains = list(Company.objects.order_by("domain").values_list("domain", flat=True))
    theirs = [{"act": "create", "properties": {"name": f"Theirs {number}"}} for number in range(PAGE_SIZE)]
    phones = [{"act": "change", "company": one, "properties": {"phone": works.PHONE}} for one in domains]
    for act in [*phones[:5], *theirs, *phones[5:]]:
        account.control.edit("hubspot", act)
    return account


@pytest.mark.proves("R1.9", "R1.10", "R4.7")
@pytest.mark.fault(1, 2, 3)
@pytest.mark.parametrize("point", PULL_POINTS)
def test_what_people_changed_is_taken_once_after_a_kill_at(point, people_at_work, begin):
    killed = begin("pull_crm_changes", HUNTER_CRASH_AT=point, **HUBSPOT_ALONE)
    assert killed.wait() == KILLED, killed.words

    books.let_time_pass()
    pull_crm_changes(crm_backend("hubspot"), full=False)

    domains = sorted(Company.objects.values_list("domain", flat=True))
    taken = AuditEntry.objects.filter(act="taken from HubSpot", after__has_key="phone")
    pull = CrmPull.objects.filter(crm="hubspot").order_by("id")[1]  # the first one read what Hunter had pushed
    assert set(Company.objects.values_list("phone", flat=True)) == {works.PHONE}
    assert sorted(taken.values_list("subject_name", flat=True)) == domains
    assert (pull.state, pull.pages, pull.applied, pull.conflicts) == ("done", PAGES, len(domains), 0)
    assert pull.seen == pull.applied + pull.ignored
    assert not CrmPull.objects.filter(state="running").exists()
    books.nothing_is_held_or_owed("pull_hubspot")


@pytest.mark.proves("R1.1", "R1.8")
@pytest.mark.fault(4)
@pytest.mark.parametrize("operation", ["create", "update"])
def test_one_company_each_after_every_answer_was_lost(operation, account, begin):
    account.control.add_fault(service="hubspot", operation=operation, fault="drop_after")
    lost = begin("push_leads", **HUBSPOT_ALONE)
    assert lost.wait() >= 0, lost.words
    assert Item.objects.filter(kind="push_hubspot", attempts__gt=0, dead_at=None).exists()

    account.control.clear_faults()
    end_pause(LaneName.HUBSPOT)  # chance may have closed it
    works.edit_again()
    books.let_time_pass()
    push_due()

    is_balanced(account)


@pytest.mark.proves("R1.1", "R1.8", "R1.10")
@pytest.mark.fault(1, 2, 4)
def test_one_company_each_after_lost_answers_with_kills_between_them(account, begin):
    for operation in ("create", "update", "read", "query"):
        account.control.add_fault(service="hubspot", operation=operation, fault="drop_after", probability=0.3)

    for command, point in [
        (["push_leads"], "hubspot.create.after:2"),
        (["drain", "hubspot", "--budget", "5"], "push_hubspot.before_settle_commit"),
    ]:
        begin(*command, HUNTER_CRASH_AT=point, **HUBSPOT_ALONE).wait()
        works.edit_companies()
        books.let_time_pass()
    account.control.clear_faults()
    end_pause(LaneName.HUBSPOT)  # chance may have closed it
    works.edit_again()
    books.let_time_pass()
    push_due()

    is_balanced(account)
