"""The readiness score and its classes (domain document, d)."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from leads.rules import load_rules
from leads.scoring import ScoreFacts, score
from leads.segments import classes_of, label_of, priority_of

RULES = load_rules()

WORKED_EXAMPLES = """
M365     yes yes reject     1 90 Existing  Hot  RENEWAL      MEDIUM P4 3
M365     yes yes -          1 70 Existing  Hot  RENEWAL      MEDIUM P4 3
M365     yes yes -          4 65 Existing  Hot  WEAK_PARTNER HIGH   P3 4
M365     yes yes none       1 60 Existing  Hot  WEAK_PARTNER HIGH   P3 4
M365     yes no  -          1 45 Existing  Hot  WEAK_PARTNER MEDIUM P3 5
M365     no  no  none       0 15 Existing  Hot  WEAK_PARTNER MEDIUM P3 6
Google   yes yes reject     1 90 Migration Warm COMPETITIVE  HIGH   P2 1
Google   yes yes -          1 70 Migration Warm COMPETITIVE  HIGH   P2 2
Google   yes yes none       1 60 Migration Warm COMPETITIVE  HIGH   P2 3
Google   yes no  -          1 45 Cold      Cold LOW_INTENT   LOW    P5 5
Google   no  no  -          0 25 Skip      Cold NO_GO        LOW    P6 7
Zoho     yes yes quarantine 1 65 Migration Warm COMPETITIVE  HIGH   P2 3
Yandex   yes yes -          1 50 Cold      Cold LOW_INTENT   LOW    P5 5
Hosting  yes yes reject     1 60 Migration Cold GREENFIELD   HIGH   P1 3
Hosting  no  no  reject     0  5 Skip      Cold NO_GO        LOW    P6 7
Amazon   yes yes reject     1 60 Cold      Cold LOW_INTENT   LOW    P5 5
Local    yes yes reject     1 50 Cold      Cold GREENFIELD   HIGH   P1 5
Local    yes yes -          1 30 Cold      Cold GREENFIELD   HIGH   P1 6
Local    yes no  -          1  5 Cold      Cold GREENFIELD   HIGH   P1 7
Local    no  no  -          0  0 Skip      Cold NO_GO        LOW    P6 7
"""
ROWS = [line.split() for line in WORKED_EXAMPLES.strip().splitlines()]


def facts(provider="M365", *, spf=True, dkim=True, dmarc=None, includes=1, mx=("mx.firm.com",)):
    record = "v=spf1 " + "include:x " * includes + "-all" if spf else None
    return ScoreFacts(mx, provider, spf=spf, spf_record=record, dkim=dkim, dmarc_policy=dmarc)


def told(scored):
    classes = scored.classes
    return [
        str(scored.score), classes.segment, classes.technical_heat, classes.commercial_segment,
        classes.commercial_heat, classes.priority_category, str(classes.priority),
    ]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[" ".join(row[:5]) for row in ROWS])
def test_the_worked_examples(row):
    provider, spf, dkim, dmarc, includes, *expected = row

    scored = score(
        facts(provider, spf=spf == "yes", dkim=dkim == "yes", dmarc=None if dmarc == "-" else dmarc, includes=int(includes)),
        RULES,
    )  # fmt: skip

    assert told(scored) == expected


@pytest.mark.parametrize("provider", ["M365", "Google", "Local", "Unknown"])
def test_without_a_mail_host_everything_else_counts_for_nothing(provider):
    scored = score(facts(provider, dmarc="reject", mx=()), RULES)

    assert told(scored) == ["0", "Skip", "Cold", "NO_GO", "LOW", "P6", "7"]
    assert scored.segment_reason == "Skip: no MX host, so the domain receives no mail."
    assert scored.breakdown.as_dict()["hard_fail"] == "no_mx"


def test_an_invalid_domain_fails_hard_likewise():
    scored = score(replace(facts(dmarc="reject"), domain_valid=False), RULES)

    assert told(scored) == ["0", "Skip", "Cold", "NO_GO", "LOW", "P6", "7"]
    assert scored.breakdown.hard_fail == "invalid_domain"


REACHABLE = {
    "M365": (15, 90), "Google": (15, 90), "Yandex": (0, 70), "Zoho": (0, 70), "Hosting": (0, 60),
    "Amazon": (0, 60), "SendGrid": (0, 60), "Mailgun": (0, 60), "Local": (0, 50), "Unknown": (0, 40),
}  # fmt: skip


@pytest.mark.parametrize("provider", REACHABLE)
def test_the_reachable_scores_of_a_provider(provider):
    combinations = itertools.product([True, False], [True, False], [None, "none", "quarantine", "reject"], [0, 1])

    scores = [
        score(facts(provider, spf=spf, dkim=dkim, dmarc=dmarc, includes=includes), RULES).score
        for spf, dkim, dmarc, includes in combinations
    ]

    assert (min(scores), max(scores)) == REACHABLE[provider]


def test_the_breakdown_names_every_part_that_is_there_in_order():
    scored = score(facts("Hosting", spf=False, dkim=False, dmarc="none"), RULES)

    assert scored.breakdown.as_dict() == {
        "base_score": 0,
        "provider": {"name": "Hosting", "points": 20},
        "signal_points": {"dmarc_none": 0},
        "risk_points": {"no_spf": -10, "no_dkim": -10, "dkim_none": -5, "dmarc_none": -10, "hosting_mx_weak": -10},
        "total_score": 0,
    }
    assert list(scored.breakdown.risk_points) == ["no_spf", "no_dkim", "dkim_none", "dmarc_none", "hosting_mx_weak"]
    assert scored.breakdown.sum_before_clamping == -25


@pytest.mark.parametrize(
    ("policy", "points"),
    [
        pytest.param("REJECT", {"spf": 10, "dkim": 10, "dmarc_reject": 20}, id="in any case"),
        pytest.param("block", {"spf": 10, "dkim": 10}, id="another name counts as no record"),
        pytest.param(None, {"spf": 10, "dkim": 10}, id="no record gives neither points nor risk"),
    ],
)
def test_the_policy_in_a_what_if(policy, points):
    scored = score(facts(dmarc=policy), RULES)

    assert scored.breakdown.signal_points == points
    assert "dmarc_none" not in scored.breakdown.risk_points


@pytest.mark.parametrize(("includes", "risk"), [(3, False), (4, True)])
def test_more_than_three_includes_are_a_risk(includes, risk):
    assert ("spf_multiple_includes" in score(facts(includes=includes), RULES).breakdown.risk_points) is risk


def test_a_provider_of_another_name_gives_no_points():
    assert score(facts("Fastmail"), RULES).breakdown.provider_points == 0


def test_the_reason_names_rule_score_and_provider():
    reason = score(facts("Google"), RULES).segment_reason

    assert reason == (
        "Migration by rule 2 (Google or Yandex or Zoho or Hosting or Local, score 60 or more): provider Google, score 70."
    )


def test_the_reason_writes_a_provider_as_it_is_called():
    reason = score(facts("M365"), RULES).segment_reason

    assert reason == "Existing by rule 1 (M365): provider M365, score 70."


def test_every_score_keeps_the_version_of_its_rules():
    assert score(facts(), RULES).rules_version == RULES.version == "1"


@pytest.mark.parametrize(
    ("provider", "number", "segment", "commercial"),
    [
        pytest.param("Local", 60, "Migration", "GREENFIELD", id="Local from 60, were the points to change"),
        pytest.param("Local", 59, "Cold", "GREENFIELD", id="Local up to 59"),
        pytest.param("Local", 5, "Cold", "GREENFIELD", id="Local from 5"),
        pytest.param("Local", 4, "Skip", "NO_GO", id="Local below 5"),
        pytest.param("Google", 59, "Cold", "LOW_INTENT", id="below 60 Google is Cold"),
        pytest.param("Google", 40, "Cold", "LOW_INTENT", id="from 40"),
        pytest.param("Google", 39, "Skip", "NO_GO", id="below 40"),
        pytest.param("Amazon", 100, "Cold", "LOW_INTENT", id="Amazon is Cold at any score from 40"),
        pytest.param("Unknown", 40, "Cold", "LOW_INTENT", id="Unknown with a mail host, what-if"),
        pytest.param("M365", 0, "Existing", "WEAK_PARTNER", id="M365 is Existing at any score"),
        pytest.param("M365", 69, "Existing", "WEAK_PARTNER", id="M365 up to 69"),
        pytest.param("M365", 70, "Existing", "RENEWAL", id="M365 from 70"),
    ],
)
def test_the_borders_of_segments(provider, number, segment, commercial):
    classes = classes_of(provider=provider, score=number, rules=RULES)

    assert (classes.segment, classes.commercial_segment) == (segment, commercial)


@pytest.mark.parametrize(("number", "heat"), [(49, "MEDIUM"), (50, "HIGH"), (69, "HIGH"), (70, "MEDIUM")])
def test_the_heat_of_an_existing_customer(number, heat):
    assert classes_of(provider="M365", score=number, rules=RULES).commercial_heat == heat


@pytest.mark.parametrize(
    ("segment", "number", "priority"),
    [
        ("Migration", 100, 1), ("Migration", 80, 1), ("Migration", 79, 2), ("Migration", 70, 2), ("Migration", 69, 3),
        ("Migration", 60, 3), ("Migration", 59, 4), ("Migration", 0, 4),
        ("Existing", 70, 3), ("Existing", 69, 4), ("Existing", 50, 4), ("Existing", 49, 5), ("Existing", 30, 5),
        ("Existing", 29, 6), ("Existing", 0, 6),
        ("Cold", 40, 5), ("Cold", 39, 6), ("Cold", 20, 6), ("Cold", 19, 7), ("Cold", 0, 7),
        ("Skip", 100, 7), (None, 90, 7), ("Migration", None, 7),
    ],
)  # fmt: skip
def test_the_priority_score(segment, number, priority):
    assert priority_of(segment, score=number, rules=RULES) == priority


@pytest.mark.parametrize(
    ("category", "label"),
    [
        ("P1", "High Potential Greenfield"),
        ("P2", "Competitive Takeover"),
        ("P3", "Existing Microsoft but Weak Partner"),
        ("P4", "Renewal Pressure"),
        ("P5", "Low Intent / Long Nurturing"),
        ("P6", "No-Go / Archive"),
        ("P9", "Unknown"),
        (None, "Unknown"),
    ],
)
def test_the_label_of_a_category(category, label):
    assert label_of(category, rules=RULES) == label
