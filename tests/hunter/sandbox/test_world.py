"""The invented world: the same for one seed, and with everything in it that Hunter must cope with."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, replace
from datetime import date, timedelta
from itertools import chain
from typing import Any

import idna
import pytest

from hunter.sandbox.partner_center.moments import comparable
from hunter.sandbox.world.generation import make_world
from hunter.sandbox.world.mail_setups import SETUP_WEIGHTS
from hunter.sandbox.world.registrations import RDAP_ENDINGS

TODAY = date(2026, 5, 4)


def made(**changes):
    wanted: dict[str, Any] = {"companies": 200, "referrals": 300, "seed": 1, "today": TODAY}
    return make_world(**(wanted | changes))


@pytest.fixture(scope="module")
def world():
    return made()


def as_bytes(world) -> bytes:
    return json.dumps(asdict(world), default=str, ensure_ascii=False).encode()


def sound(world):
    return [row for row in world.referrals if isinstance(row["customerProfile"], dict)]


def test_one_seed_gives_one_world_byte_for_byte():
    assert as_bytes(made(seed=7)) == as_bytes(made(seed=7))


def test_another_seed_gives_other_companies():
    first = {company.domain for company in made(seed=1).companies}
    second = {company.domain for company in made(seed=2).companies}

    assert len(first & second) < 10


def test_more_referrals_leave_the_companies_as_they_are(world):
    assert made(referrals=50).companies == world.companies


@pytest.mark.parametrize(("companies", "referrals"), [(0, 0), (0, 5), (1, 1), (2, 40), (9, 9), (25, 30), (1000, 1500)])
def test_a_world_has_the_size_that_was_asked_for(companies, referrals):
    world = made(companies=companies, referrals=referrals)

    assert len(world.companies) == companies
    assert len(world.referrals) == (referrals if companies else 0)


def test_no_two_companies_share_a_domain_and_each_is_a_valid_ascii_name(world):
    domains = [company.domain for company in world.companies]

    assert len(set(domains)) == 200
    assert all(idna.encode(idna.decode(domain)).decode() == domain for domain in domains)


def test_every_mail_setup_occurs(world):
    assert {company.mail_setup for company in world.companies} == set(SETUP_WEIGHTS)


def test_some_domains_have_letters_outside_ascii(world):
    assert any("xn--" in company.domain for company in world.companies)


@pytest.mark.parametrize("letter", ["ş", "İ", "ü", "株", "🚀"])
def test_names_come_in_many_scripts(world, letter):
    assert any(letter in company.name for company in world.companies)


def test_one_domain_never_answers_and_one_always_fails(world):
    domains = {company.domain for company in world.companies}
    whole = {failure for name, failure in world.dns_failures.items() if name in domains}

    assert whole == {"SERVFAIL", "TIMEOUT"}


def test_names_beside_the_mail_fail_while_the_domain_answers(world):
    domains = {company.domain for company in world.companies}
    beside = {name.partition(".")[0]: failure for name, failure in world.dns_failures.items() if name not in domains}

    assert beside.keys() <= {"autodiscover", "_mta-sts", "_smtp"}
    assert set(beside.values()) == {"SERVFAIL", "REFUSED"}


def test_a_tenant_behind_a_mail_filter_shows_itself_elsewhere(world):
    domains = [company.domain for company in world.companies if company.mail_setup == "gateway_m365"]
    shown = [
        "autodiscover" if f"autodiscover.{domain}" in world.dns_records else "text"
        for domain in domains
        if f"autodiscover.{domain}" in world.dns_records
        or any("MS=ms" in text for text in world.dns_records[domain].get("TXT", ()))
    ]

    assert len(shown) == len(domains)
    assert set(shown) == {"autodiscover", "text"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("redirect=", id="a redirect"),
        pytest.param("exists:%{i}", id="a macro"),
        pytest.param("ipv4:", id="a mechanism that there is not"),
        pytest.param("include:spf.gone.", id="an include that leads nowhere"),
        pytest.param("a:old3.", id="names that are gone"),
        pytest.param("include:_spf.yandex.net include:zoho.eu", id="too many lookups"),
    ],
)
def test_spf_records_go_wrong_in_many_ways(text, world):
    assert any(
        text in value
        for company in world.companies
        for value in world.dns_records.get(company.domain, {}).get("TXT", ())
    )


@pytest.mark.parametrize(
    ("name", "version"), [("_mta-sts", "v=STSv1"), ("_smtp._tls", "v=TLSRPTv1"), ("default._bimi", "v=BIMI1")]
)
def test_some_publish_policies_for_mail_on_its_way(name, version, world):
    texts = [kinds["TXT"][0] for one, kinds in world.dns_records.items() if one.startswith(f"{name}.")]

    assert 0 < len(texts) < 100
    assert any(version in text for text in texts)


def test_broken_and_missing_spf_occur(world):
    texts = [
        [text for text in kinds.get("TXT", ()) if "v=spf1" in text.lower()] for kinds in world.dns_records.values()
    ]
    includes = [text.count("include:") for text in chain.from_iterable(texts)]

    assert any(len(found) == 2 for found in texts)
    assert max(includes) > 3


@pytest.mark.parametrize("policy", ["p=none", "p=quarantine", "p=reject", "pct=25", "p=monitor"])
def test_dmarc_policies_of_each_kind_occur(world, policy):
    records = [kinds["TXT"][0] for name, kinds in world.dns_records.items() if name.startswith("_dmarc.")]

    assert any(policy in record for record in records)


def test_registrations_are_known_for_endings_with_rdap_only(world):
    endings = {domain.rpartition(".")[2] for domain in world.registrations}

    assert endings <= RDAP_ENDINGS
    assert "tr" not in endings


def test_some_domains_expire_within_thirty_days_and_some_say_nothing(world):
    events = [
        {event["eventAction"]: event["eventDate"] for event in one["events"]} for one in world.registrations.values()
    ]
    expiries = [date.fromisoformat(one["expiration"][:10]) for one in events if "expiration" in one]

    assert any(TODAY <= expiry < TODAY + timedelta(days=30) for expiry in expiries)
    assert len(expiries) < len(events)


def test_p22_and_p46_every_kind_of_referral_is_there(world):
    def kind(row):
        invited_by = (row["inviteContext"]["invitedBy"] or {}).get("organizationId")
        return row["type"], row["qualification"], invited_by

    listed = {kind(row) for row in sound(world)}
    hidden = {kind(row) for row in world.marketplace_leads}

    assert ("Independent", "SalesQualified", "msft") in listed
    assert ("Independent", "MarketingQualified", "msft") in listed
    assert ("Shared", "SalesQualified", "msft") in listed, "the combination that no page explains"
    assert any(row[0] == "Shared" and row[2] not in (None, "msft") for row in listed)
    assert hidden == {("Independent", "Direct", "msft"), ("Independent", "Direct", None)}


def test_p32_times_have_seven_six_and_no_digits_of_fraction(world):
    digits = {len(row["updatedDateTime"].partition(".")[2]) for row in world.referrals}

    assert digits == {8, 7, 0}  # the Z counted
    assert all(comparable(row["updatedDateTime"]) for row in world.referrals)


def test_p32_ids_come_as_list_object_null_and_empty(world):
    ids = [row["customerProfile"]["ids"] for row in sound(world)]

    assert {type(one) for one in ids} == {list, dict, type(None)}
    assert any(isinstance(one, dict) and "External" in one for one in ids)
    assert any(isinstance(one, list) and one and one[0]["profileType"] == "External" for one in ids)


def test_p40_notes_are_long_and_hold_html_and_names_break_lines(world):
    assert max(len(row["details"]["notes"] or "") for row in sound(world)) > 32_000
    assert any("<script>" in (row["details"]["notes"] or "") for row in sound(world))
    assert any("\r\n" in row["name"] for row in sound(world))


def test_p45_observed_members_and_entities_are_there(world):
    assert all("trackingInfo" in row and "mpnId" in row for row in world.referrals)
    assert any("&amp;" in row["customerProfile"]["name"] for row in sound(world))


def test_a_few_rows_are_broken_and_some_go_out(world):
    assert sum(not row.get("id") for row in world.referrals) == 2
    assert sum(isinstance(row["status"], list) for row in world.referrals) == 1
    assert Counter(row["direction"] for row in world.referrals)["Outgoing"] == 24


def test_the_crm_holds_leads_of_each_kind(world):
    by_domain = Counter(lead.get("hnt_domain") for lead in world.existing_leads)
    states = {lead["statecode"] for lead in world.existing_leads}
    websites = Counter(lead["websiteurl"] for lead in world.existing_leads)

    assert by_domain.pop(None) > 1, "candidates that only a website ties to a company"
    assert set(by_domain.values()) == {1}
    assert states == {0, 1, 2}
    assert max(websites.values()) == 2


def test_the_world_does_not_change_with_the_day_but_for_its_dates(world):
    tomorrow = made(today=TODAY + timedelta(days=1))

    assert replace(tomorrow, today=TODAY).companies == world.companies
    assert tomorrow.dns_records == world.dns_records
