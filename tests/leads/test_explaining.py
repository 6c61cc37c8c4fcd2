"""What the explain commands say, as the description of Hunter's faces promises it."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command


def explained(command, *values, **options):
    """One object for each value; JSON values go through as text."""
    out = io.StringIO()
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    call_command(command, *texts, stdout=out, **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_explain_domain_tells_domain_and_reason():
    assert explained("explain_domain", "https://shop.example.com/x", "ali@gmail.com", "localhost") == [
        {"input": "https://shop.example.com/x", "domain": "shop.example.com", "registrable": "example.com",
         "consumer": False, "reason": "a valid domain"},
        {"input": "ali@gmail.com", "domain": "gmail.com", "registrable": "gmail.com", "consumer": True,
         "reason": "a mail domain of private persons: it identifies no company"},
        {"input": "localhost", "domain": None, "registrable": None, "consumer": False,
         "reason": "a domain has at least two parts with a dot between"},
    ]  # fmt: skip


def test_explain_domain_reads_a_value_as_told():
    assert explained("explain_domain", "example.com", read_as="email")[0]["domain"] is None
    assert explained("explain_domain", "a@example.com", read_as="website")[0]["domain"] == "example.com"


def test_explain_provider():
    assert explained("explain_provider", "eu-smtp-inbound-1.mimecast.com", "mail.natrohost.com") == [
        {"input": "eu-smtp-inbound-1.mimecast.com", "mx_root": "mimecast.com", "provider": "Local", "local_provider": None,
         "gateway": True, "gateway_name": "Mimecast", "tenant_size": None},
        {"input": "mail.natrohost.com", "mx_root": "natrohost.com", "provider": "Local", "local_provider": "Natro",
         "gateway": False, "gateway_name": None, "tenant_size": None},
    ]  # fmt: skip


def test_explain_signals_reads_texts_and_lists_of_their_parts():
    given = {
        "domain": "firm.com",
        "mx": ["firm-com.mail.protection.outlook.com"],
        "txt": [["v=spf1 include:spf.protection.", "outlook.com -all"], "MS=ms1"],
        "dmarc": ["v=DMARC1; p=Quarantine; pct=20"],
        "dkim": {"default": None, "selector1": ["v=DKIM1; ", "p=x"]},
    }

    (told,) = explained("explain_signals", given)

    assert told["input"] == given
    expected = {
        "spf": True, "spf_record": "v=spf1 include:spf.protection.outlook.com -all", "spf_includes": 1, "dkim": True,
        "dmarc_policy": "quarantine", "dmarc_coverage": 20, "provider": "M365", "tenant_size": "large",
    }  # fmt: skip
    assert {name: told[name] for name in expected} == expected


def test_explain_signals_of_nothing():
    (told,) = explained("explain_signals", {"domain": "firm.com"})

    assert (told["spf"], told["spf_record"], told["dkim"], told["dmarc_policy"], told["provider"]) == (
        False, None, False, None, "Unknown",
    )  # fmt: skip


def test_explain_signals_looks_a_domain_up_now(other_side):
    other_side.control.edit("dns", {"name": "firm.com", "type": "MX", "values": ["10 aspmx.l.google.com."]})
    other_side.control.edit("dns", {"name": "firm.com", "type": "TXT", "values": ["v=spf1 -all"]})

    (told,) = explained("explain_signals", "firm.com")

    assert (told["provider"], told["spf"], told["dkim"], told["unanswered"]) == ("Google", True, False, [])


FULL = {"domain": "firm.com", "provider": "Google", "mx": ["aspmx.l.google.com"], "spf": "v=spf1 -all", "dkim": True}


def test_explain_score_tells_score_classes_and_breakdown():
    (told,) = explained("explain_score", FULL | {"dmarc": "reject"})

    assert {name: told[name] for name in told if name not in {"input", "segment_reason"}} == {
        "score": 90,
        "segment": "Migration",
        "technical_heat": "Warm",
        "commercial_segment": "COMPETITIVE",
        "commercial_heat": "HIGH",
        "priority_category": "P2",
        "priority_label": "Competitive Takeover",
        "priority": 1,
        "breakdown": {
            "base_score": 0,
            "provider": {"name": "Google", "points": 50},
            "signal_points": {"spf": 10, "dkim": 10, "dmarc_reject": 20},
            "risk_points": {},
            "total_score": 90,
        },
    }


def test_explain_score_classes_a_given_score():
    (told,) = explained("explain_score", {"provider": "Local", "score": 5})

    assert (told["score"], told["segment"], told["priority_category"], told["priority"]) == (5, "Cold", "P1", 7)


@pytest.mark.parametrize(
    ("given", "score"),
    [
        pytest.param(FULL | {"mx": []}, 0, id="no mail host fails hard"),
        pytest.param(FULL | {"mx": None}, 0, id="null is no mail host"),
        pytest.param(FULL | {"mx": ["."]}, 0, id="the null MX is no mail host"),
        pytest.param(FULL | {"domain": "localhost"}, 0, id="an invalid domain fails hard"),
        pytest.param(
            {"provider": "M365", "spf": "v=spf1 -all", "dkim": True}, 70, id="with a provider some mail host exists"
        ),
        pytest.param({"provider": "Unknown", "spf": "v=spf1 -all", "dkim": True}, 0, id="Unknown has none by itself"),
        pytest.param(
            {"provider": "Unknown", "mx": ["m.x.com"], "spf": "v=spf1 -all", "dkim": True, "dmarc": "reject"},
            40,
            id="what if",
        ),
        pytest.param(
            {"mx": ["aspmx.l.google.com"], "spf": True, "dkim": True}, 70, id="the provider follows from the host"
        ),
        pytest.param({"mx": ["aspmx.l.google.com"]}, 25, id="what is left out is not there"),
        pytest.param(FULL | {"spf": "hello"}, 50, id="a text that is no SPF record"),
        pytest.param(
            FULL | {"spf": ["v=spf1 include:a include:b ", "include:c include:d -all"]}, 65, id="parts are joined"
        ),
        pytest.param(FULL | {"dmarc": "blocked"}, 70, id="a policy of another name counts as none"),
    ],
)
def test_explain_score_with_facts_left_out(given, score):
    (told,) = explained("explain_score", given)

    assert told["score"] == score


@pytest.mark.parametrize(
    ("given", "lowest", "highest", "not_known"),
    [
        pytest.param(FULL | {"spf": "not_known"}, 50, 70, ["spf"], id="SPF"),
        pytest.param(FULL | {"spf": "v=spf1 -all", "spf_record": "not_known"}, 50, 70, ["spf"], id="its record"),
        pytest.param(FULL | {"dkim": "not_known"}, 45, 70, ["dkim"], id="DKIM"),
        pytest.param(FULL | {"dmarc": "not_known"}, 60, 90, ["dmarc"], id="DMARC"),
        pytest.param(FULL | {"provider": "not_known"}, 30, 70, ["provider"], id="the provider, with a mail host"),
        pytest.param(
            {"provider": "not_known", "spf": True, "dkim": True},
            30,
            70,
            ["provider"],
            id="the provider of some mail host",
        ),
        pytest.param(FULL | {"mx": "not_known"}, 0, 70, ["mx"], id="the mail host"),
        pytest.param({"mx": "not_known", "dkim": True}, 0, 50, ["mx", "provider"], id="and with it the provider"),
        pytest.param(FULL | {"mx": [], "spf": "not_known"}, 0, 0, ["spf"], id="nothing that counts"),
    ],
)
def test_explain_score_tells_the_range_of_what_is_said_not_to_be_known(given, lowest, highest, not_known):
    (told,) = explained("explain_score", given)

    assert (told["range"]["lowest"], told["range"]["highest"]) == (lowest, highest)
    assert told["range"]["not_known"] == not_known
    assert told["score"] == (lowest if lowest == highest else None)


def test_explain_score_tells_what_holds_in_every_case():
    (told,) = explained("explain_score", FULL | {"provider": "M365", "dmarc": "not_known"})

    assert (told["score"], told["segment"], told["technical_heat"], told["priority"]) == (None, "Existing", "Hot", None)
    assert told["segment_reason"] == "Between 60 and 90 (Existing): DMARC is not known."


def test_null_and_left_out_are_still_no_and_not_unknown():
    (told,) = explained("explain_score", FULL | {"dmarc": None, "dkim": None})

    assert (told["score"], "range" in told) == (45, False)


BEHIND = {
    "domain": "firm.com",
    "mx": ["eu-smtp-inbound-1.mimecast.com"],
    "txt": ["MS=ms1", "v=spf1 include:spf.protection.outlook.com -all"],
    "dkim": {"selector1": "v=DKIM1; p=x"},
    "beside": {
        "autodiscover": "autodiscover.outlook.com",
        "mta_sts": "not_known",
        "tls_rpt": "v=TLSRPTv1; rua=mailto:a@b.c",
    },
    "spf": {"spf.protection.outlook.com": "v=spf1 ip4:192.0.2.1 -all"},
}


def test_explain_signals_tells_who_keeps_the_mailboxes_and_whether_spf_holds():
    (told,) = explained("explain_signals", BEHIND)

    assert told["mailboxes"]["sentence"] == "Microsoft 365 behind Mimecast (high confidence)"
    assert (told["spf_check"]["verdict"], told["spf_check"]["lookups"]) == ("sound", 1)
    assert {name: one["state"] for name, one in told["mail_policies"].items()} == {
        "mta_sts": "not_known", "tls_rpt": "yes", "bimi": "no",
    }  # fmt: skip


def test_explain_signals_keeps_yes_no_and_not_known_apart():
    (told,) = explained("explain_signals", BEHIND | {"txt": "not_known", "dkim": {"default": "not_known"}})

    assert told["states"] == {"mx": "yes", "spf": "not_known", "dkim": "not_known", "dmarc": "no"}
    assert (told["spf"], told["dkim"], told["unanswered"]) == (None, None, ["spf", "dkim"])
    assert (told["score_range"]["lowest"], told["score_range"]["highest"]) == (0, 30)


def test_what_spf_leads_to_and_is_not_given_is_not_known():
    (told,) = explained("explain_signals", BEHIND | {"spf": {}})

    assert told["spf_check"]["verdict"] == "not_known"


@pytest.mark.proves("R4.4")
@pytest.mark.parametrize(
    ("command", "value", "error"),
    [
        ("explain_domain", {"a": 1}, "A domain is read from a text."),
        ("explain_provider", [1], "An MX host is a text, like aspmx.l.google.com."),
        (
            "explain_signals",
            "localhost",
            "'localhost' is no domain: a domain has at least two parts with a dot between.",
        ),
        ("explain_signals", {"mx": [5]}, "mx.0: Input should be a valid string"),
        (
            "explain_score",
            [1],
            'Facts are a JSON object, like {"provider": "M365", "spf": "v=spf1 -all", "dkim": true}.',
        ),
        ("explain_score", {"dkim": "yes"}, "dkim: Input should be a valid boolean"),
        ("explain_score", {"provider": "M365", "score": 101}, "score: Input should be less than or equal to 100"),
        ("explain_score", {"dkmi": True}, "dkmi: Extra inputs are not permitted"),
    ],
)
def test_a_value_that_can_not_be_read_gives_an_error_and_no_traceback(command, value, error):
    (told,) = explained(command, value)

    assert told["input"] == value
    assert told["error"] == error
