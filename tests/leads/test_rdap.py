"""Registration data, and what a scan gets instead when the registry fails (b.3, contract 8.8)."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import date, timedelta

import pytest

from hunter.remote.errors import Deferred
from hunter.remote.gate import OpenGate
from hunter.remote.session import TimeLimits
from hunter.sandbox.running import running_sandbox
from leads.answers import Absent, NotKnown
from leads.scan_answer import Registration, RegistrationSource, Throttled
from leads.scanning.rdap import LIMITS, Rdap, read_registration
from leads.scanning.rdap_contract import RdapBootstrap, RdapDomain
from tests.waiting import PATIENCE

PATIENT = TimeLimits(connect=PATIENCE, read=PATIENCE, total=PATIENCE)


def vcard(*lines):
    return ["vcard", [["version", {}, "text", "4.0"], *[[name, {}, "text", text] for name, text in lines]]]


REGISTRAR = {"roles": ["registrar"], "vcardArray": vcard(("fn", "Ornek Registrar"))}
ANSWER = {
    "objectClassName": "domain",
    "ldhName": "firm.com",
    "events": [
        {"eventAction": "registration", "eventDate": "2007-01-08T00:00:00Z"},
        {"eventAction": "expiration", "eventDate": "2027-01-07T23:59:59.0Z"},
    ],
    "entities": [REGISTRAR],
    "nameservers": [{"ldhName": "NS2.firm.com."}, {"ldhName": "ns1.firm.com"}],
}


def read(**changes):
    return read_registration(RdapDomain.model_validate_json(json.dumps(ANSWER | changes)))


def test_the_fields_are_read():
    assert read() == Registration(
        "Ornek Registrar",
        date(2027, 1, 7),
        ("ns1.firm.com", "ns2.firm.com"),
        created_at=date(2007, 1, 8),
        source=RegistrationSource.RDAP,
    )


@pytest.mark.parametrize(
    ("entities", "registrar"),
    [
        pytest.param(
            [{"roles": ["registrar"], "vcardArray": vcard(("org", "Org Ltd"))}], "Org Ltd", id="org without fn"
        ),
        pytest.param([{"roles": ["abuse"], "entities": [REGISTRAR]}], "Ornek Registrar", id="a nested entity"),
        pytest.param(
            [{"roles": ["registrant"], "vcardArray": vcard(("fn", "Ali"))}], "", id="other roles are passed over"
        ),
        pytest.param([{"roles": ["registrar"]}], "", id="no vCard"),
        pytest.param([{"roles": ["registrar"], "vcardArray": ["vcard", [["fn", {}]]]}], "", id="a vCard cut short"),
        pytest.param(None, "", id="null"),
        pytest.param(
            [{"roles": ["registrar"], "vcardArray": vcard(("fn", "A\0B"))}], "A\ufffdB", id="a byte that can't be kept"
        ),
    ],
)
def test_the_registrar(entities, registrar):
    assert read(entities=entities).registrar == registrar


@pytest.mark.parametrize(
    ("events", "day"),
    [
        pytest.param(
            [{"eventAction": "expiration", "eventDate": "2027-03-01T02:00:00+03:00"}], date(2027, 3, 1), id="offset"
        ),
        pytest.param([{"eventAction": "expiration", "eventDate": "soon"}], None, id="unreadable"),
        pytest.param([{"eventAction": "expiration"}], None, id="no date"),
        pytest.param(
            [{"eventAction": "registrar expiration", "eventDate": "2027-01-01T00:00:00Z"}], None, id="another event"
        ),
        pytest.param([], None, id="none"),
    ],
)
def test_the_end_of_a_registration(events, day):
    assert read(events=events).expires_at == day


def test_a_registry_that_tells_none_of_the_three_fields_has_not_said_no():
    only_created = [{"eventAction": "registration", "eventDate": "2007-01-08T00:00:00Z"}]

    assert isinstance(read(events=only_created, entities=[], nameservers=[]), NotKnown)


def asked(base_url, *, gate=None, limits=PATIENT):
    rdap = Rdap(base_url=base_url, limits=limits)
    return asyncio.run(rdap.registration("firm.com", gate=gate or OpenGate(), deadline=time.monotonic() + PATIENCE))


def test_a_registry_is_asked_for_the_domain(other_side):
    other_side.control.edit("rdap", {"domain": "firm.com", "registration": ANSWER})

    assert asked(other_side.env["RDAP_URL"]) == read()
    assert [call["path"] for call in other_side.control.calls("rdap")] == ["/domain/firm.com"]


def test_a_domain_that_is_not_registered_is_an_absence(other_side):
    assert isinstance(asked(other_side.env["RDAP_URL"]), Absent)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"fault": "status", "status": 503}, id="503"),
        pytest.param({"fault": "status", "status": 400}, id="400"),
        pytest.param({"fault": "drop_before"}, id="no answer"),
        pytest.param({"fault": "html"}, id="HTML"),
        pytest.param({"fault": "broken_json"}, id="broken JSON"),
    ],
)
@pytest.mark.fault(11)
def test_a_registry_that_fails_leaves_the_registration_unknown(other_side, fault):
    other_side.control.edit("rdap", {"domain": "firm.com", "registration": ANSWER})
    other_side.control.add_fault(service="rdap", **fault)

    answer = asked(other_side.env["RDAP_URL"])

    assert isinstance(answer, NotKnown)


@pytest.mark.fault(14)
def test_a_registry_that_wants_fewer_calls_says_for_how_long(other_side):
    other_side.control.add_fault(service="rdap", fault="status", status=429, retry_after="120")

    answer = asked(other_side.env["RDAP_URL"])

    assert isinstance(answer, Throttled)
    assert answer.wait == timedelta(seconds=120)


@pytest.mark.proves("R7.5")
def test_a_slow_registry_is_left_when_its_time_is_up(other_side):
    other_side.control.edit("rdap", {"domain": "firm.com", "registration": ANSWER})
    other_side.control.add_fault(service="rdap", fault="slow", seconds=30)
    began = time.monotonic()

    answer = asked(other_side.env["RDAP_URL"], limits=TimeLimits(connect=0.2, read=0.2, total=0.2))

    assert isinstance(answer, NotKnown)
    assert time.monotonic() - began < 20


def test_a_registry_has_three_seconds():
    assert (LIMITS.connect, LIMITS.read, LIMITS.total) == (3.0, 3.0, 3.0)


class ClosedGate:
    """A lane that gives no leave."""

    def pass_(self, *, deadline):
        raise Deferred("closed")

    async def pass_async(self, *, deadline):
        raise Deferred("closed")


@pytest.mark.proves("R2.2")
def test_without_leave_no_call_goes_out(other_side):
    answer = asked(other_side.env["RDAP_URL"], gate=ClosedGate())

    assert isinstance(answer, NotKnown)
    assert other_side.control.calls("rdap") == []


class CountingGate(OpenGate):
    """Counts the calls that it let out; after `most` it is closed."""

    def __init__(self, most=100):
        self.count, self.most = 0, most

    def pass_(self, *, deadline):
        if self.count == self.most:
            raise Deferred("closed")
        self.count += 1

    async def pass_async(self, *, deadline):
        self.pass_(deadline=deadline)


def sent_on(other_side, **redirect):
    other_side.control.edit("rdap", {"domain": "firm.com", "registration": ANSWER})
    other_side.control.edit("rdap", {"domain": "firm.com", "redirect": redirect})


@pytest.mark.proves("R2.1")
@pytest.mark.parametrize("status", [301, 302, 307])
@pytest.mark.parametrize("hops", [1, 5])
def test_g2_a_question_that_is_sent_on_is_followed_and_each_call_is_counted(other_side, hops, status):
    sent_on(other_side, hops=hops, status=status)
    gate = CountingGate()

    assert asked(other_side.env["RDAP_URL"], gate=gate) == read()
    assert gate.count == len(other_side.control.calls("rdap")) == hops + 1


def test_g5_another_registry_s_server_answers_the_second_hop(other_side):
    """Another port is another server."""
    with running_sandbox(companies=0, referrals=0) as second:
        second.control.edit("rdap", {"domain": "firm.com", "registration": ANSWER})
        sent_on(other_side, to=f"{second.env['RDAP_URL']}domain/firm.com")

        assert asked(other_side.env["RDAP_URL"]) == read()
        assert len(second.control.calls("rdap")) == 1


def test_g2_a_domain_that_is_not_registered_at_the_end_of_a_redirect_is_an_absence(other_side):
    other_side.control.edit("rdap", {"domain": "firm.com", "redirect": {"hops": 1}})

    assert isinstance(asked(other_side.env["RDAP_URL"]), Absent)


@pytest.mark.parametrize(
    ("redirect", "reason", "calls"),
    [
        pytest.param({"loop": True}, "in a circle", 3, id="a circle"),
        pytest.param({"hops": 6}, "more than 5 times", 6, id="once too often"),
        pytest.param({"to": "http://rdap.example.com/domain/firm.com"}, "without encryption", 1, id="not encrypted"),
        pytest.param({"to": "https://169.254.169.254/latest"}, "a private network", 1, id="a cloud's own address"),
        pytest.param({"to": "https://[::ffff:10.0.0.1]/"}, "a private network", 1, id="a private one in disguise"),
        pytest.param({"to": "https://localhost/x"}, "a private network", 1, id="this machine by another name"),
        pytest.param({"to": "ftp://127.0.0.1/x"}, "without encryption", 1, id="another way"),
        pytest.param({"to": "https://a:b@rdap.example.com/"}, "no web address", 1, id="with a password"),
        pytest.param({"to": "https://[1/"}, "no web address", 1, id="nonsense"),
    ],
)
def test_g2_a_redirect_that_leads_nowhere_leaves_the_registration_unknown_and_says_why(
    other_side, redirect, reason, calls
):
    sent_on(other_side, **redirect)

    answer = asked(other_side.env["RDAP_URL"])

    assert isinstance(answer, NotKnown)
    assert reason in answer.reason
    assert len(other_side.control.calls("rdap")) == calls


@pytest.mark.proves("R2.2")
def test_g2_without_leave_for_the_second_call_it_does_not_go_out(other_side):
    sent_on(other_side, hops=1)

    answer = asked(other_side.env["RDAP_URL"], gate=CountingGate(most=1))

    assert answer == NotKnown("no leave to ask in time")
    assert len(other_side.control.calls("rdap")) == 1


BOOTSTRAP = RdapBootstrap.model_validate_json(
    json.dumps(
        {
            "version": "1.0",
            "services": [
                [["com", "net"], ["http://plain.test/", "https://rdap.test/v1/"]],
                [["uk"], ["https://uk.test/"]],
                [["co.uk"], ["https://co-uk.test/"]],
            ],
        }
    )
)


@pytest.mark.parametrize(
    ("domain", "server"),
    [
        pytest.param("firm.com", "https://rdap.test/v1/", id="https is preferred"),
        pytest.param("firm.co.uk", "https://co-uk.test/", id="the longest ending"),
        pytest.param("firm.org.uk", "https://uk.test/", id="a shorter one"),
        pytest.param("firm.com.tr", None, id="a country without RDAP"),
    ],
)
def test_the_server_for_a_domain(domain, server):
    assert BOOTSTRAP.server_for(domain) == server


@pytest.mark.proves("R7.6")
def test_without_iana_s_list_the_registration_is_not_known_and_nobody_asks_for_it_again_at_once(other_side):
    rdap = Rdap(bootstrap_url=other_side.env["RDAP_URL"])

    async def asked_thrice():
        one = [rdap.registration("firm.com", gate=OpenGate(), deadline=time.monotonic() + PATIENCE) for _ in range(3)]
        return await asyncio.gather(*one)

    answers = asyncio.run(asked_thrice())

    assert all(isinstance(one, NotKnown) for one in answers)
    assert [call["path"] for call in other_side.control.calls("rdap")] == ["/dns.json"]
