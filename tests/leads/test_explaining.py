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
