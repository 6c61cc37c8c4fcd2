"""What is kept of a failed call helps to understand it and gives away neither secrets nor people (R5.6, R5.7)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hunter.remote.destinations import Reach
from hunter.remote.errors import RemoteError
from hunter.remote.exchange import LONGEST_READ, LONGEST_SHOWN, Exchange, shown_url
from tests.hunter.remote.server import answer, reset

LEAD = {
    "companyname": "Contoso",
    "firstname": "Anna",
    "lastname": "Berg-Sommer",
    "emailaddress1": "anna@contoso.com",
    "telephone1": "+49 30 1234",
    "hnt_finalscore": 60,
    "note": {"text": ["a secret remark"]},
    "client_secret": "s3cr3t-value",
}


def exchange_of(session, *, method: str = "PATCH", path: str = "leads(1)", **more) -> dict[str, Any]:
    with pytest.raises(RemoteError) as caught:
        session.call(method, path, operation="look", **more)
    assert caught.value.call.exchange is not None
    return caught.value.call.exchange.told()


def told(body: object, *, kind: str = "application/json", answered: bytes = b"") -> str:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    exchange = Exchange("POST", "https://crm.example/x", {"Content-Type": kind}, content, 400, {}, answered)
    return json.dumps(exchange.told(), ensure_ascii=False)


@pytest.mark.proves("R5.6", "R5.7")
def test_a_refused_write_tells_both_halves_without_tokens_and_people(server, session):
    words = {
        "error": {"code": "0x80048d19", "message": "'Berg-Sommer' of anna@contoso.com is too long for hnt_finalscore."}
    }
    server.replies = [
        answer(400, words, Content_Type="application/json", x_ms_service_request_id="r-9", Set_Cookie="a=b")
    ]

    kept = exchange_of(session(), json=LEAD, headers={"If-Match": 'W/"7"'}, params={"$select": "leadid", "sig": "abc"})

    assert kept["request"]["line"] == f"PATCH {server.url}/api/leads(1)?$select=leadid&sig=***"
    assert kept["request"]["headers"]["if-match"] == 'W/"7"'
    people = dict.fromkeys(("firstname", "lastname", "emailaddress1", "telephone1", "client_secret"), "***")
    assert json.loads(kept["request"]["body"]) == LEAD | people | {"note": {"text": ["***"]}}
    assert kept["answer"]["status"] == 400
    assert kept["answer"]["headers"]["x-ms-service-request-id"] == "r-9"
    assert "hnt_finalscore" in kept["answer"]["body"]
    everything = json.dumps(kept)
    for hidden in ("s3cret", "Bearer", "Berg-Sommer", "anna@", "a=b", "remark"):
        assert hidden not in everything


def test_where_no_answer_came_the_request_is_told(server, session):
    server.replies = [reset]

    kept = exchange_of(session(), json={"a": 1})

    assert (kept["answer"], json.loads(kept["request"]["body"])) == (None, {"a": 1})


def test_a_gateways_page_is_kept_as_the_text_that_it_is(server, session):
    server.replies = [answer(502, b"<h1>Bad gateway</h1> ask ops@example.com", Content_Type="text/html")]

    assert exchange_of(session(), method="GET")["answer"]["body"] == "<h1>Bad gateway</h1> ask ***@example.com"


@pytest.mark.parametrize("changes", [{"reach": Reach.PUBLIC}, {"service": "outgoing"}], ids=["public", "outgoing"])
def test_the_path_of_a_persons_own_address_is_its_secret(changes, server, session):
    server.replies = [answer(500)]

    kept = exchange_of(session(**changes), method="POST", path="services/T1/B2/x")

    assert kept["request"]["line"] == f"POST {server.url}/***"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        pytest.param("https://a.example/x/9f0c6b6f-6c5d-5f1b-0d2a-3e4c5b6a7988", None, id="an id stays"),
        pytest.param("https://a.example/hooks/Zk3x9QpLr7vT2mWn8bYc4dHf", "https://a.example/hooks/***", id="a key"),
        pytest.param("https://a.example/x?code=1&$top=5", "https://a.example/x?code=***&$top=5", id="a query"),
        pytest.param("https://ayse:pass@a.example/x", "https://a.example/x", id="a password"),
        pytest.param("https://[nonsense", "***", id="nonsense"),
    ],
)
def test_an_address_is_shown_without_what_is_secret(url, shown):
    assert shown_url(url) == (shown or url)


def test_a_form_keeps_its_names_only():
    kept = told(b"grant_type=refresh_token&refresh_token=abc&code=xyz", kind="application/x-www-form-urlencoded")

    assert "grant_type=refresh_token&refresh_token=***&code=***" in kept


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 100_000, id="nested without end"),
        pytest.param(b'{"a": "\\u0000\\ud800"}', id="not to be stored as it is"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"x" * (LONGEST_READ + 1), id="far too long"),
        pytest.param(json.dumps(["x" * 50] * 1000).encode(), id="too long"),
    ],
)
def test_whatever_comes_is_kept_short_and_can_be_stored(body):
    kept = told({"a": 1}, answered=body)

    assert len(kept) < 3 * LONGEST_SHOWN
    shown = json.loads(kept)["answer"]["body"]
    assert "\0" not in shown
    shown.encode()


@given(
    st.dictionaries(
        st.sampled_from(["lastname", "emailaddress1", "mobilephone"]), st.from_regex(r"[A-Z]{12}", fullmatch=True)
    )
)
def test_no_value_of_a_person_is_kept_wherever_it_comes_back(person):
    quoted = json.dumps({"error": {"code": "1", "message": f"Refused: {' '.join(person.values())}"}}).encode()

    kept = told({"lead": [person]}, answered=quoted)

    assert not [value for value in person.values() if value in kept]
