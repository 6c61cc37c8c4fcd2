"""SPF records followed to the limits of RFC 7208: every rule once, and whatever comes as text."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.answers import Absent, Answer, Found, NotKnown
from leads.spf import MOST_LOOKUPS, NodeState, SpfEvaluation, SpfNode, SpfVerdict, evaluate_spf
from leads.spf_terms import is_spf_record, read_terms

ZONE: dict[tuple[str, str], Answer] = {
    ("good.com", "TXT"): Found(("hello", "v=spf1 ip4:192.0.2.0/24 -all")),
    ("one.com", "TXT"): Found(("v=spf1 include:good.com ~all",)),
    ("two.com", "TXT"): Found(("v=spf1 include:one.com include:good.com a -all",)),
    ("double.com", "TXT"): Found(("v=spf1 -all", "v=spf1 ~all")),
    ("text.com", "TXT"): Found(("hello",)),
    ("silent.com", "TXT"): NotKnown("timeout"),
    ("failing.com", "TXT"): NotKnown("servfail"),
    ("loop.com", "TXT"): Found(("v=spf1 include:firm.com -all",)),
    ("bad.com", "TXT"): Found(("v=spf1 ip5:1.2.3.4 -all",)),
    ("open.com", "TXT"): Found(("v=spf1 +all",)),
    ("on.com", "TXT"): Found(("v=spf1 redirect=good.com",)),
    ("crowd.com", "MX"): Found(tuple(f"mx{n}.crowd.com" for n in range(11))),
    ("firm.com", "A"): Found(("192.0.2.1",)),
    ("firm.com", "MX"): Found(("mx.firm.com",)),
}


def evaluated(*records: str, zone: Mapping[tuple[str, str], Answer] | None = None) -> tuple[SpfEvaluation, list[str]]:
    """The evaluation of firm.com's records, and what was asked for it."""
    asked: list[str] = []

    async def lookup(name: str, kind: str) -> Answer:
        asked.append(f"{kind} {name}")
        return (ZONE if zone is None else zone).get((name, kind), Absent("nxdomain"))

    return asyncio.run(evaluate_spf(records, domain="firm.com", lookup=lookup)), asked


@pytest.mark.parametrize(
    ("record", "lookups", "final_all"),
    [
        pytest.param("v=spf1 -all", 0, "-", id="nothing but all"),
        pytest.param("v=spf1", 0, "", id="nothing at all"),
        pytest.param("V=SPF1 A MX -ALL", 2, "-", id="in any case"),
        pytest.param("v=spf1 ip4:192.0.2.1 ip6:2001:db8::/32 ~all", 0, "~", id="networks cost nothing"),
        pytest.param("v=spf1 a mx ?all", 2, "?", id="addresses and mail hosts cost one each"),
        pytest.param("v=spf1 a:firm.com/24 mx:firm.com//64 a/24//64 +all", 3, "+", id="with prefix lengths"),
        pytest.param("v=spf1 ptr -all", 1, "-", id="a reverse lookup costs one and is not asked"),
        pytest.param("v=spf1 include:good.com -all", 1, "-", id="an include"),
        pytest.param("v=spf1 include:GOOD.com. -all", 1, "-", id="in capitals, with a trailing dot"),
        pytest.param("v=spf1 include:two.com all", 5, "+", id="includes of includes, all together"),
        pytest.param("v=spf1 redirect=good.com", 1, "-", id="a redirect ends as its target does"),
        pytest.param("v=spf1 a redirect=on.com", 3, "-", id="over two redirects"),
        pytest.param("v=spf1 redirect=good.com ~all", 0, "~", id="beside all a redirect counts for nothing"),
        pytest.param("v=spf1 -all a mx include:gone.com", 0, "-", id="behind all nothing is looked at"),
        pytest.param("v=spf1 a exp=explain.firm.com -all", 1, "-", id="an explanation costs nothing"),
        pytest.param("v=spf1 x-of=%{d}-y -all", 0, "-", id="an unknown modifier is passed over"),
        pytest.param("v=spf1  a   -all ", 1, "-", id="more than one space"),
        pytest.param("v=spf1 -exists:%{i}.firm.com -all", 1, "-", id="a macro in what is not followed"),
    ],
)
def test_a_sound_record(record, lookups, final_all):
    told, _ = evaluated(record)

    assert (told.verdict, told.faults) == (SpfVerdict.SOUND, ())
    assert (told.lookups, told.is_exact, told.over_limit, told.final_all) == (lookups, True, False, final_all)


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        pytest.param("v=spf1 include:gone.com -all", "include:gone.com: no SPF records at gone.com", id="leads to nothing"),
        pytest.param("v=spf1 include:text.com -all", "include:text.com: no SPF records at text.com", id="to other texts"),
        pytest.param("v=spf1 include:double.com -all", "include:double.com: 2 SPF records", id="to two records"),
        pytest.param("v=spf1 redirect=gone.com", "redirect=gone.com: no SPF records at gone.com", id="a redirect to nothing"),
        pytest.param("v=spf1 include:loop.com -all", "include:firm.com in loop.com leads in a circle", id="a circle"),
        pytest.param("v=spf1 include:firm.com -all", "include:firm.com in firm.com leads in a circle", id="itself"),
        pytest.param("v=spf1 redirect=firm.com", "redirect=firm.com in firm.com leads in a circle", id="itself, redirected"),
        pytest.param("v=spf1 include:bad.com -all", "bad.com: ip5:1.2.3.4: there is no mechanism ip5", id="an error below"),
        pytest.param("v=spf1 mx:crowd.com -all", "mx:crowd.com: more than 10 mail hosts", id="too many mail hosts"),
        pytest.param("v=spf1 a:x.com a:y.com a:z.com -all", "3 of its lookups find nothing, 2 are allowed", id="void lookups"),
        pytest.param("v=spf1 -all; v=spf1", "-all; is no term of SPF", id="a semicolon"),
        pytest.param("v=spf1 ipv4:192.0.2.1 -all", "ipv4:192.0.2.1: there is no mechanism ipv4", id="a misspelling"),
        pytest.param("v=spf1 ip4:192.0.2.1/33 -all", "ip4:192.0.2.1/33 is not written as ip4 must be", id="33 bits"),
        pytest.param("v=spf1 ip4:192.0.2.0/255.255.255.0", "is not written as ip4 must be", id="a mask"),
        pytest.param("v=spf1 ip4 -all", "ip4 is not written as ip4 must be", id="no network"),
        pytest.param("v=spf1 ip6:192.0.2.1 -all", "is not written as ip6 must be", id="another kind of network"),
        pytest.param("v=spf1 a:firm.com/33 -all", "is not written as a must be", id="a prefix that is too long"),
        pytest.param("v=spf1 a: -all", "a: is not written as a must be", id="a colon and nothing"),
        pytest.param("v=spf1 include -all", "include is not written as include must be", id="an include of nothing"),
        pytest.param("v=spf1 include:localhost", "is not written as include must be", id="a name of one label"),
        pytest.param("v=spf1 include:192.0.2.1", "is not written as include must be", id="an address for a name"),
        pytest.param("v=spf1 exists:%{x}.com", "is not written as exists must be", id="a macro that there is not"),
        pytest.param("v=spf1 all:x.com", "is not written as all must be", id="all with a target"),
        pytest.param("v=spf1 redirect=a.com redirect=b.com", "redirect= stands in it twice", id="two redirects"),
        pytest.param("v=spf1 -redirect=good.com", "is not written as a modifier must be", id="a qualified modifier"),
        pytest.param("v=spf1 redirect=", "is not written as a modifier must be", id="a redirect to no name"),
        pytest.param("v=spf1\tmx -all", "receivers do not take it for SPF", id="a tab behind the version"),
        pytest.param("v=spf10 -all", "receivers do not take it for SPF", id="another version"),
        pytest.param("v=spf1 müşteri.com", "is no term of SPF", id="letters outside ASCII"),
    ],
)  # fmt: skip
def test_a_record_that_receivers_refuse(record, fault):
    told, _ = evaluated(record)

    assert told.verdict is SpfVerdict.BROKEN
    assert any(fault in one for one in told.faults)


def test_two_records_of_a_domain_are_refused_though_the_first_is_looked_at():
    told, _ = evaluated("v=spf1 include:good.com -all", "v=spf1 ~all")

    assert (told.verdict, told.final_all, told.lookups) == (SpfVerdict.BROKEN, "-", 1)
    assert told.faults == ("firm.com: 2 SPF records, one is due",)


@pytest.mark.parametrize(("names", "verdict"), [(10, SpfVerdict.SOUND), (11, SpfVerdict.BROKEN)])
def test_ten_lookups_are_allowed_and_no_more(names, verdict):
    zone = {(f"n{n}.com", "A"): Found(("192.0.2.1",)) for n in range(names)}

    told, asked = evaluated("v=spf1 " + " ".join(f"a:n{n}.com" for n in range(names)), zone=zone)

    assert (told.verdict, told.lookups, told.over_limit) == (verdict, names, names > MOST_LOOKUPS)
    assert len(asked) == MOST_LOOKUPS


@pytest.mark.parametrize(("gone", "verdict"), [(2, SpfVerdict.SOUND), (3, SpfVerdict.BROKEN)])
def test_two_lookups_may_find_nothing_and_no_more(gone, verdict):
    told, _ = evaluated("v=spf1 " + " ".join(f"a:gone{n}.com" for n in range(gone)))

    assert (told.verdict, told.void_lookups) == (verdict, gone)


def test_behind_the_tenth_lookup_nothing_is_followed_and_the_count_is_a_lower_bound():
    told, asked = evaluated("v=spf1 " + "include:two.com " * 9 + "-all")

    assert (told.over_limit, told.is_exact, len(asked)) == (True, False, MOST_LOOKUPS)
    assert told.lookups == 9 + 9 * 3 + 1  # the tenth was followed once more
    assert "it takes at least 37 lookups, 10 are allowed" in told.faults


@pytest.mark.parametrize(
    ("record", "reason", "final_all", "over_limit"),
    [
        pytest.param("v=spf1 include:silent.com -all", "include:silent.com: timeout", "-", None, id="an include"),
        pytest.param("v=spf1 include:failing.com -all", "include:failing.com: servfail", "-", None, id="another reason"),
        pytest.param("v=spf1 redirect=silent.com", "redirect=silent.com: timeout", None, None, id="a redirect"),
        pytest.param("v=spf1 a -all", "a: refused", "-", False, id="an address: the count is right all the same"),
    ],
)  # fmt: skip
def test_what_nobody_answered_is_not_known(record, reason, final_all, over_limit):
    told, _ = evaluated(record, zone={**ZONE, ("firm.com", "A"): NotKnown("refused")})

    assert (told.verdict, told.faults, told.not_known) == (SpfVerdict.NOT_KNOWN, (), (reason,))
    assert (told.final_all, told.over_limit) == (final_all, over_limit)


def test_an_error_is_certain_whatever_was_not_answered():
    told, _ = evaluated("v=spf1 include:silent.com include:gone.com -all")

    assert told.verdict is SpfVerdict.BROKEN


def test_what_depends_on_the_mail_can_not_be_followed():
    told, asked = evaluated("v=spf1 include:%{d2}.spf.com exists:%{i}.x.com -all")

    assert (told.verdict, told.lookups, told.is_exact) == (SpfVerdict.NOT_KNOWN, 2, False)
    assert told.unknowable == ("include:%{d2}.spf.com", "exists:%{i}.x.com")
    assert asked == []


def test_a_record_of_thousands_of_includes_is_kept_short():
    told, asked = evaluated("v=spf1 " + "include:%{d}.com " * 2000 + "include:good.com " * 2000 + "redirect=good.com")

    assert (told.lookups, told.over_limit, told.final_all, asked) == (4001, True, None, [])
    assert len(str(told.as_dict())) < 10_000


def test_a_circle_passes_the_limit():
    told, asked = evaluated("v=spf1 include:loop.com -all")

    assert (told.over_limit, asked) == (True, ["TXT loop.com"])


def test_the_same_include_twice_is_no_circle_and_counts_twice():
    told, _ = evaluated("v=spf1 include:good.com include:good.com -all")

    assert (told.verdict, told.lookups) == (SpfVerdict.SOUND, 2)


def test_addresses_and_mail_hosts_without_a_name_are_those_of_the_record_they_stand_in():
    zone = {("one.com", "TXT"): Found(("v=spf1 a mx -all",))}

    _, asked = evaluated("v=spf1 a include:one.com -all", zone=zone)

    assert asked == ["A firm.com", "TXT one.com", "A one.com", "MX one.com"]


def test_the_tree_has_each_record_below_the_one_that_names_it():
    told, _ = evaluated("v=spf1 include:one.com include:gone.com redirect=silent.com")

    assert told.as_dict()["tree"] == {
        "how": "record", "name": "firm.com", "state": "found", "lookups": 3,
        "record": "v=spf1 include:one.com include:gone.com redirect=silent.com",
        "below": [
            {"how": "include", "name": "one.com", "state": "found", "lookups": 1,
             "record": "v=spf1 include:good.com ~all",
             "below": [{"how": "include", "name": "good.com", "state": "found", "lookups": 0,
                        "record": "v=spf1 ip4:192.0.2.0/24 -all"}]},
            {"how": "include", "name": "gone.com", "state": "absent"},
            {"how": "redirect", "name": "silent.com", "state": "not_known"},
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "so"),
    [("v=spf1", True), ("V=SPF1 -all", True), ("v=spf1;", False), ("v=spf10", False), (" v=spf1 -all", False)],
)
def test_what_receivers_take_for_spf(text, so):
    assert is_spf_record(text) is so


NAMES = st.sampled_from(["a.com", "b.com", "c.com", "firm.com", "d.example", "%{i}.x.com", "x", ""])
TERMS = st.one_of(
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["", "+", "-", "~", "?", "!"]),
        st.sampled_from(["include", "a", "mx", "ptr", "exists", "ip4", "ip6", "all", "redirect", "exp", "zzz"]),
        st.sampled_from([":", "=", "/", ""]),
        NAMES,
    ),
    st.text(max_size=12),
)
RECORDS = st.builds("v=spf1 {}".format, st.lists(TERMS, max_size=14).map(" ".join))
ANSWERS = st.one_of(
    st.builds(Found, st.lists(st.one_of(RECORDS, st.text(max_size=20)), min_size=1, max_size=3).map(tuple)),
    st.builds(Absent),
    st.builds(NotKnown, st.sampled_from(["timeout", "servfail"])),
)


@given(
    st.lists(st.one_of(RECORDS, st.text()), min_size=1, max_size=2),
    st.dictionaries(st.tuples(NAMES, st.sampled_from(["TXT", "A", "MX"])), ANSWERS),
)
@pytest.mark.proves("R6.4")
def test_whatever_a_record_leads_to_an_evaluation_ends_within_the_limits(records, zone):
    told, asked = evaluated(*records, zone=zone)

    nodes = list(all_nodes(told.tree))
    assert len(asked) <= MOST_LOOKUPS
    assert told.lookups == sum(node.lookups for node in nodes)
    assert told.void_lookups <= min(told.lookups, MOST_LOOKUPS)
    assert sum(node.state is NodeState.FOUND for node in nodes) <= MOST_LOOKUPS + 1
    assert (told.verdict is SpfVerdict.BROKEN) == bool(told.faults)
    assert told.verdict is not SpfVerdict.SOUND or (told.over_limit is False and not told.not_known)
    assert told.final_all in {"+", "-", "~", "?", "", None}


@given(st.text())
@pytest.mark.proves("R6.4")
def test_any_text_is_read_into_terms_without_an_error_of_ours(text):
    for record in (text, f"v=spf1 {text}"):
        terms = read_terms(record)

        assert sum(len(term.text) for term in terms.mechanisms) <= len(record)


def all_nodes(node: SpfNode):
    yield node
    for below in node.below:
        yield from all_nodes(below)
