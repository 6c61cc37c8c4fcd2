"""A scan from the request to the score: ledger, DNS and RDAP on loopback, a real database."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from dns.rdatatype import RdataType

from hunter.errors import HunterError
from hunter.remote.lanes import LaneName
from hunter.remote.models import Lane
from hunter.versioning import StaleVersion
from hunter.work.drainer import Drainer
from hunter.work.models import ErrorRecord, Item, Priority
from hunter.work.retrying import retry_errors
from leads.models import Company, RawLead, ScanJob, ScanJobEntry, Signals
from leads.scanning.resolver import DnsLimits
from leads.services.scan_jobs import resume_scan
from leads.services.scanning import (
    finish_scan,
    stale_companies,
    start_scan,
    unscanned_companies,
)
from tests.factories.leads import CompanyFactory, ScanJobEntryFactory, ScannedCompanyFactory
from tests.leads.answers import M365_HOST
from tests.leads.nameserver import nameserver_beside, reply
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "v=DKIM1; k=rsa; p=MIGf"
REGISTRATION = {"events": [{"eventAction": "expiration", "eventDate": "2027-01-07T00:00:00Z"}]}


def at_m365(sandbox, domain):
    """Set up a domain that scores 70: M365 with SPF and DKIM."""
    records = {
        (domain, "MX"): [f"0 {M365_HOST}."],
        (domain, "TXT"): ["v=spf1 include:spf.protection.outlook.com -all"],
        (domain, "A"): ["192.0.2.1"],
        (f"selector1._domainkey.{domain}", "CNAME"): [
            f"selector1-{domain.replace('.', '-')}._domainkey.firm.onmicrosoft.com."
        ],
        (f"selector1-{domain.replace('.', '-')}._domainkey.firm.onmicrosoft.com", "TXT"): [KEY],
    }
    for (name, kind), values in records.items():
        sandbox.control.edit("dns", {"name": name, "type": kind, "values": values})
    sandbox.control.edit("rdap", {"domain": domain, "registration": REGISTRATION})


def scanned(*domains):
    return finish_scan(start_scan(domains, wanted="a test"))


def state_of(domain):
    company = Company.objects.get(domain=domain)
    return company.scan_status, company.score


def test_a_domain_that_nobody_knew_becomes_a_scored_company(other_side):
    at_m365(other_side, "firm.com")

    report = scanned("https://www.Firm.com/about")

    assert (report.due, report.scanned, report.failed) == (1, 1, False)
    company = Company.objects.get(domain="firm.com")
    assert (company.scan_status, company.provider, company.score, company.segment) == (
        "success",
        "M365",
        70,
        "Existing",
    )
    assert company.signals.addresses == ["192.0.2.1"]
    assert company.signals.dkim_selector == "selector1"
    assert company.signals.resolver == other_side.env["DNS_NAMESERVERS"]
    assert str(company.signals.expires_at) == "2027-01-07"
    assert RawLead.objects.get().source == "domain"


def test_of_mail_hosts_and_then_the_domain_one_address_each_is_kept_without_repeats(other_side):
    at_m365(other_side, "firm.com")
    for name, kind, values in (
        ("firm.com", "MX", ["20 second.example.", "10 first.example.", "30 third.example."]),
        ("first.example", "A", ["192.0.2.20"]),
        ("second.example", "A", ["192.0.2.10"]),
        ("third.example", "A", ["192.0.2.20"]),
        ("firm.com", "A", ["192.0.2.30"]),
    ):
        other_side.control.edit("dns", {"name": name, "type": kind, "values": values})

    scanned("firm.com")

    assert Signals.objects.get(company__domain="firm.com").addresses == ["192.0.2.20", "192.0.2.10", "192.0.2.30"]


def test_each_name_is_asked_once_and_selectors_end_at_the_first_key(other_side):
    at_m365(other_side, "firm.com")

    scanned("firm.com")

    asked = [(call["path"], call["method"]) for call in other_side.control.calls("dns")]
    assert len(asked) == len(set(asked))
    assert ("selector1._domainkey.firm.com", "TXT") in asked
    assert ("selector2._domainkey.firm.com", "TXT") not in asked


def test_a_subdomain_inherits_dmarc_and_the_registration_of_its_domain(other_side):
    at_m365(other_side, "shop.firm.com")
    other_side.control.edit(
        "dns", {"name": "_dmarc.firm.com", "type": "TXT", "values": ["v=DMARC1; p=none; sp=reject"]}
    )
    other_side.control.edit("rdap", {"domain": "firm.com", "registration": REGISTRATION})

    scanned("shop.firm.com")

    signals = Signals.objects.get()
    assert (signals.dmarc_policy, signals.dmarc_inherited) == ("reject", True)
    assert signals.expires_at is not None


@pytest.mark.fault(13)
@pytest.mark.parametrize("fault", ["dns_servfail", "dns_timeout"])
def test_dns_that_does_not_answer_leaves_what_is_known_and_is_tried_again(other_side, impatient, fault):
    ScannedCompanyFactory(domain="firm.com")
    at_m365(other_side, "firm.com")
    other_side.control.add_fault(service="dns", fault=fault, operation="firm.com")

    report = scanned("firm.com")

    assert (report.scanned, report.failed_domains) == (0, 1)
    assert state_of("firm.com") == ("dns_timeout", 70)
    item = Item.objects.get(kind="scan")
    assert (item.attempts, item.dead_at) == (1, None)
    assert item.due_at is not None
    assert item.due_at > timezone.now()
    error = ErrorRecord.objects.get()
    assert (error.error_class, error.service, error.key) == ("transient", "dns", "firm.com")
    assert error.message.startswith("DNS did not answer MX, SPF")


@pytest.mark.fault(13)
def test_a_silent_domain_is_left_after_the_time_of_one_lookup(other_side, impatient):
    other_side.control.add_fault(service="dns", fault="dns_timeout", operation="firm.com")

    scanned("firm.com")

    selectors = {call["path"] for call in other_side.control.calls("dns") if "_domainkey" in call["path"]}
    assert selectors == {"default._domainkey.firm.com"}


@pytest.mark.proves("R3.3")
def test_an_edit_begun_before_a_scan_ended_is_refused(other_side):
    at_m365(other_side, "firm.com")
    CompanyFactory(domain="firm.com")
    opened = Company.objects.get(domain="firm.com")
    scanned("firm.com")

    opened.name = "Firm Ltd"
    with pytest.raises(StaleVersion):
        opened.save()

    assert state_of("firm.com") == ("success", 70)


@pytest.mark.fault(13)
def test_one_unanswered_lookup_is_enough(other_side, impatient):
    at_m365(other_side, "firm.com")
    other_side.control.add_fault(service="dns", fault="dns_servfail", operation="_dmarc.firm.com")

    scanned("firm.com")

    assert state_of("firm.com") == ("dns_timeout", None)


@pytest.mark.proves("R1.6")
def test_a_scan_that_works_again_settles_its_error_and_its_job(other_side, impatient):
    at_m365(other_side, "firm.com")
    other_side.control.add_fault(service="dns", fault="dns_servfail", operation="firm.com")
    job = start_scan(["firm.com"], wanted="a test")
    finish_scan(job)
    other_side.control.clear_faults()

    scanned("firm.com")

    assert state_of("firm.com") == ("success", 70)
    assert ErrorRecord.objects.get().state == "resolved"
    assert job.counts().scanned == 1


def drained_again_and_again(rounds):
    """Drainers that come back whenever back-offs and pauses have ended."""
    for _ in range(rounds):
        Drainer(LaneName.DNS, budget=timedelta(seconds=PATIENCE)).run()
        Item.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
        Lane.objects.filter(name="dns").update(paused_until=None, probe_until=None)


@pytest.mark.fault(13, 15)
@pytest.mark.proves("R1.6", "R5.8", "R7.5")
def test_a_resolver_that_is_away_for_an_afternoon_leaves_no_dead_letter(other_side, impatient, settings):
    domains = [f"firm-{n}.com" for n in range(8)]
    for domain in domains:
        at_m365(other_side, domain)
    settings.DNS_NAMESERVERS = ["127.0.0.1:1"]
    start_scan(domains, wanted="a test")

    drained_again_and_again(12)

    assert not Item.objects.filter(dead_at__isnull=False).exists()
    assert Lane.objects.get(name="dns").probation
    trouble = ErrorRecord.objects.unsettled().get(kind="lane", key="dns")
    assert trouble.message.startswith("No DNS server answers (127.0.0.1:1: ")

    settings.DNS_NAMESERVERS = [other_side.env["DNS_NAMESERVERS"]]
    drained_again_and_again(3)

    assert {state_of(domain) for domain in domains} == {("success", 70)}
    assert not Lane.objects.get(name="dns").probation
    assert not ErrorRecord.objects.unsettled().exists()


@pytest.mark.fault(13)
def test_any_number_of_silent_domains_is_no_trouble_of_the_resolver(other_side, impatient):
    domains = [f"lame-{n}.com" for n in range(8)]
    for domain in domains:
        other_side.control.add_fault(service="dns", fault="dns_servfail", operation=domain)
    start_scan(domains, wanted="a test")

    drained_again_and_again(12)

    assert Item.objects.filter(kind="scan", dead_at__isnull=False).count() == 8
    assert not Lane.objects.get(name="dns").probation
    asked = [call for call in other_side.control.calls("dns") if call["path"].startswith("hunter-")]
    assert 1 <= len(asked) <= 12


@pytest.mark.fault(13)
def test_answers_that_are_cut_off_come_over_tcp(other_side):
    at_m365(other_side, "firm.com")
    other_side.control.add_fault(service="dns", fault="dns_truncate")

    scanned("firm.com")

    assert state_of("firm.com") == ("success", 70)


@pytest.mark.fault(13)
def test_a_fifth_of_the_answers_lost_costs_no_scan(other_side, impatient):
    domains = [f"firm-{n}.com" for n in range(5)]
    for domain in domains:
        at_m365(other_side, domain)
    other_side.control.add_fault(service="dns", fault="dns_timeout", operation="MX", times=2)

    report = scanned(*domains)

    assert report.scanned == 5


def test_a_registry_that_fails_costs_the_registration_data_only(other_side):
    at_m365(other_side, "firm.com")
    other_side.control.add_fault(service="rdap", fault="status", status=503)

    scanned("firm.com")

    assert state_of("firm.com") == ("whois_failed", 70)


@pytest.mark.proves("R2.6")
@pytest.mark.fault(14)
def test_a_registry_that_wants_fewer_calls_is_left_alone_and_no_scan_is_lost(other_side):
    for domain in ("a.com", "b.com"):
        at_m365(other_side, domain)
    other_side.control.add_fault(service="rdap", fault="status", status=429, retry_after="600")
    scanned("a.com")
    before = len(other_side.control.calls("rdap"))

    scanned("b.com")

    assert state_of("b.com") == ("whois_failed", 70)
    assert len(other_side.control.calls("rdap")) == before
    with connection.cursor() as cursor:
        cursor.execute("select paused_until > now() + interval '500 seconds' from remote_lane where name = 'rdap'")
        assert cursor.fetchone() == (True,)


def test_a_value_that_is_no_domain_fails_with_its_reason(other_side):
    at_m365(other_side, "firm.com")

    report = scanned("firm.com", "not a domain", "localhost")

    assert (report.due, report.scanned, report.failed_domains, report.waiting) == (3, 1, 2, 0)
    assert {one.value for one in report.refused} == {"not a domain", "localhost"}
    assert ScanJobEntry.objects.get(domain="localhost").reason.startswith("No domain: a domain has at least two parts")
    assert not Company.objects.filter(domain="localhost").exists()


def test_a_consumer_domain_becomes_no_company_by_a_scan_and_one_that_is_known_is_scanned(other_side):
    at_m365(other_side, "gmail.com")
    CompanyFactory(domain="gmail.com")

    report = scanned("ali@gmail.com", "ali@yahoo.com")

    assert (report.due, report.scanned, report.failed_domains) == (2, 1, 1)
    assert {one.value for one in report.refused} == {"ali@yahoo.com"}
    assert "mail domain of private persons" in ScanJobEntry.objects.get(domain="ali@yahoo.com").reason
    assert not Company.objects.filter(domain="yahoo.com").exists()


def test_a_company_whose_domain_is_invalid_is_never_looked_up(other_side):
    CompanyFactory(domain="localhost")
    entry = ScanJobEntryFactory(domain="localhost")
    Item.objects.create(kind="scan", key="localhost", lane="dns", due_at=timezone.now())

    Drainer(LaneName.DNS, budget=timedelta(seconds=PATIENCE)).run()

    entry.refresh_from_db()
    assert state_of("localhost") == ("invalid_domain", 0)
    assert entry.state == "failed"
    assert Item.objects.get().dead_at is not None
    assert ErrorRecord.objects.get().error_class == "validation"
    assert other_side.control.calls("dns") == []


def test_a_domain_given_twice_is_scanned_once(other_side):
    at_m365(other_side, "firm.com")

    report = scanned("firm.com", "www.firm.com", "FIRM.COM")

    assert (report.due, report.scanned) == (1, 1)


@pytest.mark.proves("R1.2")
def test_a_job_that_is_run_again_skips_what_it_has_finished(other_side, impatient):
    for domain in ("a.com", "b.com"):
        at_m365(other_side, domain)
    other_side.control.add_fault(service="dns", fault="dns_servfail", operation="b.com")
    job = start_scan(["a.com", "b.com"], wanted="a test")
    finish_scan(job)
    other_side.control.clear_faults()

    again = resume_scan(job.pk)
    report = finish_scan(again.job, before=again.before)

    assert (report.due, report.skipped, report.scanned, report.failed_domains) == (2, 1, 1, 0)
    assert Signals.objects.get(company__domain="a.com").scan_count == 1


def test_a_job_that_is_not_there_is_refused():
    with pytest.raises(HunterError, match="There is no scan job 99"):
        resume_scan(99)


def test_what_will_not_be_scanned_any_more_has_failed(other_side):
    CompanyFactory(domain="firm.com")
    entry = ScanJobEntryFactory(domain="firm.com", is_asked=True)

    report = finish_scan(entry.job)

    assert (report.failed_domains, report.waiting) == (1, 0)


def test_a_person_s_scan_goes_before_others(other_side):
    at_m365(other_side, "firm.com")
    CompanyFactory(domain="firm.com")

    start_scan(["firm.com"], wanted="a test", asked_by="ayse")

    item = Item.objects.get(kind="scan")
    assert (item.priority, item.asked_by) == (Priority.PERSON, "ayse")


def domains_of(companies):
    return set(companies.values_list("domain", flat=True))


def test_which_companies_are_due():
    old = ScannedCompanyFactory(domain="old.com")
    Signals.objects.filter(company=old).update(scanned_at=timezone.now() - timedelta(days=40))
    ScannedCompanyFactory(domain="fresh.com")
    CompanyFactory(domain="new.com")
    CompanyFactory(domain="silent.com", scan_status="dns_timeout")

    assert domains_of(unscanned_companies()) == {"new.com", "silent.com"}
    assert domains_of(stale_companies(age=timedelta(days=30))) == {"old.com", "new.com", "silent.com"}


def test_the_report_in_words():
    job = ScanJob.objects.create()

    assert finish_scan(job).sentence() == "Nothing is due: every company has been scanned."


def run(*arguments):
    """The command's JSON and its exit status."""
    out, status = io.StringIO(), 0
    try:
        call_command("scan_domains", *arguments, "--json", stdout=out, stderr=io.StringIO())
    except SystemExit as end:
        status = int(end.code or 0)
    return (json.loads(out.getvalue()) if out.getvalue() else None), status


def test_the_command_scans_what_is_due_and_prints_its_counts(other_side, tmp_path):
    for domain in ("a.com", "b.com"):
        at_m365(other_side, domain)
    CompanyFactory(domain="a.com")
    listed = tmp_path / "domains.txt"
    listed.write_text("\ufeffb.com\n\nnot a domain\n", encoding="utf-8")

    due, due_status = run()
    from_file, file_status = run("--file", str(listed))

    assert set(due) == {"job", "due", "scanned", "skipped", "failed", "seconds"}
    assert (due["due"], due["scanned"], due["skipped"], due["failed"], due_status) == (1, 1, 0, 0, 0)
    assert (from_file["due"], from_file["scanned"], from_file["failed"], file_status) == (2, 1, 1, 1)
    assert from_file["refused"] == [
        {"value": "not a domain", "reason": "a domain has at least two parts with a dot between."}
    ]


def test_a_value_that_is_no_domain_is_told_with_its_reason_and_is_an_error_that_is_put_aside_once(other_side, capsys):
    at_m365(other_side, "a.com")

    for _ in range(2):
        with pytest.raises(SystemExit) as end:
            call_command("scan_domains", "a.com", "10.0.0.1", "nodots")
        assert end.value.code == 1
    told = capsys.readouterr()

    assert "'10.0.0.1' is no domain and was not scanned: an IP address is not a domain.\n" in told.err
    errors = {error.key: error for error in ErrorRecord.objects.all()}
    assert errors.keys() == {"10.0.0.1", "nodots"}
    assert (errors["nodots"].times, errors["nodots"].error_class) == (2, "validation")
    assert "at least two parts" in errors["nodots"].message
    assert retry_errors(ErrorRecord.objects.all(), by=None).queued == 0, "a further try would change nothing"


def test_the_command_scores_by_todays_rules():
    ScannedCompanyFactory(domain="old.com", rules_version="0", score=1)
    out = io.StringIO()

    call_command("score_companies", "--json", stdout=out)
    call_command("score_companies", "--all", stdout=out)

    first, second = out.getvalue().splitlines()
    assert json.loads(first) == {"scored": 1, "changed": 1}
    assert second == "1 companies were scored, 0 of them changed."


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--job", "99"], id="a job that is not there"),
        pytest.param(["a.com", "--job", "1"], id="domains and a job"),
        pytest.param(["--stale", "-1"], id="a negative age"),
        pytest.param(["--file", "/nowhere/domains.txt"], id="a file that is not there"),
    ],
)
def test_the_command_that_can_not_start_exits_with_two(arguments):
    assert run(*arguments) == (None, 2)


@pytest.mark.proves("R1.11", "R7.3")
def test_two_hundred_domains_are_in_flight_at_once(other_side, give_dns, settings):
    """The server tells nobody's mail hosts until it was asked for all of them."""
    give_dns(DnsLimits(total=PATIENCE, one_try=1.0))
    domains, asked = [f"firm-{n:03}.com" for n in range(200)], set()

    def respond(query):
        (question,) = query.question
        if question.rdtype != RdataType.MX:
            return [reply(query)]
        asked.add(question.name.to_text())
        return [reply(query, f"{question.name} 300 IN MX 0 {M365_HOST}.")] if len(asked) == len(domains) else []

    with nameserver_beside(respond) as server:
        settings.DNS_NAMESERVERS = [str(server)]
        report = scanned(*domains)

    assert report.scanned == 200
