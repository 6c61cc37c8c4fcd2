"""Found, absent, not known: the three are never confused, whatever a server does (b.4, contract 8.1)."""

from __future__ import annotations

import asyncio
import socket

import dns.message
import pytest
from dns.rdatatype import RdataType

from hunter.errors import HunterError
from leads.answers import Absent, Found, NotKnown
from leads.scanning.resolver import DnsLimits, Nameserver, Resolver, read_nameservers
from tests.leads.nameserver import nameserver, reply, truncated

PATIENT = DnsLimits(total=60.0, one_try=60.0)  # every question is answered, however slow the machine is
QUICK = DnsLimits(total=0.4, one_try=0.15)  # for servers that are silent
SOA = "com. 60 IN SOA ns.com. host.com. 1 2 3 4 60"
FIRM_A = "firm.com. 300 IN A 192.0.2.1"


async def looked_up(servers, name, rdtype, *, limits=PATIENT):
    return await Resolver(servers, limits=limits).lookup(name, rdtype)


def asked(respond, *, over_tcp=None, name="firm.com", rdtype=RdataType.A, limits=PATIENT):
    """What a resolver makes of a server that answers so."""

    async def ask():
        async with nameserver(respond, over_tcp) as server:
            return await looked_up([server], name, rdtype, limits=limits)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("rdtype", "records", "texts"),
    [
        pytest.param(RdataType.A, ["firm.com. 300 IN A 192.0.2.1"], ("192.0.2.1",), id="an address"),
        pytest.param(
            RdataType.MX,
            ["firm.com. 300 IN MX 20 B.firm.com.", "firm.com. 300 IN MX 10 a.firm.com."],
            ("a.firm.com", "b.firm.com"),
            id="mail hosts, lowest preference first, lower case",
        ),
        pytest.param(RdataType.MX, ["firm.com. 300 IN MX 0 ."], ("",), id="the null MX"),
        pytest.param(
            RdataType.TXT,
            ['firm.com. 300 IN TXT "v=spf1 inc" "lude:x -all"'],
            ("v=spf1 include:x -all",),
            id="parts are joined",
        ),
        pytest.param(
            RdataType.TXT, ['firm.com. 300 IN TXT "\\252\\255"'], ("\ufffd\ufffd",), id="bytes that are no text"
        ),
        pytest.param(
            RdataType.TXT, ['firm.com. 300 IN TXT "a\\000b"'], ("a\ufffdb",), id="a letter that no database takes"
        ),
        pytest.param(RdataType.CNAME, ["firm.com. 300 IN CNAME X.Host.net."], ("x.host.net",), id="an alias itself"),
        pytest.param(RdataType.NS, ["firm.com. 300 IN NS NS1.x.com."], ("ns1.x.com",), id="name servers"),
    ],
)
def test_records_as_hunter_reads_them(rdtype, records, texts):
    def respond(query):
        response = dns.message.from_wire(reply(query, records[0]))
        for more in records[1:]:
            response.answer[0].update(dns.message.from_wire(reply(query, more)).answer[0])
        return [response.to_wire()]

    assert asked(respond, rdtype=rdtype) == Found(texts, ttl=300)


@pytest.mark.parametrize(
    ("respond", "answer"),
    [
        pytest.param(lambda q: [reply(q, rcode="NXDOMAIN", authority=(SOA,))], Absent("nxdomain"), id="no such name"),
        pytest.param(lambda q: [reply(q, authority=(SOA,))], Absent("nodata"), id="no such record"),
        pytest.param(lambda q: [reply(q)], Absent("nodata"), id="no such record, said without an SOA"),
        pytest.param(
            lambda q: [reply(q, "firm.com. 9 IN CNAME gone.com.", rcode="NXDOMAIN")],
            Absent("nxdomain"),
            id="an alias to nowhere",
        ),
        pytest.param(lambda q: [reply(q, rcode="SERVFAIL")], NotKnown("servfail"), id="SERVFAIL"),
        pytest.param(lambda q: [reply(q, rcode="REFUSED")], NotKnown("refused"), id="REFUSED"),
        pytest.param(lambda q: [reply(q, rcode="FORMERR")], NotKnown("formerr"), id="FORMERR without EDNS too"),
        pytest.param(
            lambda q: [reply(q, authority=("com. 9 IN NS a.com.",))], NotKnown("lame"), id="a referral is no answer"
        ),
        pytest.param(lambda q: [], NotKnown("timeout"), id="silence"),
        pytest.param(lambda q: [b"nonsense"], NotKnown("timeout"), id="bytes that are no message"),
    ],
)
def test_an_absence_is_not_a_failure(respond, answer):
    assert asked(respond, limits=QUICK if answer == NotKnown("timeout") else PATIENT) == answer


@pytest.mark.fault(13)
def test_a_server_that_loses_answers_is_asked_again():
    queries = []

    def respond(query):
        queries.append(query)
        return [reply(query, FIRM_A)] if len(queries) > 1 else []

    assert asked(respond, limits=DnsLimits(total=60.0, one_try=0.15)) == Found(("192.0.2.1",), ttl=300)


@pytest.mark.fault(13)
def test_an_answer_with_another_id_is_waited_past():
    def respond(query):
        stray = dns.message.from_wire(reply(query, "firm.com. 300 IN A 203.0.113.9"))
        stray.id = (query.id + 1) % 65536
        return [stray.to_wire(), reply(query, FIRM_A)]

    assert asked(respond) == Found(("192.0.2.1",), ttl=300)


@pytest.mark.fault(13)
def test_an_answer_to_another_question_is_waited_past():
    def respond(query):
        other = dns.message.make_query("evil.com", "A", id=query.id)
        return [reply(other, "evil.com. 300 IN A 203.0.113.9"), reply(query, FIRM_A)]

    assert asked(respond) == Found(("192.0.2.1",), ttl=300)


@pytest.mark.fault(13)
def test_an_answer_that_was_cut_off_is_asked_for_again_over_tcp():
    texts = [f'firm.com. 300 IN TXT "{letter * 200}"' for letter in "abcdefgh"]

    def over_tcp(query):
        response = dns.message.from_wire(reply(query, texts[0]))
        for more in texts[1:]:
            response.answer[0].update(dns.message.from_wire(reply(query, more)).answer[0])
        return [response.to_wire(max_size=65535)]

    answer = asked(lambda q: [truncated(q)], over_tcp=over_tcp, rdtype=RdataType.TXT)

    assert isinstance(answer, Found)
    assert len(answer.records) == 8


@pytest.mark.fault(13)
def test_where_tcp_gives_nothing_either_the_answer_is_not_known():
    answer = asked(lambda q: [truncated(q)], over_tcp=lambda q: [])

    assert isinstance(answer, NotKnown)


def test_a_server_without_edns_is_asked_without_it():
    def respond(query):
        return [reply(query, rcode="FORMERR") if query.edns >= 0 else reply(query, FIRM_A)]

    assert asked(respond) == Found(("192.0.2.1",), ttl=300)


def test_an_alias_is_followed_also_where_the_answer_stops_at_it():
    def respond(query):
        name = query.question[0].name.to_text()
        if name == "firm.com.":
            return [reply(query, "firm.com. 300 IN CNAME a.host.net.")]
        return [reply(query, "a.host.net. 60 IN CNAME b.host.net.", "b.host.net. 60 IN A 192.0.2.7")]

    assert asked(respond) == Found(("192.0.2.7",), ttl=60)


@pytest.mark.parametrize(
    ("more", "aliases"),
    [
        pytest.param(("b.net. 60 IN A 192.0.2.7",), ("a.net", "b.net"), id="to a record"),
        pytest.param((), ("a.net", "b.net"), id="to nothing"),
    ],
)
def test_the_names_passed_on_the_way_are_told(more, aliases):
    chain = ("firm.com. 9 IN CNAME A.net.", "a.net. 9 IN CNAME b.net.")

    answer = asked(lambda q: [reply(q, *chain, *more, authority=() if more else (SOA,))])

    assert isinstance(answer, Found | Absent)
    assert answer.aliases == aliases


def test_an_absence_holds_for_the_shorter_of_two_times():
    soa = "com. 3600 IN SOA ns.com. host.com. 1 2 3 4 60"

    answer = asked(lambda q: [reply(q, rcode="NXDOMAIN", authority=(soa,))])

    assert isinstance(answer, Absent)
    assert answer.ttl == 60


def test_of_several_servers_the_one_that_answered_is_told():
    async def ask():
        async with (
            nameserver(lambda q: [reply(q, rcode="SERVFAIL")]) as failing,
            nameserver(lambda q: [reply(q, FIRM_A)]) as willing,
        ):
            answer = await Resolver([failing, willing], limits=PATIENT).lookup("firm.com", RdataType.A)
            return answer, str(willing)

    answer, willing = asyncio.run(ask())

    assert isinstance(answer, Found)
    assert answer.by == willing


def to_and_fro(query):
    """firm.com is an alias of a.com, which is one of firm.com."""
    name = query.question[0].name.to_text()
    return [reply(query, f"{name} 9 IN CNAME {'a.com.' if name == 'firm.com.' else 'firm.com.'}")]


@pytest.mark.fault(13)
@pytest.mark.parametrize(
    "respond",
    [
        pytest.param(
            lambda q: [reply(q, "firm.com. 9 IN CNAME a.com.", "a.com. 9 IN CNAME firm.com.")],
            id="a circle in one answer",
        ),
        pytest.param(to_and_fro, id="a circle over several"),
        pytest.param(
            lambda q: [reply(q, f"{q.question[0].name} 9 IN CNAME x.{q.question[0].name}")], id="a chain without end"
        ),
    ],
)
def test_an_alias_that_leads_nowhere_is_an_absence(respond):
    assert isinstance(asked(respond), Absent)


def test_another_server_is_asked_when_the_first_one_fails():
    async def ask():
        async with (
            nameserver(lambda q: [reply(q, rcode="SERVFAIL")]) as failing,
            nameserver(lambda q: [reply(q, FIRM_A)]) as willing,
        ):
            return await looked_up([failing, willing], "firm.com", RdataType.A)

    assert asyncio.run(ask()) == Found(("192.0.2.1",), ttl=300)


def test_a_server_that_nobody_runs_is_not_known():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    answer = asyncio.run(looked_up([Nameserver("127.0.0.1", port)], "firm.com", RdataType.A))

    assert isinstance(answer, NotKnown)


@pytest.mark.parametrize("name", ["FIRM.com", "firm.com.", "b\u00fccher.example", "a\\.b.com"])
def test_a_name_is_found_however_it_is_written(name):
    def respond(query):
        return [reply(query, f"{query.question[0].name} 300 IN A 192.0.2.1")]

    assert asked(respond, name=name) == Found(("192.0.2.1",), ttl=300)


def test_a_name_that_can_not_exist_is_absent():
    too_long = f"selector1._domainkey.{'.'.join(['a' * 62] * 4)}"

    assert asyncio.run(looked_up([], too_long, RdataType.TXT)) == Absent("no such name can exist")


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("9.9.9.9", Nameserver("9.9.9.9", 53)),
        ("127.0.0.1:5353", Nameserver("127.0.0.1", 5353)),
        ("[2620:fe::fe]:53", Nameserver("2620:fe::fe", 53)),
        ("2620:fe::fe", Nameserver("2620:fe::fe", 53)),
    ],
)
def test_the_setting_names_servers(address, server):
    assert read_nameservers([address]) == (server,)


@pytest.mark.parametrize("address", ["127.0.0.1:dns", "127.0.0.1:0", ":53", "127.0.0.1:99999"])
def test_a_setting_that_names_no_server_is_refused(address):
    with pytest.raises(HunterError) as refused:
        read_nameservers([address])

    assert refused.value.field == "DNS_NAMESERVERS"
