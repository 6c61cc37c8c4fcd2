"""Alternate keys: D15 to D18."""

from __future__ import annotations

import pytest

from hunter.sandbox.service import EditRefused
from tests.hunter.sandbox.dataverse.environment import API, FIRST, SECOND, refusal

BY_DOMAIN = "leads(hnt_domain='muster.example')"


def test_d15_an_active_key_finds_its_lead_and_the_answer_repeats_the_key(dataverse):
    dataverse.patch(f"leads({FIRST})", {"hnt_domain": "Muster.example"})

    written = dataverse.patch(BY_DOMAIN, {"subject": "Muster"})

    assert written.headers["OData-EntityId"] == f"{API}/{BY_DOMAIN}"
    assert dataverse.get(f"{BY_DOMAIN}?$select=subject").json["subject"] == "Muster"
    assert dataverse.lead()["subject"] == "Muster"


def test_d15_a_key_value_that_nobody_has_is_not_found(dataverse):
    answer = dataverse.get(BY_DOMAIN)

    assert refusal(answer) == (404, "0x80060891")
    assert answer.json["error"]["message"] == "A record with the specified key values does not exist in lead entity"
    assert refusal(dataverse.patch(BY_DOMAIN, {}, If_Match="*")) == (404, "0x80060891")


@pytest.mark.parametrize("key", ["subject='x'", "hnt_domain='a.example',subject='x'", "nothing='x'"])
def test_d15_what_is_no_key_is_refused_with_the_documented_sentence(dataverse, key):
    answer = dataverse.get(f"leads({key})")

    assert refusal(answer) == (400, "0x80060888")
    assert answer.json["error"]["message"].startswith(
        "The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.lead'. Ensure that the names and number"
    )


def test_d15_a_key_that_is_not_active_neither_finds_nor_protects(dataverse):
    dataverse.edit("set_key_status", status="Pending")

    statuses = [
        dataverse.patch(f"leads({lead})", {"hnt_domain": "muster.example"}).status_code for lead in (FIRST, SECOND)
    ]

    assert statuses == [204, 204]
    assert refusal(dataverse.get(BY_DOMAIN)) == (400, "0x8006088F")
    with pytest.raises(EditRefused, match="1 values occur twice"):
        dataverse.edit("set_key_status", status="Active")


def test_d16_the_key_can_not_be_changed_through_its_own_address(dataverse):
    dataverse.patch(f"leads({FIRST})", {"hnt_domain": "muster.example"})

    dataverse.patch(BY_DOMAIN, {"hnt_domain": "other.example", "subject": "Muster"})

    assert (dataverse.lead()["hnt_domain"], dataverse.lead()["subject"]) == ("muster.example", "Muster")


@pytest.mark.parametrize(
    ("body", "domain"),
    [
        pytest.param({"subject": "Muster"}, "muster.example", id="from the address when the body has none"),
        pytest.param({"hnt_domain": "other.example"}, "other.example", id="the body wins over the address"),
    ],
)
def test_d16_a_lead_made_through_a_key_takes_its_value(dataverse, body, domain):
    dataverse.patch(BY_DOMAIN, body)

    assert [lead["hnt_domain"] for lead in dataverse.leads] == [domain]


@pytest.mark.parametrize("character", ["%2F", "%3C", "%3E", "*", "%25", "%26", ":", "%5C", "%3F", "%2B", "+"])
def test_d17_key_values_with_unsafe_characters_fail_however_they_are_written(dataverse, character):
    dataverse.patch(f"leads({FIRST})", {"hnt_domain": f"a{character}b"})

    assert dataverse.get(f"leads(hnt_domain='a{character}b')").status_code in (400, 404)


def test_d17_doubled_quotes_are_one(dataverse):
    dataverse.patch(f"leads({FIRST})", {"hnt_domain": "o'neil"})

    assert dataverse.get("leads(hnt_domain='O''Neil')").json["leadid"] == FIRST
    assert dataverse.get("leads(hnt_domain='O%27%27Neil')").json["leadid"] == FIRST


@pytest.mark.parametrize("value", ["muster.example", "MUSTER.example", "muster.example "])
def test_d18_a_second_lead_with_the_same_key_value_is_refused(dataverse, value):
    dataverse.patch(f"leads({FIRST})", {"hnt_domain": "muster.example"})
    dataverse.edit("disqualify", lead=FIRST)

    created = dataverse.patch(f"leads({SECOND})", {"hnt_domain": value})
    dataverse.patch(f"leads({SECOND})", {"subject": "Other"})
    changed = dataverse.patch(f"leads({SECOND})", {"hnt_domain": value})

    assert refusal(created) == refusal(changed) == (412, "0x80060892")
    assert "Entity Key hnt_domain_key violated" in created.json["error"]["message"]


def test_d18_leads_without_a_key_value_are_not_compared(dataverse):
    assert [dataverse.post("leads", {"subject": "Muster"}).status_code for _ in range(2)] == [204, 204]


def test_d18_a_key_value_is_free_again_when_its_lead_is_gone_or_has_another(dataverse):
    dataverse.patch(f"leads({FIRST})", {"hnt_domain": "muster.example"})
    dataverse.patch(f"leads({FIRST})", {"hnt_domain": "new.example"})
    taken = dataverse.patch(f"leads({SECOND})", {"hnt_domain": "muster.example"})
    dataverse.delete(f"leads({SECOND})")

    assert taken.status_code == 204
    assert dataverse.patch(f"leads({FIRST})", {"hnt_domain": "muster.example"}).status_code == 204
