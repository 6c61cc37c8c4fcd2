"""Every table of section d, line by line and border by border, and what must hold for all scores (properties)."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.classes import CommercialHeat, CommercialSegment, PriorityCategory, Segment, TechnicalHeat
from leads.providers import Provider
from leads.rules import RULES_FOLDER, load_rules, parse_rules
from leads.rules_in_words import class_tables, points_table
from leads.score_evidence import BASES, bases_of
from leads.scoring import ScoreFacts, score
from leads.segments import Facts, classes_in, classes_of, first_that_holds
from leads.signals import count_includes
from leads.what_if import consequences, improvements

RULES = load_rules("v1")
TEXT = (RULES_FOLDER / "v1.toml").read_text(encoding="utf-8")
POLICIES = (None, "none", "quarantine", "reject")


def facts(provider="M365", *, spf=True, dkim=True, dmarc=None, includes=1, mx=("mx.firm.com",)):
    record = "v=spf1 " + "include:x " * includes + "-all" if spf else None
    return ScoreFacts(mx, provider, spf=spf, spf_record=record, dkim=dkim, dmarc_policy=dmarc)


# d.1 ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "points"),
    [
        ("M365", 50), ("Google", 50), ("Yandex", 30), ("Zoho", 30), ("Amazon", 20), ("SendGrid", 20), ("Mailgun", 20),
        ("Hosting", 20), ("Local", 10), ("Unknown", 0), ("Fastmail", 0), ("m365", 0),
    ],
)  # fmt: skip
def test_the_points_of_a_provider(provider, points):
    assert score(facts(provider), RULES).breakdown.provider_points == points


def test_every_provider_that_there_is_has_its_points_in_the_rules():
    assert set(RULES.score.providers) == set(Provider)


@pytest.mark.parametrize(
    ("given", "part", "points"),
    [
        pytest.param({"spf": True}, ("signal_points", "spf"), 10, id="SPF"),
        pytest.param({"dkim": True}, ("signal_points", "dkim"), 10, id="DKIM"),
        pytest.param({"dmarc": "reject"}, ("signal_points", "dmarc_reject"), 20, id="DMARC reject"),
        pytest.param({"dmarc": "quarantine"}, ("signal_points", "dmarc_quarantine"), 15, id="DMARC quarantine"),
        pytest.param({"dmarc": "none"}, ("signal_points", "dmarc_none"), 0, id="DMARC none"),
        pytest.param({"spf": False}, ("risk_points", "no_spf"), -10, id="no SPF"),
        pytest.param({"dkim": False}, ("risk_points", "no_dkim"), -10, id="no DKIM"),
        pytest.param({"dkim": False}, ("risk_points", "dkim_none"), -5, id="no DKIM, in addition"),
        pytest.param({"dmarc": "none"}, ("risk_points", "dmarc_none"), -10, id="the risk of DMARC none"),
        pytest.param(
            {"provider": "Hosting", "spf": False, "dkim": False}, ("risk_points", "hosting_mx_weak"), -10, id="weak host"
        ),
        pytest.param({"includes": 4}, ("risk_points", "spf_multiple_includes"), -5, id="four includes"),
    ],
)  # fmt: skip
def test_the_points_of_a_part(given, part, points):
    group, name = part

    assert getattr(score(facts(**given), RULES).breakdown, group)[name] == points


@pytest.mark.parametrize(
    ("given", "name"),
    [
        pytest.param({"provider": "Hosting", "spf": True, "dkim": False}, "hosting_mx_weak", id="Hosting with SPF"),
        pytest.param({"provider": "Hosting", "spf": False, "dkim": True}, "hosting_mx_weak", id="Hosting with DKIM"),
        pytest.param({"provider": "Local", "spf": False, "dkim": False}, "hosting_mx_weak", id="another provider"),
        pytest.param({"includes": 3}, "spf_multiple_includes", id="three includes"),
        pytest.param({"dmarc": None}, "dmarc_none", id="no DMARC record is no risk"),
        pytest.param({"dmarc": "reject"}, "dmarc_none", id="reject is no risk"),
        pytest.param({"spf": True}, "no_spf", id="SPF"),
        pytest.param({"dkim": True}, "no_dkim", id="DKIM"),
    ],
)
def test_a_risk_that_is_not_there(given, name):
    assert name not in score(facts(**given), RULES).breakdown.risk_points


def test_without_dkim_the_loss_is_fifteen_and_ten_points_are_missing():
    with_key, without = (score(facts(dkim=there), RULES).score for there in (True, False))

    assert with_key - without == 10 + 15


@pytest.mark.parametrize(
    ("given", "sum_of_parts", "clamped"),
    [
        pytest.param({"provider": "Local", "spf": False, "dkim": False}, -15, 0, id="below the lowest"),
        pytest.param({"provider": "Hosting", "spf": False, "dkim": False, "dmarc": "none"}, -25, 0, id="far below"),
        pytest.param({"provider": "M365", "dmarc": "reject"}, 90, 90, id="within"),
    ],
)
def test_a_score_is_held_between_its_bounds(given, sum_of_parts, clamped):
    scored = score(facts(**given), RULES)

    assert (scored.breakdown.sum_before_clamping, scored.score) == (sum_of_parts, clamped)


def test_a_score_above_the_highest_is_held_there_too():
    rich = parse_rules(TEXT.replace("M365 = 50", "M365 = 100"), origin="test")

    assert score(facts(dmarc="reject"), rich).score == 100


# d.3 to d.6 ---------------------------------------------------------------------------------------------------------

COLD, WARM, HOT = TechnicalHeat.COLD, TechnicalHeat.WARM, TechnicalHeat.HOT


@pytest.mark.parametrize("provider", [*Provider, "Fastmail"])
@pytest.mark.parametrize("segment", Segment)
def test_the_technical_heat(segment, provider):
    warm = segment == Segment.MIGRATION and provider in {"Google", "Zoho", "Yandex"}
    expected = HOT if segment == Segment.EXISTING else WARM if warm else COLD

    assert classes_in(segment, provider, score=60, rules=RULES).technical_heat == expected


@pytest.mark.parametrize(
    ("segment", "provider", "number", "commercial"),
    [
        ("Migration", "Local", 0, "GREENFIELD"), ("Migration", "Hosting", 100, "GREENFIELD"),
        ("Migration", "Google", 60, "COMPETITIVE"), ("Migration", "Zoho", 0, "COMPETITIVE"),
        ("Migration", "Yandex", 100, "COMPETITIVE"), ("Migration", "Amazon", 60, "NO_GO"),
        ("Cold", "Local", 4, "NO_GO"), ("Cold", "Local", 5, "GREENFIELD"), ("Cold", "Local", 59, "GREENFIELD"),
        ("Cold", "Local", 60, "LOW_INTENT"), ("Cold", "Google", 20, "LOW_INTENT"), ("Cold", "Google", 19, "NO_GO"),
        ("Cold", "Google", 100, "LOW_INTENT"), ("Cold", "Unknown", 0, "NO_GO"),
        ("Existing", "M365", 0, "WEAK_PARTNER"), ("Existing", "M365", 69, "WEAK_PARTNER"),
        ("Existing", "M365", 70, "RENEWAL"), ("Existing", "M365", 100, "RENEWAL"),
        ("Existing", "Google", 69, "NO_GO"), ("Existing", "Google", 70, "NO_GO"), ("Skip", "M365", 0, "NO_GO"),
        ("Skip", "M365", 70, "NO_GO"), ("Cold", "M365", 70, "LOW_INTENT"), ("Skip", "Local", 50, "NO_GO"),
    ],
)  # fmt: skip
def test_the_commercial_segment(segment, provider, number, commercial):
    assert classes_in(Segment(segment), provider, score=number, rules=RULES).commercial_segment == commercial


@pytest.mark.parametrize(
    ("commercial", "number", "heat"),
    [
        ("GREENFIELD", 0, "HIGH"), ("COMPETITIVE", 0, "HIGH"), ("WEAK_PARTNER", 49, "MEDIUM"),
        ("WEAK_PARTNER", 50, "HIGH"), ("WEAK_PARTNER", 0, "MEDIUM"), ("WEAK_PARTNER", 69, "HIGH"), ("RENEWAL", 0, "MEDIUM"),
        ("RENEWAL", 100, "MEDIUM"), ("LOW_INTENT", 100, "LOW"), ("NO_GO", 100, "LOW"),
    ],
)  # fmt: skip
def test_the_commercial_heat(commercial, number, heat):
    known = Facts("M365", number, commercial_segment=CommercialSegment(commercial))

    assert first_that_holds(RULES.commercial_heat, known).outcome == heat


CATEGORIES = {
    ("Cold", "HIGH", "GREENFIELD"): "P1", ("Warm", "HIGH", "COMPETITIVE"): "P2", ("Hot", "MEDIUM", "WEAK_PARTNER"): "P3",
    ("Hot", "HIGH", "WEAK_PARTNER"): "P3", ("Hot", "MEDIUM", "RENEWAL"): "P4", ("Cold", "LOW", "LOW_INTENT"): "P5",
}  # fmt: skip
ALL_CLASSES = list(itertools.product(TechnicalHeat, CommercialHeat, CommercialSegment))


@pytest.mark.parametrize(("technical", "heat", "commercial"), ALL_CLASSES, ids="-".join)
def test_the_priority_category_of_every_combination(technical, heat, commercial):
    known = Facts("M365", 50, technical_heat=technical, commercial_heat=heat, commercial_segment=commercial)

    category = first_that_holds(RULES.priority_category, known).outcome

    assert category == CATEGORIES.get((technical.value, heat.value, commercial.value), "P6")


@pytest.mark.parametrize("provider", Provider)
@pytest.mark.parametrize("number", [0, 4, 5, 39, 40, 59, 60, 100])
def test_the_segment_at_every_border_for_every_provider(provider, number):
    migrates = {"Google", "Yandex", "Zoho", "Hosting", "Local"}
    if provider == "M365":
        expected = "Existing"
    elif number >= 60 and provider in migrates:
        expected = "Migration"
    elif number >= 40 or (provider == "Local" and number >= 5):
        expected = "Cold"
    else:
        expected = "Skip"

    assert classes_of(provider=provider.value, score=number, rules=RULES).segment == expected


# What holds for all scores ------------------------------------------------------------------------------------------

any_facts = st.builds(
    ScoreFacts,
    mx_hosts=st.sampled_from([(), ("mx.firm.com",), ("aspmx.l.google.com", "alt1.aspmx.l.google.com")]),
    provider=st.sampled_from([*(one.value for one in Provider), "Fastmail", ""]),
    spf=st.booleans(),
    dkim=st.booleans(),
    spf_record=st.none() | st.integers(0, 8).map(lambda count: "v=spf1 " + "include:x " * count),
    dmarc_policy=st.sampled_from([*POLICIES, "REJECT", " none ", "other"]),
    domain_valid=st.booleans(),
    dkim_selector=st.none() | st.just("selector1"),
    dmarc_record=st.none() | st.just("v=DMARC1; p=none"),
)
with_mail = any_facts.filter(lambda one: one.hard_fail is None)


@given(any_facts)
def test_a_score_is_within_its_bounds_and_no_class_is_missing(given):
    scored = score(given, RULES)
    classes = scored.classes

    assert 0 <= scored.score <= 100
    assert scored.score == scored.breakdown.total
    assert classes.segment in Segment
    assert classes.technical_heat in TechnicalHeat
    assert classes.commercial_segment in CommercialSegment
    assert classes.commercial_heat in CommercialHeat
    assert classes.priority_category in PriorityCategory
    assert classes.priority_label
    assert 1 <= classes.priority <= 7
    assert scored.segment_reason
    assert scored.rules_version == "1"


@given(any_facts)
def test_the_sum_of_the_parts_explains_the_score(given):
    scored = score(given, RULES)
    told = scored.breakdown.as_dict()

    parts = told["base_score"] + told["provider"]["points"]
    parts += sum(told["signal_points"].values()) + sum(told["risk_points"].values())

    assert max(0, min(100, parts)) == scored.score == told["total_score"]


@given(any_facts)
def test_every_part_names_the_record_it_rests_on(given):
    scored = score(given, RULES)
    bases = bases_of(given, scored.breakdown)

    if given.hard_fail:
        assert list(bases) == ["hard_fail"]
    else:
        assert set(bases) == {"provider", *scored.breakdown.signal_points, *scored.breakdown.risk_points}
    assert all(set(basis) == {"lookup", "record"} for basis in bases.values())


def test_every_part_that_rules_can_give_has_a_basis():
    assert set(BASES) == {"provider", *type(RULES.score.signals).model_fields, *type(RULES.score.risks).model_fields}


@pytest.mark.parametrize(
    ("given", "part", "lookup", "record"),
    [
        pytest.param({}, "provider", "mx", "aspmx.l.google.com", id="the first mail host"),
        pytest.param({"provider": "M365"}, "provider", None, None, id="a provider that the mail host does not say"),
        pytest.param({}, "spf", "txt", "v=spf1 include:x -all", id="the SPF record"),
        pytest.param({"spf": False, "spf_record": None}, "no_spf", "txt", None, id="no SPF record"),
        pytest.param({"dkim_selector": "google"}, "dkim", "dkim", "google._domainkey", id="the selector"),
        pytest.param({"dkim": False}, "no_dkim", "dkim", None, id="no selector"),
        pytest.param(
            {"dmarc_policy": "none", "dmarc_record": "v=DMARC1"}, "dmarc_none", "dmarc", "v=DMARC1", id="the DMARC record"
        ),
    ],
)  # fmt: skip
def test_the_record_of_a_part(given, part, lookup, record):
    known = replace(facts("Google", mx=("aspmx.l.google.com",)), **given)

    assert bases_of(known, score(known, RULES).breakdown)[part] == {"lookup": lookup, "record": record}


@given(with_mail)
def test_more_of_a_good_sign_never_lowers_a_score(given):
    now = score(given, RULES).score

    assert score(replace(given, dkim=True), RULES).score >= now
    assert score(replace(given, dmarc_policy="reject"), RULES).score >= now
    if not given.spf:
        assert score(replace(given, spf=True, spf_record="v=spf1 -all"), RULES).score >= now


@given(with_mail, st.integers(0, 100), st.integers(0, 100))
def test_of_two_scores_of_a_provider_the_higher_one_never_has_the_worse_priority(given, one, other):
    low, high = sorted((one, other))
    worse, better = (classes_of(provider=given.provider, score=number, rules=RULES) for number in (low, high))

    assert better.priority <= worse.priority


@given(with_mail)
def test_an_improvement_never_costs_points_and_is_one_that_the_company_lacks(given):
    for one in consequences(given, rules=RULES):
        assert one.points >= 0
        assert one.then.score == min(100, one.now.score + one.points)
    words = [one.words for one in improvements(given, rules=RULES)]
    assert ("it publishes an SPF record" in words) is not given.spf
    assert ("it publishes a DKIM key" in words) is not given.dkim
    assert any("includes" in one for one in words) is (given.spf and count_includes(given.spf_record) > 3)


@given(any_facts.filter(lambda one: one.hard_fail is not None))
def test_a_company_without_mail_is_not_told_what_to_improve(given):
    assert consequences(given, rules=RULES) == []


def test_the_improvement_that_moves_the_segment_comes_first():
    told = consequences(facts("Google", dkim=False), rules=RULES)  # 45, Cold

    assert [(one.words, one.points, one.then.classes.segment.value) for one in told[:3]] == [
        ("it publishes a DKIM key", 25, "Migration"),
        ("its DMARC policy is reject", 20, "Migration"),
        ("its DMARC policy is quarantine", 15, "Migration"),
    ]
    assert all(one.moves_segment and one.moves_category and one.moves_priority for one in told[:3])


def test_no_single_improvement_may_move_anything():
    assert not any(one.moves for one in consequences(facts("Local", dmarc="quarantine", includes=4), rules=RULES))


# In words -----------------------------------------------------------------------------------------------------------


def test_the_points_in_words_are_those_of_the_rules():
    told = {line.when: line.then for line in points_table(RULES).lines}

    assert told["provider M365"] == "+50"
    assert told["no DKIM key, in addition"] == "-5"
    assert told["more than 3 includes in the SPF record"] == "-5"
    assert "provider Unknown" not in told


def test_the_tables_in_words_are_those_of_the_rules():
    tables = {table.title: [(line.when, line.then) for line in table.lines] for table in class_tables(RULES)}

    assert tables["Segment"] == [
        ("M365", "Existing"),
        ("Google or Yandex or Zoho or Hosting or Local, score 60 or more", "Migration"),
        ("Local, score 5 to 59", "Cold"),
        ("score 40 or more", "Cold"),
        ("everything else", "Skip"),
    ]
    assert tables["Priority, 1 is best"][0] == ("Migration, score 80 or more", "1")
    assert tables["Priority category"][-1] == ("everything else", "P6 No-Go / Archive")
