"""Asking over WHOIS: in limited time, through the gate, and never where an answer leads astray (b.3, b.4)."""

from __future__ import annotations

import asyncio
import time
from datetime import date, timedelta

import pytest

from hunter.errors import HunterError
from hunter.remote.errors import Deferred
from hunter.remote.gate import OpenGate
from leads.answers import Absent, NotKnown
from leads.scan_answer import Registration, RegistrationSource, Throttled
from leads.scanning.whois import LONGEST_ANSWER, TOTAL_SECONDS, Directory, Whois, is_public, read_whois_server
from leads.scanning.whois_formats import WhoisServer
from tests.leads.whois_server import saying, whois_server
from tests.waiting import PATIENCE

FACTS = {
    "registrar": "Örnek Kayıt A.Ş.",
    "created": "2007-01-08",
    "expires": "2027-01-07",
    "nameservers": ["ns1.firm.example", "ns2.firm.example"],
}
REGISTERED = Registration(
    "Örnek Kayıt A.Ş.",
    date(2027, 1, 7),
    ("ns1.firm.example", "ns2.firm.example"),
    date(2007, 1, 8),
    RegistrationSource.WHOIS,
)
WITHOUT_SERVER = WhoisServer(host="127.0.0.1", port=1)


class CountingGate(OpenGate):
    """Lets everybody pass and counts them."""

    def __init__(self) -> None:
        self.passed = 0

    async def pass_async(self, *, deadline):
        self.passed += 1


class ClosedGate(OpenGate):
    async def pass_async(self, *, deadline):
        raise Deferred("closed")


async def told_by(whois, domain, *, gate=None):
    return await whois.registration(domain, gate=gate or OpenGate(), deadline=time.monotonic() + PATIENCE)


def asked(server, domain="firm.com.tr", *, gate=None, seconds=PATIENCE):
    return asyncio.run(told_by(Whois(server=server, seconds=seconds), domain, gate=gate))


@pytest.fixture
def server(other_side):
    """The sandbox's WHOIS, which knows one firm for each way of writing."""
    for domain in ("firm.com.tr", "firm.ru", "firm.cn", "firm.mx", "firm.co.uk", "firm.com"):
        other_side.control.edit("whois", {"domain": domain, "registration": FACTS})
    return read_whois_server(other_side.env["WHOIS_SERVER"])


@pytest.mark.parametrize("domain", ["firm.com.tr", "firm.ru", "firm.cn", "firm.mx", "firm.co.uk", "firm.com"])
def test_a_registry_is_asked_for_the_domain(other_side, server, domain):
    assert asked(server, domain) == REGISTERED
    assert [call["operation"] for call in other_side.control.calls("whois")] == [domain]


@pytest.mark.parametrize(
    "domain", ["other.com.tr", "other.ru", "other.cn", "other.mx", "other.co.uk", "other.de", "other.com"]
)
def test_a_domain_that_is_not_registered_is_an_absence(server, domain):
    assert isinstance(asked(server, domain), Absent)


def test_a_registry_that_tells_only_the_name_is_not_known(other_side, server):
    other_side.control.edit("whois", {"domain": "firm.com.tr", "registration": {"thin": True}})

    assert asked(server) == NotKnown("WHOIS told none of registrar, end and name servers")


@pytest.mark.fault(11)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param({"fault": "drop_before"}, "WHOIS gave no answer (ConnectionResetError)", id="no answer"),
        pytest.param({"fault": "drop_after"}, "WHOIS gave no answer (ConnectionResetError)", id="cut off in the middle"),
        pytest.param({"fault": "html"}, "WHOIS answered with a web page", id="a web page"),
        pytest.param({"fault": "broken_json"}, "WHOIS told none of registrar, end and name servers", id="no text"),
        pytest.param({"fault": "status", "status": 400}, "WHOIS refused: invalid input", id="refused as unreadable"),
        pytest.param({"fault": "status", "status": 403}, "WHOIS refused: access denied", id="refused"),
        pytest.param({"fault": "status", "status": 503},
                     "WHOIS refused: the server is busy, the question was not answered.", id="busy"),
    ],
)  # fmt: skip
def test_a_registry_that_fails_leaves_the_registration_unknown(other_side, server, fault, reason):
    other_side.control.add_fault(service="whois", **fault)

    assert asked(server) == NotKnown(reason)


@pytest.mark.fault(14)
@pytest.mark.parametrize(("retry_after", "wait"), [("120", timedelta(seconds=120)), (None, None)])
def test_a_registry_that_wants_fewer_calls_says_so(other_side, server, retry_after, wait):
    other_side.control.add_fault(service="whois", fault="status", status=429, retry_after=retry_after)

    assert asked(server) == Throttled("the registry wants fewer calls (WHOIS)", wait=wait)


def test_a_quota_lets_so_many_questions_pass(other_side, server):
    other_side.control.edit("whois", {"quota": 1})

    answers = [asked(server), asked(server)]
    other_side.control.edit("whois", {"quota": None})

    assert [type(one) for one in answers] == [Registration, Throttled]
    assert asked(server) == REGISTERED


@pytest.mark.proves("R7.5")
@pytest.mark.fault(12)
def test_a_slow_registry_is_left_when_its_time_is_up(other_side, server):
    other_side.control.add_fault(service="whois", fault="slow", seconds=30)
    began = time.monotonic()

    answer = asked(server, seconds=0.2)

    assert answer == NotKnown("WHOIS did not answer in time")
    assert time.monotonic() - began < 20


@pytest.mark.proves("R7.5")
@pytest.mark.fault(12)
def test_bytes_that_drip_do_not_make_the_time_longer():
    async def dripping(question, writer):
        for number in range(10_000):
            writer.write(f"line: {number}\n".encode())
            await writer.drain()
            await asyncio.sleep(0.02)

    async def run():
        async with whois_server(dripping) as listening:
            return await told_by(Whois(server=listening.server, seconds=0.3), "firm.com.tr")

    began = time.monotonic()

    assert asyncio.run(run()) == NotKnown("WHOIS did not answer in time")
    assert time.monotonic() - began < 20


@pytest.mark.proves("R7.5")
def test_all_servers_of_a_lookup_share_its_time():
    """Each of the two would answer within the time; both together take longer."""

    def late(text):
        async def speak(question, writer):
            await asyncio.sleep(0.4)
            writer.write(text.encode())
            await writer.drain()

        return speak

    async def run():
        async with (
            whois_server(late("Registrar: Example\n")) as registry,
            whois_server(late(f"refer: {registry.server.host}\n")) as root,
        ):
            known = Directory(root.server, {"tr": registry.server}, frozenset({"127.0.0.1"}))
            return await told_by(Whois(directory=known, seconds=0.6), "firm.zz")

    assert asyncio.run(run()) == NotKnown("WHOIS did not answer in time")


def test_of_an_endless_answer_only_the_beginning_is_read():
    async def endless(question, writer):
        while not writer.is_closing():
            writer.write(b"Registrar: Example\n" * 1000)
            await writer.drain()

    async def run():
        async with whois_server(endless) as listening:
            return await told_by(Whois(server=listening.server), "firm.com.tr")

    answer = asyncio.run(run())

    assert isinstance(answer, Registration)
    assert LONGEST_ANSWER < 1_000_000


def test_a_registry_has_five_seconds():
    assert TOTAL_SECONDS == 5.0


@pytest.mark.proves("R2.2")
def test_without_leave_no_question_goes_out(other_side, server):
    assert asked(server, gate=ClosedGate()) == NotKnown("WHOIS gave no leave to ask in time")
    assert other_side.control.calls("whois") == []


def test_a_server_that_is_away_is_not_known():
    assert asked(WITHOUT_SERVER) == NotKnown("WHOIS gave no answer (ConnectionRefusedError)")


def directory(root=WITHOUT_SERVER, **servers):
    return Directory(root, servers, trusted=frozenset({"127.0.0.1"}))


def test_each_registry_is_asked_in_its_own_way():
    async def run():
        async with whois_server(saying("Registrar: Example\n"), question="-T dn,ace {domain}") as listening:
            await told_by(Whois(directory=directory(de=listening.server)), "firm.de")
            return listening.asked

    assert asyncio.run(run()) == ["-T dn,ace firm.de"]


def test_the_longest_known_ending_names_the_registry():
    one, other = WhoisServer(host="uk.example"), WhoisServer(host="co-uk.example")
    known = Directory(WITHOUT_SERVER, {"uk": one, "co.uk": other})

    assert (known.server_for("firm.co.uk"), known.server_for("firm.org.uk"), known.server_for("firm.fr")) == (
        other,
        one,
        None,
    )


def test_the_root_is_asked_once_for_an_ending_that_nobody_listed():
    async def run():
        async with whois_server(saying("domain: ZZ\nstatus: ACTIVE\n")) as root:
            whois = Whois(directory=directory(root.server))
            gate = CountingGate()
            answers = [await told_by(whois, domain, gate=gate) for domain in ("a.zz", "b.zz")]
            return answers, root.asked, gate.passed

    answers, questions, passed = asyncio.run(run())

    assert answers == [NotKnown("no WHOIS server for this top-level domain")] * 2
    assert questions == ["zz"]
    assert passed == 1


def test_the_root_leads_to_a_registry_that_is_known():
    async def run():
        async with whois_server(saying("Registrar: Example\n")) as registry:
            servers = directory(tr=registry.server)
            async with whois_server(saying(f"refer: {registry.server.host}\n")) as root:
                whois = Whois(directory=Directory(root.server, servers.servers, servers.trusted))
                gate = CountingGate()
                return await told_by(whois, "firm.zz", gate=gate), gate.passed

    answer, passed = asyncio.run(run())

    assert answer == Registration("Example", None, (), source=RegistrationSource.WHOIS)
    assert passed == 2


THIN = (
    "Domain Name: firm.com\nCreation Date: 2001-01-08\nRegistrar WHOIS Server: {host}\nName Server: ns1.firm.example\n"
)
THICK = "Domain Name: firm.com\nRegistrar: Example\nExpiry Date: 2027-01-07\nCreation Date: 1999-09-09\n"


def test_what_a_thin_registry_leaves_out_its_registrar_tells():
    async def run():
        async with whois_server(saying(THICK)) as registrar:
            thin = saying(THIN.format(host="registrar.example"))
            async with whois_server(thin) as registry:
                at_registrar = registrar.server.model_copy(update={"host": "localhost"})
                servers = {"com": registry.server, "registrar": at_registrar}
                known = Directory(WITHOUT_SERVER, servers, frozenset({"127.0.0.1", "localhost"}))
                registry_names_it = Whois(directory=known)
                text = THIN.format(host="localhost")
                async with whois_server(saying(text)) as other:
                    known_too = Directory(WITHOUT_SERVER, {**servers, "com": other.server}, known.trusted)
                    return await told_by(Whois(directory=known_too), "firm.com"), await told_by(
                        registry_names_it, "firm.com"
                    )

    merged, alone = asyncio.run(run())

    assert merged == Registration(
        "Example", date(2027, 1, 7), ("ns1.firm.example",), date(2001, 1, 8), RegistrationSource.WHOIS
    )
    assert alone == Registration("", None, ("ns1.firm.example",), date(2001, 1, 8), RegistrationSource.WHOIS)


@pytest.mark.parametrize(
    "named",
    [
        pytest.param("127.0.0.1", id="an address"),
        pytest.param("localhost", id="this machine"),
        pytest.param("metadata.internal", id="a name of a private network"),
        pytest.param("intranet", id="one label"),
        pytest.param("whois.example.com:8080", id="another port"),
        pytest.param("http://whois.example.com", id="a web address"),
        pytest.param("a b.example.com", id="a space"),
    ],
)
def test_an_answer_leads_nowhere_but_to_a_public_server(named):
    async def run():
        async with whois_server(saying(THIN.format(host=named))) as registry:
            whois = Whois(directory=directory(com=registry.server))
            gate = CountingGate()
            return await told_by(whois, "firm.com", gate=gate), gate.passed

    answer, passed = asyncio.run(run())

    assert answer == Registration("", None, ("ns1.firm.example",), date(2001, 1, 8), RegistrationSource.WHOIS)
    assert passed == 1


def test_a_public_name_with_a_private_address_is_not_connected_to():
    async def run():
        async with whois_server(saying("Registrar: Inside\n")) as inside:
            known = Directory(WITHOUT_SERVER, {"com": inside.server})  # nobody trusts it
            return await told_by(Whois(directory=known), "firm.com"), inside.asked

    answer, questions = asyncio.run(run())

    assert isinstance(answer, NotKnown)
    assert questions == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("9.9.9.9", True), ("2620:fe::fe", True), ("127.0.0.1", False), ("10.0.0.8", False), ("169.254.169.254", False),
        ("192.168.1.1", False), ("::1", False), ("fe80::1%eth0", False), ("fd00::1", False), ("x", False),
    ],
)  # fmt: skip
def test_which_addresses_are_public(address, public):
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("", None),
        ("127.0.0.1:4343", ("127.0.0.1", 4343)),
        ("whois.example.com", ("whois.example.com", 43)),
        ("[::1]:4343", ("::1", 4343)),
        ("::1", ("::1", 43)),
    ],
)
def test_the_server_that_is_set(text, server):
    found = read_whois_server(text)

    assert (found and (found.host, found.port)) == server


@pytest.mark.parametrize("text", ["whois.example.com:", "whois.example.com:0", ":43", "host:70000", "host:four"])
def test_a_server_that_can_not_be_one_is_refused(text):
    with pytest.raises(HunterError, match="WHOIS_SERVER"):
        read_whois_server(text)
