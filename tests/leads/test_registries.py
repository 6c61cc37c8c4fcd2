"""RDAP first, WHOIS where RDAP gives none of the three fields; a no, a yes and a not-known stay apart (b.3)."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from hunter.remote.gate import OpenGate
from leads.answers import Absent, NotKnown
from leads.scan_answer import Registration, RegistrationSource, Throttled
from leads.scanning.rdap import Rdap
from leads.scanning.registries import Registries, better_known
from leads.scanning.whois import Whois, read_whois_server

RDAP_ANSWER = {"events": [{"eventAction": "expiration", "eventDate": "2027-01-07T00:00:00Z"}]}
FACTS = {"registrar": "Example", "expires": "2028-01-07"}
OVER_RDAP = Registration("", date(2027, 1, 7), (), source=RegistrationSource.RDAP)
OVER_WHOIS = Registration("Example", date(2028, 1, 7), (), source=RegistrationSource.WHOIS)


@pytest.fixture
def told(other_side):
    """What both together say of a domain."""

    def ask(domain="firm.com"):
        async def run():
            whois = Whois(server=read_whois_server(other_side.env["WHOIS_SERVER"]))
            registries = Registries(Rdap(base_url=other_side.env["RDAP_URL"]), whois)
            return await registries.registration(domain, gate=OpenGate())

        return asyncio.run(run())

    return ask


def knows(other_side, *, rdap=None, whois=None, domain="firm.com"):
    other_side.control.edit("rdap", {"domain": domain, "registration": rdap})
    other_side.control.edit("whois", {"domain": domain, "registration": whois})


def test_where_rdap_has_data_whois_is_not_asked(other_side, told):
    knows(other_side, rdap=RDAP_ANSWER, whois=FACTS)

    assert told() == OVER_RDAP
    assert other_side.control.calls("whois") == []


@pytest.mark.parametrize(
    "rdap", [pytest.param(None, id="none there"), pytest.param({"events": []}, id="none of the three fields")]
)
def test_where_rdap_has_no_data_whois_is_asked(other_side, told, rdap):
    knows(other_side, rdap=rdap, whois=FACTS)

    assert told() == OVER_WHOIS


@pytest.mark.fault(11)
@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "status", "status": 503}, {"fault": "drop_before"}, {"fault": "html"}, {"fault": "broken_json"},
    ],
    ids=lambda fault: fault["fault"],
)  # fmt: skip
def test_where_rdap_fails_whois_is_asked(other_side, told, fault):
    knows(other_side, rdap=RDAP_ANSWER, whois=FACTS)
    other_side.control.add_fault(service="rdap", **fault)

    assert told() == OVER_WHOIS


def test_a_registry_that_wants_fewer_calls_is_not_asked_another_way(other_side, told):
    knows(other_side, rdap=RDAP_ANSWER, whois=FACTS)
    other_side.control.add_fault(service="rdap", fault="status", status=429)

    assert isinstance(told(), Throttled)
    assert other_side.control.calls("whois") == []


def test_both_that_fail_are_named_with_their_reasons(other_side, told):
    other_side.control.add_fault(service="rdap", fault="status", status=503)
    other_side.control.add_fault(service="whois", fault="status", status=403)

    answer = told()

    assert isinstance(answer, NotKnown)
    assert answer.reason.startswith("RDAP: the registry answered 503")
    assert answer.reason.endswith("WHOIS: refused: access denied")


NO, UNKNOWN = Absent("no"), NotKnown("away")


@pytest.mark.parametrize(
    ("over_rdap", "over_whois", "asked_the_registry", "answer"),
    [
        pytest.param(NO, OVER_WHOIS, True, OVER_WHOIS, id="data go before a no"),
        pytest.param(NO, NO, True, NO, id="two noes"),
        pytest.param(NO, UNKNOWN, True, NO, id="the registry's own no stands"),
        pytest.param(NO, UNKNOWN, False, NotKnown("RDAP: no such domain at the server that is set. WHOIS: away"),
                     id="one server for all can't say no for a registry"),
        pytest.param(UNKNOWN, NO, True, NO, id="WHOIS says no"),
        pytest.param(UNKNOWN, UNKNOWN, True, NotKnown("RDAP: away. WHOIS: away"), id="nobody knows"),
        pytest.param(NotKnown("RDAP told nothing"), NotKnown("WHOIS told nothing"), True,
                     NotKnown("RDAP and WHOIS told nothing"), id="both for one reason"),
        pytest.param(UNKNOWN, Throttled("fewer"), True, Throttled("fewer"), id="fewer calls are wanted"),
    ],
)  # fmt: skip
def test_one_answer_out_of_two(over_rdap, over_whois, asked_the_registry, answer):
    assert better_known(over_rdap, over_whois, asked_the_registry=asked_the_registry) == answer
