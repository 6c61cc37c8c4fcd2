"""What a scan means for a company, given what is known already (b.4, c.1, c.3, f.5, g.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from leads.answers import Absent, Found, NotKnown, answered
from leads.assessment import (
    Assessment,
    Held,
    ProviderFindings,
    Unanswered,
    assess,
    is_provider_change,
    range_of,
)
from leads.rules import load_rules
from tests.leads.answers import M365_HOST, REGISTERED, scan_answer

RULES = load_rules()
NOTHING_HELD = Held(provider=ProviderFindings())


def assessed(answer, *, held=NOTHING_HELD):
    result = assess(answer, held=held, rules=RULES)
    assert isinstance(result, Assessment)
    return result


def held_after(result, **changes):
    """What is known once that result was written."""
    known = {"provider": result.provider, "score": result.score.score, "segment": result.score.segment}
    return Held(**known | {"signals": result.signals} | changes)


def test_a_first_scan_gives_everything_and_no_history():
    result = assessed(scan_answer())

    assert result.status == "success"
    assert result.provider == ProviderFindings("M365", "", False, "large", "scan")
    assert (result.score.score, result.score.segment, result.score.rules_version) == (70, "Existing", "1")
    assert (result.signals.registrar, result.signals.nameservers) == ("Ornek Registrar", ["ns1.firm.com"])
    assert result.signals.answers["dkim"]["default"] == {"state": "absent", "reason": "nxdomain"}
    assert result.changes == ()


@pytest.mark.parametrize(
    ("registration", "status"),
    [
        (REGISTERED, "success"),
        (Absent("not registered"), "whois_failed"),
        (NotKnown("no leave in time"), "whois_failed"),
    ],
)
def test_without_registration_data_the_company_is_scored_all_the_same(registration, status):
    result = assessed(scan_answer(registration=registration))

    assert (result.status, result.score.score) == (status, 70)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"mx": NotKnown("timeout")}, "DNS did not answer MX (timeout)"),
        (
            {"txt": NotKnown("servfail"), "dmarc": NotKnown("timeout")},
            "DNS did not answer SPF, DMARC (servfail, timeout)",
        ),
        ({"dkim": {"default": NotKnown("refused")}}, "DNS did not answer DKIM (refused)"),
    ],
)
def test_a_lookup_without_an_answer_leaves_everything_as_it_was(changes, sentence):
    result = assess(scan_answer(**changes), held=NOTHING_HELD, rules=RULES)

    assert isinstance(result, Unanswered)
    assert result.sentence == sentence


def test_what_was_answered_of_a_scan_that_was_not_is_kept():
    result = assess(scan_answer(dmarc=NotKnown("servfail")), held=NOTHING_HELD, rules=RULES)

    assert isinstance(result, Unanswered)
    assert result.newest["not_known"] == ["dmarc"]
    assert result.newest["facts"] == {
        "mx_hosts": [M365_HOST], "provider": "M365", "spf": True,
        "spf_record": "v=spf1 include:spf.protection.outlook.com -all", "dkim": True, "dmarc_policy": None,
    }  # fmt: skip
    assert result.newest["answers"]["dmarc"] == {"state": "not_known", "reason": "servfail"}


@pytest.mark.parametrize(("by_person", "not_known", "lowest"), [(False, ["mx", "provider"], 0), (True, ["mx"], 0)])
def test_without_an_answer_for_mx_the_provider_is_not_known_unless_a_person_said_it(by_person, not_known, lowest):
    held = Held(provider=ProviderFindings("Google"), provider_by_person=by_person)

    result = assess(scan_answer(mx=NotKnown("timeout")), held=held, rules=RULES)

    assert isinstance(result, Unanswered)
    assert result.newest["not_known"] == not_known
    found = range_of(held, newest=result.newest, rules=RULES)
    assert found is not None
    assert (found.lowest, found.highest) == (lowest, 70)


def test_a_score_behind_a_filter_has_a_range_unless_a_person_told_the_provider():
    behind = assessed(scan_answer(mx=answered(["eu.mimecast.com"])))
    plain = assessed(scan_answer())

    found = range_of(held_after(behind), newest={}, rules=RULES)

    assert found is not None
    assert (found.lowest, found.highest) == (30, 70)
    assert range_of(held_after(behind, provider_by_person=True), newest={}, rules=RULES) is None
    assert range_of(held_after(plain), newest={}, rules=RULES) is None
    assert range_of(NOTHING_HELD, newest={}, rules=RULES) is None


def test_evidence_of_an_earlier_release_behind_a_filter_leaves_everybody_open():
    result = assessed(scan_answer(mx=answered(["eu.mimecast.com"])))
    held = held_after(result, signals=replace(result.signals, mailboxes={}))

    found = range_of(held, newest={}, rules=RULES)

    assert found is not None
    assert (found.lowest, found.highest, found.not_known) == (30, 70, ("provider",))


def test_no_mail_host_is_an_answer_and_fails_hard():
    result = assessed(scan_answer(mx=Absent("nxdomain"), txt=Absent("nxdomain"), dkim={"default": Absent("nxdomain")}))

    assert (result.score.score, result.score.segment, result.provider.provider) == (0, "Skip", "Unknown")


def test_no_mail_host_never_overwrites_a_known_provider():
    known = ProviderFindings("M365", "", True, "medium", "referral")

    result = assessed(scan_answer(mx=Absent("nodata")), held=Held(provider=known))

    assert result.provider == known
    assert result.score.segment == "Skip"


@pytest.mark.parametrize(
    ("size", "origin", "after"),
    [
        ("small", "person", ("small", "person")),
        ("medium", "referral", ("medium", "referral")),
        ("small", "scan", ("large", "scan")),
        ("", "", ("large", "scan")),
    ],
)
def test_a_better_source_of_the_tenant_size_wins_over_the_estimate(size, origin, after):
    held = Held(provider=ProviderFindings("M365", tenant_size=size, tenant_size_origin=origin))

    result = assessed(scan_answer(), held=held)

    assert (result.provider.tenant_size, result.provider.tenant_size_origin) == after


def test_an_estimate_that_gives_nothing_leaves_the_old_size():
    held = Held(provider=ProviderFindings("M365", tenant_size="large", tenant_size_origin="scan"))

    result = assessed(scan_answer(mx=answered(["mail.firm.com"])), held=held)

    assert (result.provider.provider, result.provider.tenant_size) == ("Local", "large")


def test_a_provider_set_by_a_person_stays_and_is_scored():
    held = Held(provider=ProviderFindings("Google"), provider_by_person=True)

    result = assessed(scan_answer(), held=held)

    assert (result.provider.provider, result.score.segment) == ("Google", "Migration")


def test_a_provider_that_a_referral_told_may_be_replaced_by_a_scan():
    held = Held(provider=ProviderFindings("M365"))

    assert assessed(scan_answer(mx=answered(["mx.yandex.net"])), held=held).provider.provider == "Yandex"


def test_registration_data_that_nobody_could_tell_stays_as_it_was():
    first = assessed(scan_answer())

    unknown = assessed(scan_answer(registration=NotKnown("timeout")), held=held_after(first))
    absent = assessed(scan_answer(registration=Absent("not registered")), held=held_after(first))

    assert (unknown.signals.registrar, unknown.signals.expires_at) == ("Ornek Registrar", date(2027, 1, 7))
    assert (absent.signals.registrar, absent.signals.expires_at) == ("", None)


def test_name_servers_come_from_dns_where_the_registry_names_none():
    first = assessed(scan_answer(registration=Absent("nothing")))
    unanswered = assessed(
        scan_answer(registration=Absent("nothing"), nameservers=NotKnown("timeout")), held=held_after(first)
    )

    assert first.signals.nameservers == ["ns.dns.com"]
    assert unanswered.signals.nameservers == ["ns.dns.com"]


def test_a_second_scan_that_finds_the_same_is_more_certain():
    first = assessed(scan_answer())
    second = assessed(scan_answer(), held=held_after(first))

    assert (first.confidence, second.confidence) == (Decimal("3.00"), Decimal("4.00"))
    assert (first.signals.unchanged, second.signals.unchanged) == (False, True)


@pytest.mark.parametrize(
    ("changes", "confidence"),
    [
        pytest.param({"mx": answered(["eu.mimecast.com"])}, "2.00", id="a gateway hides the provider"),
        pytest.param({"registration": Absent("nothing")}, "2.00", id="no registration data"),
        pytest.param({"mx": Absent("nodata")}, "2.00", id="no provider"),
    ],
)
def test_what_lowers_the_confidence_of_a_first_scan(changes, confidence):
    assert str(assessed(scan_answer(**changes)).confidence) == confidence


def test_a_rescan_keeps_the_differences():
    first = assessed(scan_answer())

    second = assessed(
        scan_answer(mx=answered(["aspmx.l.google.com"]), txt=Absent("nodata"), dmarc=Found(("v=DMARC1; p=reject",))),
        held=held_after(first),
    )

    assert {(one.what, one.previous, one.current) for one in second.changes} == {
        ("spf", True, False),
        ("dmarc", None, "reject"),
        ("mx", "outlook.com", "google.com"),
        ("segment", "Existing", "Migration"),
    }  # the score is 70 before and after: 50 + 10 + 20 - 10


def test_the_record_that_counted_before_goes_on_counting():
    both = Found(("v=spf1 a -all", "v=spf1 b -all"))
    first = assessed(scan_answer(txt=both))

    turned = assessed(scan_answer(txt=Found(both.records[::-1])), held=held_after(first))

    assert turned.signals.spf_record == "v=spf1 a -all"
    assert turned.signals.unchanged
    assert turned.signals.evidence["notes"] == ["2 SPF records: one of them counts"]


@pytest.mark.parametrize(
    ("previous", "current", "moved"),
    [
        ("M365", "Google", True),
        ("M365", "M365", False),
        ("", "Google", False),
        ("Unknown", "Google", False),
        ("Google", "Unknown", False),
    ],
)
def test_only_a_move_between_known_providers_is_kept(previous, current, moved):
    assert is_provider_change(previous, current) is moved
