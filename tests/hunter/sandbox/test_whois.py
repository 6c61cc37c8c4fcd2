"""WHOIS (contract 8.9 and 8.10, lines W)."""

from __future__ import annotations

import socket
import time

import pytest

from hunter.sandbox.control import ControlRefused
from hunter.sandbox.world.registrations import RDAP_ENDINGS
from tests.waiting import PATIENCE

FACTS = {
    "registrar": "Örnek Kayıt",
    "created": "2007-01-08",
    "expires": "2027-01-07",
    "nameservers": ["ns1.firm.example"],
}


@pytest.fixture
def ask(sandbox):
    def conversation(question: str, *, timeout: float = PATIENCE) -> bytes:
        with socket.create_connection(("127.0.0.1", sandbox.whois_port), timeout=timeout) as connection:
            connection.sendall(f"{question}\r\n".encode())
            return b"".join(iter(lambda: connection.recv(4096), b""))

    return conversation


@pytest.fixture
def firm(sandbox):
    sandbox.control.edit("whois", {"domain": "firm.com.tr", "registration": FACTS})
    return "firm.com.tr"


def test_w1_a_turkish_answer_has_crlf_latin_5_bytes_and_a_hidden_registrant(ask, firm):
    answer = ask(firm)

    text = answer.decode("iso-8859-9")
    assert "Organization Name\t: Örnek Kayıt\r\n" in text
    assert "Created on..............: 2007-Jan-08.\r\n" in text
    assert "Hidden upon user request" in text
    with pytest.raises(UnicodeDecodeError):
        answer.decode("utf-8")


@pytest.mark.parametrize(
    ("question", "words"),
    [
        pytest.param("nobody.com.tr", "No match found for nobody.com.tr", id="tr"),
        pytest.param("nobody.ru", "No entries found", id="ru"),
        pytest.param("nobody.cn", "No matching record.", id="cn"),
        pytest.param("nobody.mx", "No_Se_Encontro_El_Objeto", id="mx"),
        pytest.param("-T dn,ace nobody.de", "Status: free", id="de, with the registry's options"),
        pytest.param("nobody.jp/e", "No match!!", id="jp, in English"),
        pytest.param("domain NOBODY.COM.", 'No match for domain "NOBODY.COM"', id="com, in any case"),
        pytest.param("nodots", "Invalid input", id="no domain"),
    ],
)
def test_w1_what_is_not_registered_is_told_in_the_registry_s_words(ask, question, words):
    assert words in ask(question).decode()


def test_a_text_of_one_s_own_goes_out_as_it_is(sandbox, ask):
    sandbox.control.edit("whois", {"domain": "odd.ru", "registration": "registrar: ODD\n"})

    assert ask("odd.ru") == b"registrar: ODD\n"


def test_a_registry_may_tell_the_name_alone(sandbox, ask):
    sandbox.control.edit("whois", {"domain": "thin.com.tr", "registration": {"thin": True}})

    assert ask("thin.com.tr") == b"Domain Name: thin.com.tr\r\nDomain Status: Active\r\n"


def test_a_quota_is_used_up_and_lifted(sandbox, ask, firm):
    sandbox.control.edit("whois", {"quota": 1})

    answers = [ask(firm), ask(firm)]
    sandbox.control.edit("whois", {"quota": None})

    assert [b"limit exceeded" in answer for answer in [*answers, ask(firm)]] == [False, True, False]


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        pytest.param({"fault": "status", "status": 429, "retry_after": "30"},
                     b"% Query limit exceeded. Wait 30 seconds.\n", id="429"),
        pytest.param({"fault": "status", "status": 403}, b"% Access denied\n", id="403"),
        pytest.param({"fault": "status"}, b"% The server is busy, the question was not answered.\n", id="500"),
    ],
)  # fmt: skip
def test_a_refusal_comes_in_place_of_the_answer(sandbox, ask, firm, fault, answer):
    sandbox.control.add_fault(service="whois", times=1, **fault)

    assert ask(firm) == answer
    assert b"Domain Servers" in ask(firm)


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_a_connection_can_be_dropped(sandbox, ask, firm, fault):
    sandbox.control.add_fault(service="whois", fault=fault, operation=firm)

    with pytest.raises(ConnectionResetError):
        ask(firm)
    assert b"No match" in ask("other.com.tr")


def test_an_answer_can_be_cut_and_no_text_at_all(sandbox, ask, firm):
    sandbox.control.add_fault(service="whois", fault="broken_json", times=1)

    assert ask(firm).startswith(b"\xff\xfe")


def test_an_answer_can_be_a_web_page(sandbox, ask, firm):
    sandbox.control.add_fault(service="whois", fault="html", times=1)

    assert ask(firm).startswith(b"<!DOCTYPE html>")


def test_an_answer_can_be_late(sandbox, ask, firm):
    sandbox.control.add_fault(service="whois", fault="slow", seconds=0.2, times=1)
    began = time.monotonic()

    assert b"Domain Servers" in ask(firm)
    assert time.monotonic() - began >= 0.2


def test_calls_are_written_down_with_what_became_of_them(sandbox, ask, firm):
    ask(f"domain {firm}")

    call = sandbox.control.calls("whois")[0]

    assert (call["method"], call["path"], call["operation"], call["outcome"]) == (
        "WHOIS",
        f"domain {firm}",
        firm,
        "answered",
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"registration": None}, "domain"),
        ({"domain": "a.ru", "registration": {"colour": 1}}, "registration"),
        ({"domain": "a.ru", "registration": {"expires": "soon"}}, "registration"),
        ({"quota": -1}, "quota"),
        ({"quota": "many"}, "quota"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_by_its_field(sandbox, change, field):
    with pytest.raises(ControlRefused) as refused:
        sandbox.control.edit("whois", change)

    assert refused.value.field == field


def test_a_fault_of_another_service_is_refused(sandbox):
    with pytest.raises(ControlRefused):
        sandbox.control.add_fault(service="whois", fault="dns_servfail")


def test_the_world_knows_more_over_whois_than_over_rdap(sandbox):
    sandbox.control.reset(companies=300, referrals=0)
    world = sandbox.world

    endings = {domain.rpartition(".")[2] for domain in world.whois}
    alone = [domain for domain in world.whois if domain.rpartition(".")[2] not in RDAP_ENDINGS]

    assert {"tr", "ru", "cn", "mx"} <= endings
    assert 0.2 < len(alone) / len(world.companies) < 0.6
    assert set(world.registrations) <= set(world.whois)
    assert any(world.whois[domain]["thin"] for domain in alone)
    unregistered = [one.domain for one in world.companies if one.domain not in world.whois]
    assert any(domain.endswith(".tr") for domain in unregistered)
