"""What DNS texts say (domain document, b.1)."""

from __future__ import annotations

import pytest

from leads.answers import Absent, Found, NotKnown, answered
from leads.signals import (
    DnsEvidence,
    HeldRecords,
    coverage_of,
    dmarc_tags,
    is_dkim_key,
    read_dmarc,
    read_signals,
)

KEY = "v=DKIM1; k=rsa; p=MIG"


def dmarc_in(given):
    """The DMARC record that counts; there is one."""
    record = read_signals(given).dmarc
    assert record is not None
    return record


def evidence(**changes):
    """A domain with a mail host and nothing else; the changes are answers or lists of texts."""
    answers = {"mx": ["mx.firm.com"], "txt": [], "dmarc": [], "organizational_dmarc": []} | changes
    dkim = answers.pop("dkim", {})
    return DnsEvidence(
        domain="firm.com",
        dkim={name: Found((text,)) if isinstance(text, str) else text for name, text in dkim.items()},
        **{name: answered(one) if isinstance(one, list) else one for name, one in answers.items()},
    )


@pytest.mark.parametrize(
    ("txt", "record", "includes"),
    [
        pytest.param(["v=spf1 include:a include:b -all"], "v=spf1 include:a include:b -all", 2, id="a record"),
        pytest.param(["V=SPF1 Include:a -all"], "V=SPF1 Include:a -all", 1, id="in any case"),
        pytest.param(["MS=ms1", "v=spf1 -all"], "v=spf1 -all", 0, id="other texts are passed over"),
        pytest.param(["see v=spf1 -all"], None, 0, id="it must begin so"),
        pytest.param([], None, 0, id="no text"),
    ],
)
def test_spf(txt, record, includes):
    read = read_signals(evidence(txt=txt))

    assert (read.spf, read.spf_record, read.spf_includes) == (record is not None, record, includes)


@pytest.mark.parametrize(
    ("dkim", "selector"),
    [
        pytest.param({"default": KEY}, "default", id="a key"),
        pytest.param({"google": "k=rsa; p=MIG"}, "google", id="only the kind of key"),
        pytest.param({"default": Absent(), "google": Absent(), "selector1": KEY}, "selector1", id="the first that has one"),
        pytest.param({"default": "hello", "selector2": KEY}, "selector2", id="a text that is no key leads on"),
        pytest.param({"default": NotKnown("servfail"), "google": KEY}, "google", id="an error leads on"),
        pytest.param({"selector2": KEY, "default": KEY}, "default", id="in Hunter's order"),
        pytest.param({"default": "v = DKIM1 ; p="}, "default", id="white space between"),
        pytest.param({"default": "k=ed25519; p=x"}, None, id="another kind of key without a version"),
        pytest.param({}, None, id="nothing"),
    ],
)  # fmt: skip
def test_dkim(dkim, selector):
    read = read_signals(evidence(dkim=dkim))

    assert (read.dkim, read.dkim_selector) == (selector is not None, selector)


def test_a_selector_that_is_not_in_the_list_is_never_asked():
    assert read_signals(evidence(dkim={"mailchimp": KEY})).dkim is False


@pytest.mark.parametrize(
    ("record", "policy", "coverage"),
    [
        pytest.param("v=DMARC1; p=reject", "reject", 100, id="plain"),
        pytest.param("v=DMARC1; P=Quarantine; pct=50", "quarantine", 50, id="in any case, with coverage"),
        pytest.param("v=DMARC1;p=none;sp=reject", "none", 100, id="sp is not the domain's own policy"),
        pytest.param("v=DMARC1; rua=mailto:a@b.c", "none", 100, id="no policy is none"),
        pytest.param("v=DMARC1; p=block", "none", 100, id="an unknown policy is none"),
        pytest.param("v=DMARC1; p=reject; pct=150", "reject", 100, id="coverage is held at 100"),
        pytest.param("v=DMARC1; p=reject; pct=-5", "reject", 0, id="coverage is held at 0"),
        pytest.param("v=DMARC1; p=reject; pct=half", "reject", 100, id="a coverage that is no number"),
        pytest.param("v=DMARC1; p=reject; p=none", "reject", 100, id="of a repeated tag the first counts"),
    ],
)
def test_dmarc(record, policy, coverage):
    read = dmarc_in(evidence(dmarc=[record]))

    assert (read.policy, read.coverage, read.inherited) == (policy, coverage, False)


@pytest.mark.parametrize(
    "texts", [[], ["v=spf1 -all"], ["hello"]], ids=["nothing", "another record", "a wildcard's text"]
)
def test_without_a_dmarc_record_there_is_no_policy(texts):
    assert read_signals(evidence(dmarc=texts)).dmarc is None


@pytest.mark.parametrize(
    ("above", "policy"),
    [
        pytest.param("v=DMARC1; p=none; sp=reject", "reject", id="its policy for subdomains"),
        pytest.param("v=DMARC1; p=quarantine", "quarantine", id="else its own"),
    ],
)
def test_a_subdomain_inherits_the_organizational_domains_record(above, policy):
    read = dmarc_in(evidence(organizational_dmarc=[above]))

    assert (read.policy, read.inherited) == (policy, True)


def test_a_record_of_its_own_goes_before_the_organizational_domains():
    read = dmarc_in(evidence(dmarc=["v=DMARC1; p=none"], organizational_dmarc=["v=DMARC1; sp=reject"]))

    assert (read.policy, read.inherited) == ("none", False)


def test_of_several_records_the_first_counts_and_the_scan_notes_it():
    read = read_signals(
        evidence(txt=["v=spf1 a -all", "v=spf1 b -all"], dmarc=["v=DMARC1; p=reject", "v=DMARC1; p=none"])
    )

    assert read.spf_record == "v=spf1 a -all"
    assert read.dmarc == read_dmarc("v=DMARC1; p=reject")
    assert read.notes == ("2 SPF records: one of them counts", "2 DMARC records: one of them counts")


def test_of_several_records_the_one_that_held_before_goes_on_counting():
    held = HeldRecords(spf="v=spf1 b -all", dmarc="v=DMARC1; p=none")

    read = read_signals(
        evidence(txt=["v=spf1 a -all", "v=spf1 b -all"], dmarc=["v=DMARC1; p=reject", "v=DMARC1; p=none"]), held=held
    )

    assert read.spf_record == "v=spf1 b -all"
    assert read.dmarc == read_dmarc("v=DMARC1; p=none")


@pytest.mark.parametrize(
    ("changes", "unanswered"),
    [
        ({"mx": NotKnown("timeout")}, ("mx",)),
        ({"txt": NotKnown("timeout")}, ("spf",)),
        ({"dmarc": NotKnown("servfail")}, ("dmarc",)),
        ({"organizational_dmarc": NotKnown("servfail")}, ("dmarc",)),
        ({"dkim": {"default": Absent(), "google": NotKnown("refused")}}, ("dkim",)),
        ({"dkim": {"default": NotKnown("refused"), "google": KEY}}, ()),
        ({"dmarc": ["v=DMARC1; p=none"], "organizational_dmarc": NotKnown("servfail")}, ()),
        ({"mx": Absent("nxdomain"), "txt": Absent("nxdomain")}, ()),
    ],
)
def test_a_lookup_that_nobody_answered_is_told_apart_from_an_absence(changes, unanswered):
    read = read_signals(evidence(**changes))

    assert read.unanswered == unanswered
    assert (read.spf is None) == ("spf" in unanswered)
    assert (read.dkim is None) == ("dkim" in unanswered)


@pytest.mark.parametrize("hosts", [[""], ["."], []], ids=["null MX", "null MX with its dot", "none"])
def test_a_null_mx_counts_as_no_mail_host(hosts):
    read = read_signals(evidence(mx=hosts))

    assert read.mx_hosts == ()
    assert read.mx.provider == "Unknown"


def test_the_first_mail_host_decides():
    read = read_signals(evidence(mx=["ASPMX.L.GOOGLE.COM.", "mx.firm.com."]))

    assert read.mx_hosts == ("aspmx.l.google.com", "mx.firm.com")
    assert read.mx.provider == "Google"


def test_tags_and_keys_may_have_white_space():
    assert dmarc_tags(" v = DMARC1 ; P = None ") == {"v": "dmarc1", "p": "none"}
    assert coverage_of({"pct": "7"}) == 7
    assert is_dkim_key("k = RSA; p=x")


@pytest.mark.parametrize(
    ("changes", "states"),
    [
        pytest.param({}, ("yes", "no", "no", "no"), id="a mail host and nothing else"),
        pytest.param(
            {"txt": ["v=spf1 -all"], "dkim": {"default": KEY}, "dmarc": ["v=DMARC1; p=none"]},
            ("yes", "yes", "yes", "yes"),
            id="all of it",
        ),
        pytest.param(
            {name: NotKnown("timeout") for name in ("mx", "txt", "dmarc")} | {"dkim": {"default": NotKnown("timeout")}},
            ("not_known",) * 4,
            id="nothing answered",
        ),
        pytest.param({"mx": [""]}, ("no", "no", "no", "no"), id="the null MX"),
    ],
)
def test_yes_no_and_not_known_are_three_values(changes, states):
    read = read_signals(evidence(**changes))

    assert tuple(read.states.values()) == states


@pytest.mark.parametrize(
    ("key", "is_noted"),
    [("v=DKIM1; p=", True), ("v=DKIM1; k=rsa; p= ;", True), (KEY, False), ("k=rsa", False)],
)
def test_a_key_that_was_revoked_counts_as_a_key_and_is_noted(key, is_noted):
    read = read_signals(evidence(dkim={"default": key}))

    assert read.dkim is True
    assert bool(read.notes) is is_noted


@pytest.mark.parametrize(
    ("above", "policy"),
    [
        pytest.param("v=DMARC1; p=reject; sp=block", "none", id="an unknown policy for subdomains"),
        pytest.param("v=DMARC1; sp=quarantine", "quarantine", id="no policy of its own"),
        pytest.param("v=DMARC1; p=reject; sp=NONE; pct=20", "none", id="in any case"),
    ],
)
def test_what_a_subdomain_inherits(above, policy):
    read = dmarc_in(evidence(organizational_dmarc=[above]))

    assert (read.policy, read.record, read.inherited) == (policy, above, True)
