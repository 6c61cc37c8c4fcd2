"""Scans that look beside the mail: what they tell, and what a failure costs (b.1, b.4, fault 13)."""

from __future__ import annotations

import asyncio

import pytest

from leads.models import Company, Signals
from leads.rules import load_rules
from leads.scanning.dns import look_up
from leads.scanning.kept_answers import KeptAnswers
from leads.scanning.resolver import DnsLimits, Resolver, read_nameservers
from leads.services.company_rows import score_range_of
from tests.factories.leads import ScannedCompanyFactory
from tests.leads.answers import M365_HOST
from tests.leads.test_scanning import at_m365, scanned, state_of

pytestmark = pytest.mark.django_db(transaction=True)

ALIAS = "selector1-firm-com._domainkey.firm.onmicrosoft.com"
BESIDE = {
    ("autodiscover.firm.com", "CNAME"): ["autodiscover.outlook.com."],
    ("enterpriseregistration.firm.com", "CNAME"): ["enterpriseregistration.windows.net."],
    ("enterpriseenrollment.firm.com", "CNAME"): ["enterpriseenrollment-s.manage.microsoft.com."],
    ("_mta-sts.firm.com", "TXT"): ["v=STSv1; id=20260504"],
    ("_smtp._tls.firm.com", "TXT"): ["v=TLSRPTv1; rua=mailto:tls@firm.com"],
    ("default._bimi.firm.com", "TXT"): ["v=BIMI1; l=https://firm.com/logo.svg"],
}
OPTIONAL = {
    "autodiscover": "autodiscover.firm.com",
    "enterpriseregistration": "enterpriseregistration.firm.com",
    "enterpriseenrollment": "enterpriseenrollment.firm.com",
    "mta_sts": "_mta-sts.firm.com",
    "tls_rpt": "_smtp._tls.firm.com",
    "bimi": "default._bimi.firm.com",
}
REQUIRED = {
    "mx": ("MX", "firm.com"), "spf": ("TXT", "firm.com"), "dkim": (None, "_domainkey.firm.com"),
    "dmarc": (None, "_dmarc.firm.com"),
}  # fmt: skip


@pytest.fixture
def behind_a_filter(other_side):
    """firm.com: Microsoft 365 behind Mimecast, with everything that tells so."""
    at_m365(other_side, "firm.com")
    put(other_side, "firm.com", "MX", "10 eu-smtp-inbound-1.mimecast.com.")
    put(other_side, "firm.com", "TXT", "MS=ms12345678", "v=spf1 include:spf.protection.outlook.com -all")
    for (name, kind), values in BESIDE.items():
        put(other_side, name, kind, *values)
    return other_side


@pytest.fixture
def three_seconds(give_dns):
    """A server that is silent is given three seconds instead of ten."""
    give_dns(DnsLimits(total=3.0, one_try=3.0))


def put(sandbox, name, kind, *values):
    sandbox.control.edit("dns", {"name": name, "type": kind, "values": list(values)})


def fail(sandbox, name, fault):
    """Let a name and all below it fail: a fault by its name, or a response code."""
    if fault.startswith("dns_"):
        sandbox.control.add_fault(service="dns", fault=fault, operation=name)
    else:
        sandbox.control.edit("dns", {"domain": name, "failure": fault})


def asked_for(sandbox):
    return [(call["method"], call["path"]) for call in sandbox.control.calls("dns")]


def test_a_tenant_behind_a_mail_filter_is_told_with_its_evidence(behind_a_filter):
    scanned("firm.com")

    company, signals = Company.objects.get(), Signals.objects.get()
    assert (company.provider, company.gateway) == ("Local", True)
    told = signals.mailboxes
    assert (told["provider"], told["behind"], told["confidence"], told["tenant"]) == (
        "M365", "Mimecast", "high", "firm.onmicrosoft.com",
    )  # fmt: skip
    assert [one["asked"] for one in told["rests_on"]] == [
        "CNAME autodiscover.firm.com",
        "CNAME selector1._domainkey.firm.com",
        "SPF include of firm.com",
        "TXT firm.com",
        "CNAME enterpriseregistration.firm.com",
        "CNAME enterpriseenrollment.firm.com",
    ]
    assert {name: one["state"] for name, one in signals.mail_policies.items()} == {
        "mta_sts": "yes", "tls_rpt": "yes", "bimi": "yes",
    }  # fmt: skip


def test_the_score_counts_the_mail_host_and_says_what_it_would_be(behind_a_filter):
    scanned("firm.com")

    company = Company.objects.get()
    found = score_range_of(company, company.signals, rules=load_rules())
    assert found is not None
    assert (company.score, found.lowest, found.highest, found.segments) == (30, 30, 70, ("Cold", "Existing"))


def test_answers_are_kept_with_the_time_for_which_they_hold(behind_a_filter):
    scanned("firm.com")

    answers = Signals.objects.get().answers
    assert answers["autodiscover"] == {"state": "found", "ttl": 300}
    assert answers["dmarc"] == {"state": "absent", "reason": "nxdomain", "ttl": 60}
    assert answers["dkim"]["selector1"] == {"state": "found", "ttl": 300}


def test_no_question_is_asked_twice_and_an_alias_that_is_known_not_at_all(behind_a_filter):
    put(behind_a_filter, "firm.com", "TXT", "v=spf1 a mx include:spf.protection.outlook.com -all")

    scanned("firm.com")

    asked = asked_for(behind_a_filter)
    assert len(asked) == len(set(asked))
    assert not [name for kind, name in asked if kind == "CNAME" and "_domainkey" in name]


def test_where_a_key_is_found_before_microsofts_selectors_their_aliases_are_asked_for(behind_a_filter):
    put(behind_a_filter, "default._domainkey.firm.com", "TXT", "v=DKIM1; k=rsa; p=x")

    scanned("firm.com")

    assert ("CNAME", "selector1._domainkey.firm.com") in asked_for(behind_a_filter)
    assert Signals.objects.get().mailboxes["tenant"] == "firm.onmicrosoft.com"


@pytest.mark.proves("R7.6")
def test_the_record_of_a_big_sender_is_asked_for_once_for_many_domains(other_side):
    domains = [f"firm-{n}.com" for n in range(20)]
    for domain in domains:
        at_m365(other_side, domain)

    scanned(*domains)

    asked = asked_for(other_side)
    assert asked.count(("TXT", "spf.protection.outlook.com")) == asked.count(("A", M365_HOST)) == 1
    assert asked.count(("A", "firm-1.com")) == 1


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        pytest.param("_spf.firm.com", "broken", id="the domain itself is asked anew"),
        pytest.param("_spf.sender.com", "sound", id="what others publish holds for its time"),
    ],
)
def test_what_a_second_scan_of_a_process_hears_of(other_side, name, verdict):
    put(other_side, "firm.com", "TXT", f"v=spf1 include:{name} -all")
    put(other_side, name, "TXT", "v=spf1 ip4:192.0.2.1 -all")

    async def two_scans():
        resolver = Resolver(read_nameservers([other_side.env["DNS_NAMESERVERS"]]))
        kept = KeptAnswers(resolver)
        await look_up("firm.com", organizational="firm.com", resolver=resolver, kept=kept)
        put(other_side, name, "TXT", "v=spf1 ip4:nonsense -all")
        return await look_up("firm.com", organizational="firm.com", resolver=resolver, kept=kept)

    found = asyncio.run(two_scans())

    assert found.spf is not None
    assert found.spf.verdict == verdict


def test_a_domain_that_is_not_there_is_asked_nothing_beside(other_side):
    scanned("gone.com")

    assert {kind for kind, _ in asked_for(other_side)} <= {"MX", "TXT", "NS", "A", "CNAME"}
    assert not [name for _, name in asked_for(other_side) if name.startswith(("autodiscover", "_mta-sts"))]
    assert Signals.objects.get().answers["autodiscover"]["reason"] == "nxdomain"


@pytest.mark.fault(13)
@pytest.mark.parametrize("lookup", list(OPTIONAL))
@pytest.mark.parametrize(
    ("fault", "reason"),
    [("dns_servfail", "servfail"), ("REFUSED", "refused"), ("FORMERR", "formerr")],
)
def test_a_failure_of_a_lookup_beside_costs_that_one_alone(behind_a_filter, lookup, fault, reason):
    fail(behind_a_filter, OPTIONAL[lookup], fault)

    scanned("firm.com")

    signals = Signals.objects.get()
    assert state_of("firm.com") == ("success", 30)
    assert signals.answers[lookup] == {"state": "not_known", "reason": reason}
    assert {name for name in OPTIONAL if signals.answers[name]["state"] == "not_known"} == {lookup}
    assert signals.mailboxes["provider"] == "M365"
    assert len(signals.mailboxes["not_answered"]) == 1
    if lookup in signals.mail_policies:
        assert signals.mail_policies[lookup] == {"state": "not_known", "record": None, "note": reason}


@pytest.mark.fault(13)
def test_silence_beside_costs_no_more_than_the_time_of_one_lookup(behind_a_filter, three_seconds):
    for name in OPTIONAL.values():
        fail(behind_a_filter, name, "dns_timeout")

    scanned("firm.com")

    signals = Signals.objects.get()
    assert state_of("firm.com") == ("success", 30)
    assert [signals.answers[name] for name in OPTIONAL] == [{"state": "not_known", "reason": "timeout"}] * 6
    assert (signals.mailboxes["provider"], signals.mailboxes["confidence"]) == ("M365", "high")


@pytest.mark.fault(13)
@pytest.mark.parametrize("lookup", list(OPTIONAL))
def test_an_answer_beside_that_was_cut_off_comes_over_tcp(behind_a_filter, lookup):
    fail(behind_a_filter, OPTIONAL[lookup], "dns_truncate")

    scanned("firm.com")

    assert Signals.objects.get().answers[lookup]["state"] == "found"


@pytest.mark.fault(13)
@pytest.mark.parametrize("lookup", list(OPTIONAL))
def test_a_name_beside_that_is_not_there_is_a_no(behind_a_filter, lookup):
    fail(behind_a_filter, OPTIONAL[lookup], "NXDOMAIN")

    scanned("firm.com")

    assert Signals.objects.get().answers[lookup]["state"] == "absent"


@pytest.mark.fault(13)
@pytest.mark.parametrize("fault", ["dns_servfail", "dns_timeout", "REFUSED"])
@pytest.mark.parametrize("lookup", ["dkim", "dmarc"])
def test_a_failure_of_a_lookup_of_the_score_keeps_the_old_score_and_tells_the_range(
    other_side, three_seconds, lookup, fault
):
    ScannedCompanyFactory(domain="firm.com")
    at_m365(other_side, "firm.com")
    fail(other_side, REQUIRED[lookup][1], fault)

    scanned("firm.com")

    company = Company.objects.get()
    found = score_range_of(company, company.signals, rules=load_rules())
    assert found is not None
    assert state_of("firm.com") == ("dns_timeout", 70)
    assert company.signals.unanswered["not_known"] == [lookup]
    assert (found.lowest, found.highest) == {"dkim": (45, 70), "dmarc": (60, 90)}[lookup]


@pytest.mark.fault(13)
@pytest.mark.parametrize("lookup", ["mx", "spf"])
def test_of_the_domain_itself_one_kind_of_record_may_fail(other_side, lookup):
    ScannedCompanyFactory(domain="firm.com")
    at_m365(other_side, "firm.com")
    other_side.control.add_fault(service="dns", fault="dns_servfail", operation=REQUIRED[lookup][0])

    scanned("firm.com")

    newest = Signals.objects.get().unanswered
    assert state_of("firm.com") == ("dns_timeout", 70)
    assert newest["not_known"][0] == lookup
    assert newest["answers"]["mx" if lookup == "mx" else "txt"] == {"state": "not_known", "reason": "servfail"}


def test_a_scan_that_is_answered_again_leaves_nothing_open(other_side):
    at_m365(other_side, "firm.com")
    fail(other_side, "_dmarc.firm.com", "dns_servfail")
    scanned("firm.com")
    assert Signals.objects.get().unanswered["not_known"] == ["dmarc"]
    other_side.control.clear_faults()

    scanned("firm.com")

    company = Company.objects.get()
    assert company.signals.unanswered == {}
    assert score_range_of(company, company.signals, rules=load_rules()) is None


@pytest.mark.fault(13)
def test_an_include_that_nobody_answers_costs_only_the_verdict_on_spf(behind_a_filter):
    fail(behind_a_filter, "spf.protection.outlook.com", "dns_servfail")

    scanned("firm.com")

    signals = Signals.objects.get()
    assert state_of("firm.com") == ("success", 30)
    assert (signals.spf, signals.spf_check["verdict"]) == (True, "not_known")
    assert signals.spf_check["not_known"] == ["include:spf.protection.outlook.com: servfail"]


@pytest.mark.parametrize(
    ("record", "more", "verdict", "fault"),
    [
        pytest.param("v=spf1 include:_spf.firm.com -all", {"_spf.firm.com": "v=spf1 include:firm.com -all"}, "broken",
                     "include:firm.com in _spf.firm.com leads in a circle", id="a circle"),
        pytest.param("v=spf1 redirect=_spf.firm.com", {"_spf.firm.com": "v=spf1 ip4:192.0.2.1 -all"}, "sound", "", id="redirect"),
        pytest.param("v=spf1 " + "a:firm.com " * 11 + "-all", {}, "broken", "it takes 11 lookups, 10 are allowed", id="11"),
    ],
)  # fmt: skip
def test_spf_is_followed_over_real_dns(other_side, record, more, verdict, fault):
    at_m365(other_side, "firm.com")
    put(other_side, "firm.com", "TXT", record)
    for name, text in more.items():
        put(other_side, name, "TXT", text)

    scanned("firm.com")

    told = Signals.objects.get().spf_check
    assert told["verdict"] == verdict
    assert not fault or any(fault in one for one in told["faults"])


def test_a_text_that_no_database_takes_costs_no_scan(other_side):
    at_m365(other_side, "firm.com")
    put(other_side, "firm.com", "TXT", '"a\\000b"', "v=spf1 -all")

    scanned("firm.com")

    assert state_of("firm.com") == ("success", 70)
