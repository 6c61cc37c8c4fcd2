"""The books of a run, balanced against the other side's own store and never against what Hunter believes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from django.db import connection
from django.db.models import F

from crm.models import CrmPull, CrmRecord, CrmRemap
from hunter.audit.models import AuditEntry
from hunter.sandbox.running import RunningSandbox
from hunter.work.models import ErrorRecord, Item
from leads.models import Company, ProviderChange, ScanJob, SignalChange, Signals
from leads.models.choices import ScanState
from referrals.models import Referral, SyncRun, SyncState

Lead = dict[str, Any]

LET_TIME_PASS = """
update work_item set due_at = clock_timestamp() where due_at is not null and (lease is not null or served < taken);
update remote_slot set held_until = clock_timestamp() where holder is not null;
update remote_sharedanswer set claimed_until = clock_timestamp() where claim is not null;
"""


def let_time_pass() -> None:
    """Leases, slots and claims of the dead run out, and back-offs end."""
    with connection.cursor() as cursor:
        cursor.execute(LET_TIME_PASS)


def leads_with(sandbox: RunningSandbox, domains: Collection[str]) -> list[Lead]:
    """The leads of these companies in the CRM's store."""
    return [lead for lead in sandbox.control.state("dataverse")["leads"] if lead["hnt_domain"] in domains]


def adoptable_domains(sandbox: RunningSandbox) -> list[str]:
    """The companies of which the CRM has an open lead already."""
    leads = sandbox.control.state("dataverse")["leads"]
    return sorted(lead["hnt_domain"] for lead in leads if lead["hnt_domain"] and lead["statecode"] == 0)


def answering_domains(sandbox: RunningSandbox) -> list[str]:
    """The companies whose name servers answer at all."""
    silent = sandbox.control.state("dns")["failures"]
    return [one.domain for one in sandbox.world.companies if one.domain not in silent]


def incoming(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    """What Partner Center has for us."""
    rows = sandbox.control.state("partner-center")["referrals"]
    return [row for row in rows if row.get("direction") == "Incoming"]


def nothing_is_held_or_owed(kind: str) -> None:
    """Every item of the kind was served as often as it was asked for, and nobody holds one."""
    items = Item.objects.filter(kind=kind)
    assert not items.filter(lease__isnull=False).exists()
    assert not items.exclude(served=F("requested")).exists()
    assert not items.filter(dead_at__isnull=False).exists()


def sync_is_balanced(sandbox: RunningSandbox) -> None:
    """Every referral of the store is there once, as it is there; the run's figures are exact, no page was worked twice."""
    rows = incoming(sandbox)
    expected = {row["id"]: row["eTag"] for row in rows if row.get("id")}
    stored = dict(Referral.objects.values_list("referral_id", "etag"))
    run = SyncRun.objects.earliest("id")  # killed behind its end, what goes on begins a second
    linked = Referral.objects.filter(company__isnull=False).count()

    assert stored == expected
    assert run.state in {SyncState.DONE, SyncState.DONE_WITH_ERRORS}
    assert (run.fetched, run.created, run.updated, run.unchanged) == (len(rows), len(expected), 0, 0)
    assert (run.failed, run.linked, run.unlinked) == (len(rows) - len(expected), linked, len(expected) - linked)
    assert ErrorRecord.objects.unsettled().count() == run.failed
    scans = Item.objects.filter(kind="scan")
    assert set(scans.values_list("key", flat=True)) == set(Company.objects.values_list("domain", flat=True))
    nothing_is_held_or_owed("sync_referrals")


def sync_is_complete(sandbox: RunningSandbox) -> None:
    """As balanced, though some pages were read twice: every referral is there once, and each reading was counted."""
    expected = {row["id"]: row["eTag"] for row in incoming(sandbox) if row.get("id")}
    run = SyncRun.objects.get()

    assert dict(Referral.objects.values_list("referral_id", "etag")) == expected
    assert (run.restarts, run.created, run.updated) == (1, len(expected), 0)
    assert run.fetched == run.created + run.unchanged + run.skipped_total + run.failed
    nothing_is_held_or_owed("sync_referrals")


def vanished_are_balanced(sandbox: RunningSandbox) -> None:
    """Exactly those that Partner Center has no more are marked, each counted once; nobody asks for more."""
    there = {row["id"] for row in incoming(sandbox) if row.get("id")}
    stored = set(Referral.objects.values_list("referral_id", flat=True))
    marked = set(Referral.objects.vanished().values_list("referral_id", flat=True))
    run = SyncRun.objects.latest("id")

    assert marked == stored - there
    assert (run.vanish_check, run.missing, run.vanished) == ("done", len(marked), len(marked))
    nothing_is_held_or_owed("check_vanished")


def scans_are_balanced(sandbox: RunningSandbox) -> None:
    """Each company was recorded once, with the mail hosts that its zone has; its push was asked for once."""
    companies = list(Company.objects.all())
    records = sandbox.control.state("dns")["records"]
    counts = ScanJob.objects.get().counts()

    assert (counts.pending, counts.scanned, counts.failed) == (0, len(companies), 0)
    assert {one.scan_status for one in companies} <= {ScanState.SUCCESS, ScanState.WHOIS_FAILED}
    found = {one.company.domain: set(one.mx_hosts) for one in Signals.objects.select_related("company")}
    assert found == {one.domain: mail_hosts(records, one.domain) for one in companies}
    assert set(Signals.objects.values_list("scan_count", flat=True)) == {1}
    assert not SignalChange.objects.exists()
    assert not ProviderChange.objects.exists()
    worth_a_push = Company.objects.worth_a_push().values_list("domain", flat=True)
    asked = Item.objects.filter(kind="push_dynamics365").values_list("key", "requested")
    assert dict(asked) == dict.fromkeys(worth_a_push, 1)
    nothing_is_held_or_owed("scan")


def mail_hosts(records: dict[str, Any], domain: str) -> set[str]:
    """The hosts of a zone's MX records; a single dot says that there are none."""
    answers = records.get(domain, {}).get("MX", ())
    return {answer.split()[1].rstrip(".").lower() for answer in answers} - {""}


def leads_are_balanced(sandbox: RunningSandbox) -> None:
    """One lead for each company, none made beside it, with the newest values; Hunter waits for no answer any more."""
    companies = {one.domain: one for one in Company.objects.all()}
    leads = leads_with(sandbox, companies)

    assert Counter(lead["hnt_domain"] for lead in leads) == dict.fromkeys(companies, 1)
    assert made_by_hunter(sandbox) <= {str(one.own_id) for one in CrmRecord.objects.all()}
    assert_newest(leads, companies)
    assert CrmRecord.objects.filter(state="synced", sent=[]).count() == len(companies)
    assert not ErrorRecord.objects.unsettled().exists()
    nothing_is_held_or_owed("push_dynamics365")


def changes_are_taken_once(sandbox: RunningSandbox) -> None:
    """What people changed stands in the company and in the audit log once; the deleted lead has its tombstone.

    No row of a page was counted twice, and nothing of theirs is due to be sent back.
    """
    first, *others = Company.objects.order_by("domain")
    there = {lead["hnt_domain"]: lead["telephone1"] for lead in leads_with(sandbox, {one.domain for one in others})}
    pull = CrmPull.objects.order_by("id")[1]  # the first one read what Hunter had pushed
    taken = AuditEntry.objects.filter(act="taken from Dynamics 365", after__has_key="phone")

    assert {one.domain: one.phone for one in others} == there
    assert sorted(taken.values_list("subject_name", flat=True)) == sorted(one.domain for one in others)
    assert CrmRecord.objects.get(company=first).state == "gone"
    assert (pull.state, pull.pages, pull.applied) == ("done", 2, len(others) + 1)
    assert pull.seen == pull.applied + pull.ignored
    assert not CrmPull.objects.filter(state="running").exists()
    nothing_is_held_or_owed("pull_dynamics365")


def masters_are_followed(sandbox: RunningSandbox) -> None:
    """Each company's record names the lead that stayed, which has the newest values; Hunter made none beside it."""
    companies = {one.domain: one for one in Company.objects.all()}
    open_leads = [lead for lead in leads_with(sandbox, companies) if lead["statecode"] == 0]
    records = CrmRecord.objects.filter(state="synced", sent=[]).values_list("company__domain", "lead_id")

    assert {lead["hnt_domain"]: lead["leadid"] for lead in open_leads} == {domain: str(at) for domain, at in records}
    assert len(open_leads) == len(companies)
    assert made_by_hunter(sandbox) <= {str(one.own_id) for one in CrmRecord.objects.all()}
    assert_newest(open_leads, companies)
    assert not ErrorRecord.objects.unsettled().exists()
    nothing_is_held_or_owed("push_dynamics365")


def leads_are_moved(sandbox: RunningSandbox) -> None:
    """Every lead is as the mapping of now wants it, none was written twice for it, and the run has ended."""
    leads_are_balanced(sandbox)
    run = CrmRemap.objects.earliest("id")

    assert set(CrmRecord.objects.values_list("mapping_version", flat=True)) == {1}
    assert (run.total, run.queued, run.stayed) == (CrmRecord.objects.count(), CrmRecord.objects.count(), 0)
    assert run.finished_at is not None
    nothing_is_held_or_owed("remap_leads")


def made_by_hunter(sandbox: RunningSandbox) -> set[str]:
    """The ids of the leads that a create of Hunter's made, by the CRM's own journal; none was made twice."""
    calls = sandbox.control.calls("dataverse")
    made = [call["path"] for call in calls if call["operation"] == "create" and 200 <= call["status"] < 300]
    assert len(made) == len(set(made))
    return {path.rpartition("(")[2].rstrip(")").lower() for path in made}


def assert_newest(leads: Collection[Lead], companies: dict[str, Company]) -> None:
    """What Hunter wins is in the CRM as Hunter has it now."""
    told = {lead["hnt_domain"]: (lead["hnt_infrasummary"] or "", lead["hnt_finalscore"]) for lead in leads}
    assert told == {domain: (one.infrastructure_summary, one.score) for domain, one in companies.items()}
