"""Where a score may lie when something that it rests on is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.providers import Provider
from leads.rules import load_rules
from leads.score_range import Fact, range_behind, range_of_newest, score_range
from leads.scoring import ScoreFacts, score

RULES = load_rules()
GOOGLE = ScoreFacts(
    ("aspmx.l.google.com",), "Google", spf=True, spf_record="v=spf1 -all", dkim=True, dmarc_policy="none"
)
LOCAL = replace(GOOGLE, mx_hosts=("eu.mimecast.com",), provider="Local", dmarc_policy=None)


@pytest.mark.parametrize(
    ("not_known", "lowest", "highest", "segments"),
    [
        pytest.param([Fact.SPF], 40, 60, ("Cold", "Migration"), id="SPF: none, or one with few includes"),
        pytest.param([Fact.DKIM], 35, 60, ("Skip", "Migration"), id="DKIM"),
        pytest.param([Fact.DMARC], 60, 90, ("Migration",), id="DMARC: from none to reject"),
        pytest.param([Fact.PROVIDER], 20, 60, ("Cold", "Skip", "Existing", "Migration"), id="the provider"),
        pytest.param([Fact.MX], 0, 60, ("Skip", "Migration"), id="the mail host: perhaps there is none"),
        pytest.param([Fact.SPF, Fact.DKIM], 15, 60, ("Skip", "Cold", "Migration"), id="two of them"),
        pytest.param(list(Fact), 0, 90, ("Skip", "Existing", "Cold", "Migration"), id="all of them"),
    ],
)
def test_the_range_of_a_google_customer(not_known, lowest, highest, segments):
    found = score_range(GOOGLE, not_known=not_known, rules=RULES)

    assert (found.lowest, found.highest) == (lowest, highest)
    assert set(found.segments) == set(segments)
    assert found.not_known == tuple(fact for fact in Fact if fact in not_known)


def test_every_value_that_a_fact_may_have_is_tried():
    found = score_range(GOOGLE, not_known=[Fact.SPF], rules=RULES)

    assert [case.score for case in found.cases] == [40, 55, 60]  # none, many includes, few


def test_without_a_mail_host_nothing_else_matters():
    found = score_range(replace(GOOGLE, mx_hosts=()), not_known=[Fact.SPF, Fact.DMARC], rules=RULES)

    assert (found.lowest, found.highest, found.segments) == (0, 0, ("Skip",))
    assert found.sentence() == "0 (Skip) in any case, though SPF and DMARC are not known."


def test_the_range_in_words():
    found = score_range(GOOGLE, not_known=[Fact.SPF, Fact.DKIM], rules=RULES)

    assert found.sentence() == "Between 15 and 60 (Skip, Cold or Migration): SPF and DKIM are not known."


@given(
    st.sampled_from([one.value for one in Provider if one is not Provider.UNKNOWN]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, "none", "quarantine", "reject"]),
    st.integers(min_value=0, max_value=6),
    st.sets(st.sampled_from(list(Fact))),
)
@pytest.mark.proves("R6.4")
def test_the_true_score_always_lies_in_the_range(provider, spf, dkim, policy, includes, not_known):
    record = "v=spf1" + " include:a.com" * includes if spf else None
    facts = ScoreFacts(("mx.firm.com",), provider, spf=spf, spf_record=record, dkim=dkim, dmarc_policy=policy)

    found = score_range(facts, not_known=not_known, rules=RULES)

    truth = score(facts, RULES)
    assert found.lowest <= truth.score <= found.highest
    assert truth.classes.segment.value in found.segments
    if not not_known:
        assert found.lowest == found.highest


@pytest.mark.parametrize(
    ("mailboxes", "lowest", "highest"),
    [
        pytest.param({"behind": "Mimecast", "provider": "M365", "confidence": "high"}, 30, 70, id="as good as certain"),
        pytest.param({"behind": "Mimecast", "provider": "Zoho", "confidence": "high"}, 30, 50, id="only that one"),
        pytest.param(
            {"behind": "Mimecast", "provider": "Zoho", "confidence": "low"}, 30, 70, id="hardly a sign: anybody"
        ),
        pytest.param({"behind": "Mimecast", "provider": None, "confidence": None}, 30, 70, id="no sign: anybody"),
    ],
)
def test_a_filter_hides_the_provider_that_would_be_scored(mailboxes, lowest, highest):
    found = range_behind(LOCAL, mailboxes=mailboxes, rules=RULES)

    assert found is not None
    assert (found.lowest, found.highest, found.not_known) == (lowest, highest, (Fact.PROVIDER,))


def test_mailboxes_that_are_as_good_as_certain_are_not_said_to_be_unknown():
    mailboxes = {"behind": "Mimecast", "provider": "M365", "confidence": "high"}

    found = range_behind(LOCAL, mailboxes=mailboxes, rules=RULES)

    assert found is not None
    assert (
        found.sentence()
        == "Between 30 and 70 (Cold or Existing): the mail host counts as Local, while the mailboxes are with M365."
    )


@pytest.mark.parametrize("mailboxes", [{}, {"behind": None, "provider": "Google", "confidence": "high"}])
def test_where_the_mail_host_tells_nothing_is_open(mailboxes):
    assert range_behind(LOCAL, mailboxes=mailboxes, rules=RULES) is None


def test_what_a_scan_learnt_in_part_narrows_the_range():
    kept = {
        "not_known": ["dmarc"],
        "facts": {
            "mx_hosts": ["aspmx.l.google.com"], "provider": "Google", "spf": True, "spf_record": "v=spf1 -all",
            "dkim": True, "dmarc_policy": None,
        },
    }  # fmt: skip

    found = range_of_newest(kept, rules=RULES)

    assert (found.lowest, found.highest) == (60, 90)
