"""RDAP (contract 8.8, lines G)."""

from __future__ import annotations

import pytest
import requests

from hunter.sandbox.control import ControlRefused
from tests.waiting import PATIENCE


@pytest.fixture
def ask(sandbox):
    return lambda name: requests.get(f"{sandbox.env['RDAP_URL']}domain/{name}", timeout=PATIENCE)


def test_g2_a_registered_domain_is_answered_in_any_case(sandbox, ask):
    domain, registration = next(iter(sandbox.world.registrations.items()))

    answer = ask(domain.upper() + ".")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/rdap+json")
    assert answer.json() == registration


@pytest.mark.parametrize(
    ("name", "status"),
    [("nobody-has-this.com", 404), ("x.com.tr", 404), ("nodots", 400), ("a.com/b", 400), ("b%C3%BCcher.de", 400)],
)
def test_g2_what_is_not_registered_is_404_and_what_is_no_domain_400(ask, name, status):
    answer = ask(name)

    assert answer.status_code == status
    assert answer.json()["errorCode"] == status


@pytest.mark.parametrize("status", [429, 503])
def test_g2_the_server_can_be_at_its_end(sandbox, ask, status):
    sandbox.control.add_fault(service="rdap", fault="status", status=status, retry_after="12", times=1)

    answer = ask("x.com")

    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "12")
    assert answer.json()["errorCode"] == status


def test_g2_a_fault_can_be_bound_to_one_domain(sandbox, ask):
    first, second = list(sandbox.world.registrations)[:2]
    sandbox.control.add_fault(service="rdap", fault="status", status=503, operation=first)

    assert (ask(first).status_code, ask(second).status_code) == (503, 200)


def test_g3_times_have_offsets_and_fractions(many_registrations):
    dates = {event["eventDate"][19:] for one in many_registrations for event in one["events"]}

    assert dates == {"Z", ".000Z", "+00:00"}


def test_g3_an_expiration_can_be_missing(many_registrations):
    actions = [{event["eventAction"] for event in one["events"]} for one in many_registrations]

    assert any("expiration" not in one for one in actions)


def test_g4_a_registrar_can_be_nested_and_named_by_its_organization(many_registrations):
    nested = [
        one for one in many_registrations if any(_roles(inner) for outer in one["entities"] for inner in _under(outer))
    ]
    cards = [outer["vcardArray"][1][1][0] for one in many_registrations for outer in one["entities"]]

    assert nested
    assert set(cards) == {"fn", "org"}


def test_name_servers_are_in_upper_case_and_some_end_in_a_dot(many_registrations):
    names = [server["ldhName"] for one in many_registrations for server in one["nameservers"]]

    assert all(name == name.upper() for name in names)
    assert {name.endswith(".") for name in names} == {True, False}


def test_a_registration_changes_when_it_is_edited(sandbox, ask):
    sandbox.control.edit("rdap", {"domain": "New.COM", "registration": {"ldhName": "new.com"}})
    there = ask("new.com").json()
    sandbox.control.edit("rdap", {"domain": "new.com", "registration": None})

    assert there == {"ldhName": "new.com"}
    assert ask("new.com").status_code == 404


@pytest.mark.parametrize("status", [301, 302, 307])
def test_g2_a_question_can_be_sent_on(sandbox, status):
    domain = next(iter(sandbox.world.registrations))
    sandbox.control.edit("rdap", {"domain": domain, "redirect": {"hops": 2, "status": status}})

    answer = requests.get(f"{sandbox.env['RDAP_URL']}domain/{domain}", timeout=PATIENCE)

    assert [one.status_code for one in answer.history] == [status, status]
    assert (answer.status_code, answer.url) == (200, f"{sandbox.env['RDAP_URL']}hop/2/domain/{domain}")
    sandbox.control.edit("rdap", {"domain": domain, "redirect": None})
    assert not requests.get(f"{sandbox.env['RDAP_URL']}domain/{domain}", timeout=PATIENCE).history


def test_g2_a_question_can_be_sent_on_in_a_circle(sandbox, ask):
    sandbox.control.edit("rdap", {"domain": "x.com", "redirect": {"loop": True}})

    with pytest.raises(requests.TooManyRedirects) as refused:
        ask("x.com")

    assert refused.value.response is not None
    assert {one.url.rpartition("hop/")[2] for one in refused.value.response.history[1:]} == {
        "1/domain/x.com", "2/domain/x.com",
    }  # fmt: skip


def test_g2_a_redirect_that_can_t_be_is_refused(sandbox):
    with pytest.raises(ControlRefused, match="redirect"):
        sandbox.control.edit("rdap", {"domain": "x.com", "redirect": {"hops": 0}})


@pytest.fixture
def many_registrations(sandbox):
    sandbox.control.reset(companies=200, referrals=0)
    return list(sandbox.world.registrations.values())


def _under(entity):
    return entity.get("entities", [])


def _roles(entity):
    return "registrar" in entity["roles"]
