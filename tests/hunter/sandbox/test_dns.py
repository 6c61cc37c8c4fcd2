"""DNS on the wire (contract 8.1, lines N)."""

from __future__ import annotations

import socket
import time

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.resolver
import pytest

from hunter.sandbox.world.mail_setups import FAILURES
from tests.hunter.sandbox.callers import ask_dns, ask_dns_tcp
from tests.waiting import PATIENCE


def company(sandbox, setup):
    return next(one for one in sandbox.world.companies if one.mail_setup == setup)


def values(message):
    return [rdata.to_text() for rrset in message.answer for rdata in rrset]


@pytest.fixture
def put(sandbox):
    def edit(name, kind, *texts):
        sandbox.control.edit("dns", {"name": name, "type": kind, "values": list(texts)})

    return edit


@pytest.fixture
def resolver(sandbox):
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = sandbox.dns_port
    resolver.lifetime = 2
    return resolver


def test_n1_udp_and_tcp_answer_on_one_port(sandbox):
    name = company(sandbox, "google").domain

    over_udp, over_tcp = ask_dns(sandbox, name, "MX"), ask_dns_tcp(sandbox, name, "MX")

    hosts = {value.lower() for value in values(over_udp)}
    assert hosts == {value.lower() for value in values(over_tcp)}
    assert hosts == {"1 aspmx.l.google.com.", "5 alt1.aspmx.l.google.com.", "5 alt2.aspmx.l.google.com."}


def test_n1_one_connection_carries_many_questions(sandbox):
    name = company(sandbox, "google").domain
    with socket.create_connection(("127.0.0.1", sandbox.dns_port), timeout=PATIENCE) as connection:
        answers = [
            dns.query.tcp(dns.message.make_query(name, kind), "127.0.0.1", sock=connection, timeout=PATIENCE)
            for kind in ("MX", "TXT", "NS")
        ]

    assert all(answer.answer for answer in answers)


@pytest.mark.parametrize(
    ("payload", "truncated"),
    [
        pytest.param(None, True, id="512 without EDNS"),
        pytest.param(1232, True, id="1232"),
        pytest.param(4096, False, id="4096"),
    ],
)
def test_n2_an_answer_over_the_advertised_size_is_truncated(sandbox, put, payload, truncated):
    put("long.example", "TXT", "x" * 2000)
    edns = {} if payload is None else {"use_edns": 0, "payload": payload}

    answer = ask_dns(sandbox, "long.example", "TXT", **edns)

    assert bool(answer.flags & dns.flags.TC) is truncated
    assert bool(answer.answer) is not truncated


def test_n2_over_tcp_it_comes_whole(resolver, put):
    put("long.example", "TXT", "x" * 2000)

    text = b"".join(next(iter(resolver.resolve("long.example", "TXT"))).strings)

    assert text == b"x" * 2000


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED", "FORMERR", "NOTIMP", "NXDOMAIN"])
def test_n4_a_name_and_all_below_it_can_have_an_rcode(sandbox, put, rcode):
    put("fails.example", "MX", "10 mx.fails.example.")
    sandbox.control.edit("dns", {"domain": "fails.example", "failure": rcode})

    answers = [ask_dns(sandbox, name, "MX") for name in ("fails.example", "_dmarc.fails.example")]
    sandbox.control.edit("dns", {"domain": "fails.example", "failure": None})

    assert [dns.rcode.to_text(answer.rcode()) for answer in answers] == [rcode, rcode]
    assert values(ask_dns(sandbox, "fails.example", "MX"))


def test_n4_the_world_has_a_domain_that_fails_for_good(sandbox):
    name = company(sandbox, "servfail").domain

    assert ask_dns(sandbox, name, "MX").rcode() == dns.rcode.SERVFAIL


def test_n5_the_world_has_a_domain_that_never_answers(sandbox):
    query = dns.message.make_query(company(sandbox, "timeout").domain, "MX")

    with pytest.raises(dns.exception.Timeout):
        dns.query.udp(query, "127.0.0.1", port=sandbox.dns_port, timeout=0.1)


def test_n5_an_answer_can_be_dropped_or_late(sandbox):
    query = dns.message.make_query(company(sandbox, "google").domain, "MX")
    sandbox.control.add_fault(service="dns", fault="dns_timeout", times=1)
    sandbox.control.add_fault(service="dns", fault="slow", seconds=0.2, times=1)

    with pytest.raises(dns.exception.Timeout):
        dns.query.udp(query, "127.0.0.1", port=sandbox.dns_port, timeout=0.1)
    began = time.monotonic()
    late = dns.query.udp(query, "127.0.0.1", port=sandbox.dns_port, timeout=PATIENCE)

    assert late.answer
    assert time.monotonic() - began >= 0.2


def test_n6_a_text_of_many_strings_has_no_separator(resolver, put):
    record = "v=spf1 " + " ".join(f"ip4:203.0.113.{number}" for number in range(30)) + " -all"
    put("parts.example", "TXT", record)

    strings = next(iter(resolver.resolve("parts.example", "TXT"))).strings

    assert len(strings) == 3
    assert b"".join(strings).decode() == record


def test_n6_a_text_can_hold_letters_outside_ascii_and_stand_beside_others(resolver, put):
    put("texts.example", "TXT", "açıklama 🚀", "v=spf1 -all")

    texts = {b"".join(rdata.strings).decode() for rdata in resolver.resolve("texts.example", "TXT")}

    assert texts == {"açıklama 🚀", "v=spf1 -all"}


def test_n7_the_chain_of_an_alias_is_in_the_answer(sandbox, put):
    put("a.example", "CNAME", "b.example.")
    put("b.example", "CNAME", "c.example.")
    put("c.example", "TXT", "v=DKIM1; p=x")

    answer = ask_dns(sandbox, "a.example", "TXT")

    assert values(answer) == ["b.example.", "c.example.", '"v=DKIM1; p=x"']


def test_n7_an_alias_in_a_circle_ends(sandbox, put):
    put("a.example", "CNAME", "b.example.")
    put("b.example", "CNAME", "a.example.")

    assert values(ask_dns(sandbox, "a.example", "TXT")) == ["b.example.", "a.example."]


def test_n7_a_dangling_alias_is_nxdomain_with_the_alias_in_the_answer(sandbox, put):
    put("a.example", "CNAME", "gone.nowhere.")

    answer = ask_dns(sandbox, "a.example", "TXT")

    assert answer.rcode() == dns.rcode.NXDOMAIN
    assert values(answer) == ["gone.nowhere."]


def test_n8_a_null_mx_is_a_dot(sandbox):
    assert values(ask_dns(sandbox, company(sandbox, "null_mx").domain, "MX")) == ["0 ."]


def test_n8_an_mx_can_be_an_alias(sandbox):
    name = company(sandbox, "mx_is_alias").domain

    assert values(ask_dns(sandbox, name, "MX")) == [f"10 mx.{name}."]
    assert values(ask_dns(sandbox, f"mx.{name}", "A"))[0] == f"relay.{name}."


def test_n8_an_mx_can_lack_an_address(sandbox):
    name = company(sandbox, "mx_without_address").domain

    assert values(ask_dns(sandbox, name, "MX")) == [f"10 {name}."]
    assert values(ask_dns(sandbox, name, "A")) == []


@pytest.mark.parametrize(
    ("setup", "suffix"), [("m365", ".onmicrosoft.com."), ("m365_mx_microsoft", ".dkim.mail.microsoft.")]
)
def test_n12_both_forms_of_microsofts_dkim_alias_occur(sandbox, setup, suffix):
    sandbox.control.reset(companies=200, referrals=0)
    names = [f"selector1._domainkey.{one.domain}" for one in sandbox.world.companies if one.mail_setup == setup]

    targets = [found[0] for name in names if (found := values(ask_dns(sandbox, name, "TXT")))]

    assert any(target.endswith(suffix) for target in targets)


def test_n14_ttls_are_given_and_absence_carries_the_soa(sandbox):
    name = company(sandbox, "google").domain

    there = ask_dns(sandbox, name, "MX")
    no_type = ask_dns(sandbox, name, "SRV")
    no_name = ask_dns(sandbox, f"nothing.{name}", "A")

    assert there.answer[0].ttl == 300
    assert (no_type.rcode(), no_name.rcode()) == (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
    for absent in (no_type, no_name):
        soa = absent.authority[0]
        assert soa.name.to_text() == f"{name}."
        assert (soa.ttl, soa[0].minimum) == (60, 60)


def test_n14_a_name_with_others_below_it_exists(sandbox, put):
    put("s1._domainkey.a.example", "TXT", "v=DKIM1; p=x")

    assert ask_dns(sandbox, "_domainkey.a.example", "TXT").rcode() == dns.rcode.NOERROR


def test_n15_names_are_compared_without_case_and_given_back_as_asked(sandbox):
    name = company(sandbox, "google").domain.upper()

    answer = ask_dns(sandbox, f"{name}.", "MX")

    assert len(values(answer)) == 3
    assert answer.question[0].name.to_text() == f"{name}."


def test_n16_idn_domains_are_asked_in_ascii(sandbox, resolver, put):
    put("xn--mteri-kva70e.com.tr", "MX", "10 mx.turkhost.com.tr.")

    assert resolver.resolve("müşteri.com.tr", "MX")[0].to_text() == "10 mx.turkhost.com.tr."


def test_n17_questions_are_counted_by_name(sandbox):
    for _ in range(3):
        ask_dns(sandbox, "counted.example", "MX")
    ask_dns_tcp(sandbox, "counted.example", "MX")

    assert sandbox.control.state("dns")["queries"] == {"MX counted.example": 4}
    assert [call["transport"] for call in sandbox.control.calls("dns")] == ["udp", "udp", "udp", "tcp"]


def test_a_servfail_can_be_bound_to_a_name_and_all_below_it(sandbox):
    name = company(sandbox, "google").domain
    sandbox.control.add_fault(service="dns", fault="dns_servfail", operation=name)

    rcodes = [ask_dns(sandbox, asked, "TXT").rcode() for asked in (name, f"_dmarc.{name}", "other.example")]

    assert rcodes == [dns.rcode.SERVFAIL, dns.rcode.SERVFAIL, dns.rcode.NXDOMAIN]


def test_a_fault_can_be_bound_to_a_record_type(sandbox):
    name = company(sandbox, "google").domain
    sandbox.control.add_fault(service="dns", fault="dns_servfail", operation="MX")

    assert ask_dns(sandbox, name, "MX").rcode() == dns.rcode.SERVFAIL
    assert ask_dns(sandbox, name, "NS").rcode() == dns.rcode.NOERROR


def test_a_truncation_on_demand_sends_the_client_to_tcp(sandbox, resolver):
    name = company(sandbox, "google").domain
    sandbox.control.add_fault(service="dns", fault="dns_truncate")

    assert len(resolver.resolve(name, "MX")) == 3
    assert [call["transport"] for call in sandbox.control.calls("dns")] == ["udp", "tcp"]


def test_every_company_but_the_failing_ones_gives_an_answer(sandbox):
    for one in sandbox.world.companies:
        if one.mail_setup not in FAILURES:
            assert ask_dns(sandbox, one.domain, "MX").rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)


def test_what_is_no_query_is_passed_over(sandbox):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"hello", ("127.0.0.1", sandbox.dns_port))

    assert ask_dns(sandbox, "a.example", "A").rcode() == dns.rcode.NXDOMAIN
