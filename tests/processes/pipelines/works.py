"""The kinds of work that the crash tests kill: how each begins, goes on in another process, and is balanced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from crm.models import CrmRecord
from crm.registry import crm_backend
from crm.services.pulling import pull_crm_changes
from crm.services.pushing import push_due
from crm.services.verifying import verify_crm
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName
from hunter.remote.limits import end_pause
from hunter.sandbox.running import RunningSandbox
from hunter.work.drainer import Drainer
from hunter.work.models import Item
from leads.models import Company, ScanJob
from leads.services.scanning import finish_scan
from referrals.models import Referral
from referrals.services.runs import Wish
from referrals.services.syncing import sync_referrals
from tests.factories.leads import CompanyFactory, ScannedCompanyFactory
from tests.processes.pipelines import books
from tests.processes.running import LONGEST_RUN

EVERYTHING = Wish(full=True)
MANY_REFERRALS = 250  # three pages
FEW = 12
PHONE = "+90 9"
PAGE_OF_CHANGES = 500
LOST = 21  # two pieces of the look for what left


@dataclass(frozen=True, slots=True)
class Work:
    """`command` is killed; `between` happens while nobody works; `go_on` is another process's work to the end."""

    name: str
    command: str
    lane: LaneName
    prepare: Callable[[RunningSandbox], None]
    go_on: Callable[[], None]
    balance: Callable[[RunningSandbox], None]
    between: Callable[[], None] = lambda: None

    def __str__(self) -> str:
        return self.name


def has_pages(sandbox: RunningSandbox) -> None:
    sandbox.control.reset(companies=20, referrals=MANY_REFERRALS, seed=1)


def has_lost_referrals(sandbox: RunningSandbox) -> None:
    """A full sync has ended, and some of the stored referrals left before it; none could be asked for yet."""
    has_pages(sandbox)
    sync_referrals()
    look_on()
    lost = Referral.objects.filter(company__isnull=False).order_by("-referral_id").values_list("referral_id", flat=True)
    for ident in list(lost[:LOST]):
        sandbox.control.edit("partner-center", {"remove": ident})
    sandbox.control.add_fault(service="partner-center", operation="get", fault="status", status=503)
    sync_referrals(EVERYTHING)
    look_on()
    sandbox.control.clear_faults()
    end_pause(LaneName.PARTNER_CENTER)
    books.let_time_pass()


def look_on() -> None:
    look_on_at(LaneName.PARTNER_CENTER)


def look_on_at(lane: LaneName) -> None:
    Drainer(lane, budget=timedelta(seconds=LONGEST_RUN)).run()


def has_companies(sandbox: RunningSandbox) -> None:
    for domain in books.answering_domains(sandbox)[:FEW]:
        CompanyFactory.create(domain=domain)


def has_scanned_companies(sandbox: RunningSandbox) -> None:
    """Some are new to the CRM, of some it has a lead already."""
    ScannedCompanyFactory.create_batch(FEW - 3, infrastructure_summary="as it was")  # and a score of 70
    for domain in books.adoptable_domains(sandbox)[:3]:
        ScannedCompanyFactory.create(domain=domain, infrastructure_summary="as it was")


def has_changed_companies(sandbox: RunningSandbox) -> None:
    has_scanned_companies(sandbox)
    push_due()
    edit_companies()


def has_changed_on_both_sides(sandbox: RunningSandbox) -> None:
    has_changed_companies(sandbox)
    for domain in Company.objects.values_list("domain", flat=True):
        sandbox.control.edit("dataverse", {"act": "change", "lead": domain, "columns": {"jobtitle": "Director"}})


def has_changes_of_people(sandbox: RunningSandbox) -> None:
    """All that Hunter pushed was read back; then people change each phone, delete a lead and bring in a page of theirs."""
    has_scanned_companies(sandbox)
    push_due()
    pull_on()
    first, *others = Company.objects.order_by("domain").values_list("domain", flat=True)
    for domain in others:
        sandbox.control.edit("dataverse", {"act": "change", "lead": domain, "columns": {"telephone1": PHONE}})
    sandbox.control.edit("dataverse", {"act": "delete", "lead": first})
    for number in range(PAGE_OF_CHANGES):
        sandbox.control.edit("dataverse", {"act": "create", "columns": {"subject": f"Theirs {number}"}})


def pull_on() -> None:
    pull_crm_changes(crm_backend(), full=False)


def has_merged_leads(sandbox: RunningSandbox) -> None:
    """Each lead was merged into one that a person made; the domain is no key, so that the other may have it."""
    sandbox.control.edit("dataverse", {"act": "set_key_status", "status": "Pending"})
    has_changed_companies(sandbox)
    for domain in Company.objects.values_list("domain", flat=True):
        kept = {"act": "create", "columns": {"subject": f"Kept: {domain}"}}
        lead = sandbox.control.edit("dataverse", kept)["lead"]["leadid"]
        sandbox.control.edit("dataverse", {"act": "merge", "lead": lead, "subordinate": domain})


def has_leads_to_look_at_anew(sandbox: RunningSandbox) -> None:
    """As after a restore: nothing of what was confirmed is believed, and people changed leads meanwhile."""
    has_changed_on_both_sides(sandbox)
    verify_crm(crm_backend(), since=database_now() - timedelta(hours=1))


def has_leads_of_an_old_mapping(sandbox: RunningSandbox) -> None:
    """They were confirmed with a mapping of before; of some the payload is another one by now."""
    has_changed_companies(sandbox)
    CrmRecord.objects.update(mapping_version=77)


def remap_on() -> None:
    """Until each lead is there and the run has ended."""
    look_on_at(LaneName.HUNTER)
    push_due()
    books.let_time_pass()
    Item.objects.filter(kind="remap_leads", due_at__isnull=False).update(due_at=database_now())
    look_on_at(LaneName.DYNAMICS365)
    look_on_at(LaneName.HUNTER)


def edit_companies() -> None:
    Company.objects.update(infrastructure_summary="edited", score=71)


def edit_back() -> None:
    """What the CRM has confirmed is wanted again, while a change to something else may be on its way."""
    Company.objects.update(infrastructure_summary="as it was", score=70)


def edit_again() -> None:
    Company.objects.update(infrastructure_summary="the newest", score=72)


def scan_on() -> None:
    finish_scan(ScanJob.objects.get())


def sync_on() -> None:
    sync_referrals()


def push_on() -> None:
    push_due()


SYNC = Work(
    "sync", "sync_referrals", LaneName.PARTNER_CENTER,
    prepare=has_pages, go_on=sync_on, balance=books.sync_is_balanced,
)  # fmt: skip
RECONCILE = Work(
    "look for what left", "drain partner_center", LaneName.PARTNER_CENTER,
    prepare=has_lost_referrals, go_on=look_on, balance=books.vanished_are_balanced,
)  # fmt: skip
SCAN = Work(
    "scan", "scan_domains", LaneName.DNS,
    prepare=has_companies, go_on=scan_on, balance=books.scans_are_balanced,
)  # fmt: skip
PUSH = Work(
    "push", "push_leads", LaneName.DYNAMICS365,
    prepare=has_scanned_companies, between=edit_again, go_on=push_on, balance=books.leads_are_balanced,
)  # fmt: skip
REMAP = Work(
    "move to a mapping", "remap_leads --to 1", LaneName.HUNTER,
    prepare=has_leads_of_an_old_mapping, go_on=remap_on, balance=books.leads_are_moved,
)  # fmt: skip
PULL = Work(
    "pull", "pull_crm_changes", LaneName.DYNAMICS365,
    prepare=has_changes_of_people, go_on=pull_on, balance=books.changes_are_taken_once,
)  # fmt: skip
PUSH_MERGED = replace(PUSH, name="push to merged leads", prepare=has_merged_leads, balance=books.masters_are_followed)
VERIFY = replace(PUSH, name="push after a look anew", prepare=has_leads_to_look_at_anew)
PUSH_CHANGES = replace(PUSH, name="push of changes", prepare=has_changed_companies)
PUSH_CONFLICTS = replace(PUSH, name="push into conflicts", prepare=has_changed_on_both_sides)
PUSH_CHANGES_TAKEN_BACK = replace(PUSH_CHANGES, name="push of changes taken back", between=edit_back)
