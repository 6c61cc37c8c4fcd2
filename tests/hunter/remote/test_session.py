from __future__ import annotations

import gzip
import socket
import time
from datetime import timedelta

import pytest

from hunter.remote.errors import (
    AuthenticationFailed,
    Conflict,
    Deferred,
    Misconfigured,
    NotFound,
    PermanentFailure,
    RateLimited,
    RemoteError,
    TransientFailure,
    ValueRefused,
)
from hunter.remote.session import TimeLimits
from hunter.remote.statuses import StatusTable
from tests.hunter.remote.server import answer, drip, raw, reset, silence, toy_server

HEADERS_ONLY = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"
SHORT = TimeLimits(connect=60, read=60, total=0.5)  # for a server that gives no whole answer in time
FAR_MORE = 30  # seconds than these limits, and less than the server would take


def error_of(session, *, method: str = "GET", path: str = "toys") -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        session.call(method, path, operation="look")
    return caught.value


def test_a_call_carries_what_the_service_needs_and_gives_the_whole_answer(server, session):
    server.replies = [answer(200, {"value": 1}, x_ms_service_request_id="r-9", ETag='W/"7"')]

    got = session().call(
        "POST", "toys", operation="make", json={"a": 1}, params={"top": "1"}, headers={"If-Match": "*"}
    )

    assert (got.status, got.json(), got.headers["etag"], got.call.request_id) == (200, {"value": 1}, 'W/"7"', "r-9")
    (request,) = server.requests
    assert (request.method, request.path, request.body) == ("POST", "/api/toys?top=1", b'{"a": 1}')
    assert request.headers["authorization"] == "Bearer s3cret"
    assert request.headers["x-ms-correlation-id"] == "corr-1"
    assert request.headers["if-match"] == "*"


def test_an_answer_is_unpacked(server, session):
    server.replies = [answer(200, gzip.compress(b'{"value": 2}'), Content_Encoding="gzip")]

    assert session().call("GET", "toys", operation="look").json() == {"value": 2}


@pytest.mark.proves("R5.3", "R5.4")
@pytest.mark.parametrize(
    ("reply", "error_class", "code", "message"),
    [
        pytest.param(
            answer(400, {"error": {"code": "0x80048408", "message": "Too long"}}), ValueRefused, "0x80048408", "Too long",
            id="an OData envelope",
        ),
        pytest.param(answer(401, b"<html>Sign in</html>"), AuthenticationFailed, "", "no reason given", id="a page of HTML"),
        pytest.param(answer(404, b'{"error": '), NotFound, "", "no reason given", id="broken JSON"),
        pytest.param(answer(412, {"error": "stale"}), Conflict, "", "no reason given", id="an envelope of another shape"),
        pytest.param(answer(500, b""), TransientFailure, "", "no reason given", id="nothing at all"),
        pytest.param(answer(418, b"\xff\xfe"), PermanentFailure, "", "no reason given", id="an unknown status"),
        pytest.param(answer(400, b"[" * 100_000), ValueRefused, "", "no reason given", id="a bottomless body"),
    ],
)  # fmt: skip
def test_a_refusal_has_the_class_of_its_status_and_the_words_of_its_body(
    server, session, reply, error_class, code, message
):
    server.replies = [reply]

    error = error_of(session())

    assert type(error) is error_class
    assert error.code == code
    assert error.message.endswith(f"to look: {message}")
    assert error.call.status is not None


def test_a_services_own_code_goes_before_the_status(server, session):
    server.replies = [answer(400, {"error": {"code": "0x80060892", "message": "Duplicate"}})]

    error = error_of(session(table=StatusTable("toys", codes={"0x80060892": Conflict})))

    assert type(error) is Conflict


@pytest.mark.proves("R2.5")
@pytest.mark.fault(14)
def test_a_429_tells_how_long_to_wait(server, session):
    server.replies = [answer(429, {}, Retry_After="17")]

    error = error_of(session())

    assert isinstance(error, RateLimited)
    assert error.retry_after == timedelta(seconds=17)


@pytest.mark.fault(11)
def test_a_success_that_is_no_json_is_a_gateways_word_and_may_have_been_done(server, session):
    server.replies = [answer(200, b"<html>", Content_Type="text/html")]

    got = session().call("POST", "toys", operation="make")

    with pytest.raises(TransientFailure, match="text/html where JSON was due") as caught:
        got.json()
    assert caught.value.outcome_unknown


def test_json_that_was_cut_off_is_named_so(server, session):
    server.replies = [answer(200, b'{"value": [', Content_Type="application/json; charset=utf-8")]

    got = session().call("GET", "toys", operation="read")

    with pytest.raises(TransientFailure, match="answered read with JSON that is cut off or broken"):
        got.json()


# --- lost answers -----------------------------------------------------------------------------------------------


@pytest.mark.proves("R1.1", "R5.2")
@pytest.mark.fault(4, 10, 11, 12)
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(lambda server: reset, id="the connection breaks before an answer"),
        pytest.param(lambda server: raw(b""), id="the connection ends without an answer"),
        pytest.param(lambda server: raw(HEADERS_ONLY + b"half"), id="the body is cut off"),
        pytest.param(lambda server: raw(b"HTTP/1.1 200 OK\r\nConte"), id="the headers are cut off"),
        pytest.param(lambda server: raw(b"garbage\r\n\r\n"), id="it is no HTTP"),
        pytest.param(silence, id="no answer comes"),
    ],
)
def test_a_lost_answer_is_transient_and_its_outcome_unknown_for_a_write(server, session, reply, method):
    server.replies = [reply(server)]

    error = error_of(session(limits=SHORT) if reply is silence else session(), method=method)

    assert type(error) is TransientFailure
    assert error.outcome_unknown == (method != "GET")
    assert len(server.requests) == 1, "a write is never sent again behind our back"


@pytest.mark.proves("R7.5")
@pytest.mark.fault(12)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ENDLESS + b"x" * 2000, id="from the first header on"),
        pytest.param(b"HTTP/1.1 200 " + b"O" * 2000, id="in an endless status line"),
    ],
)
def test_a_slow_drip_ends_with_the_time_for_the_whole_answer(server, session, text):
    server.replies = [drip(server, text, every=0.05)]
    began = time.monotonic()

    error = error_of(session(limits=SHORT), method="POST")

    assert 0.45 < time.monotonic() - began < FAR_MORE
    assert (type(error), error.outcome_unknown) == (TransientFailure, True)


def test_a_slow_body_ends_with_the_time_for_the_whole_answer(server, session):
    slow = drip(server, b"x" * 2000, every=0.05)

    def reply(connection):
        connection.sendall(ENDLESS)
        slow(connection)

    server.replies = [reply]
    began = time.monotonic()

    error_of(session(limits=SHORT))

    assert time.monotonic() - began < FAR_MORE


def test_one_long_wait_for_a_byte_ends_with_the_time_for_the_whole_answer_too(server, session):
    server.replies = [drip(server, b"HTTP/1.1 200 OK", every=200)]
    began = time.monotonic()

    error_of(session(limits=SHORT))

    assert time.monotonic() - began < FAR_MORE


def test_a_stream_that_never_pauses_ends_with_the_time_for_the_whole_answer_too(server, session):
    def pour(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x")

    server.replies = [pour]
    began = time.monotonic()

    error = error_of(session(limits=SHORT))

    assert type(error) is TransientFailure
    assert time.monotonic() - began < FAR_MORE


def test_a_time_limit_ends_with_its_call(server, session):
    server.replies = [drip(server, HEADERS_ONLY, every=0.3), answer(200, {"value": 3})]
    error_of(session(limits=SHORT))

    assert session().call("GET", "toys", operation="look").json() == {"value": 3}


def test_a_server_that_is_not_there_was_never_sent_anything(session):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        error = error_of(session(base_url=f"http://127.0.0.1:{port}"), method="POST")

    assert type(error) is TransientFailure
    assert not error.outcome_unknown


def test_a_name_that_leads_nowhere_was_never_sent_anything(session):
    error = error_of(session(base_url="http://toys.invalid"), method="POST")

    assert (type(error), error.outcome_unknown) == (TransientFailure, False)


def test_a_server_that_closed_its_side_meanwhile_gets_a_new_connection_or_an_error_of_unknown_outcome(server, session):
    server.replies = [raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), answer(200, {})]
    session().call("GET", "toys", operation="look")

    try:
        status = session().call("POST", "toys", operation="make").status
    except TransientFailure as error:
        status = 200 if error.outcome_unknown else 0

    assert status == 200


@pytest.mark.parametrize("status", [408, 500, 502, 504])
def test_a_write_that_a_gateway_gave_up_may_have_been_done(server, session, status):
    server.replies = [answer(status, {})]

    assert error_of(session(), method="PATCH").outcome_unknown
    assert not error_of(session(), method="GET").outcome_unknown


@pytest.mark.parametrize("status", [400, 412, 429, 503])
def test_a_write_that_was_refused_was_not_done(server, session, status):
    server.replies = [answer(status, {})]

    assert not error_of(session(), method="PATCH").outcome_unknown


# --- where a token may go ----------------------------------------------------------------------------------------


def test_a_redirect_is_not_followed(server, session):
    with toy_server() as elsewhere:
        server.replies = [answer(307, {}, Location=f"{elsewhere.url}/steal")]

        error = error_of(session(), method="POST")

        assert type(error) is Misconfigured
        assert elsewhere.requests == []
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("http://evil.example/api/toys", id="another host"),
        pytest.param("https://127.0.0.1:{port}/api/toys", id="another scheme"),
        pytest.param("http://127.0.0.1:1/api/toys", id="another port"),
        pytest.param("http://me:pass@127.0.0.1:{port}/api/toys", id="a name and password of its own"),
        pytest.param("http://127.0.0.1:{port}@evil.example/", id="our address as a name at another host"),
        pytest.param("http://[::1/api", id="an address that can't be read"),
        pytest.param("file:///etc/passwd", id="a file"),
    ],
)
def test_a_foreign_link_is_refused_and_nothing_is_sent(server, session, link):
    error = error_of(session(), path=link.format(port=server.port))

    assert type(error) is PermanentFailure
    assert "s3cret" not in error.message
    assert server.requests == []


def test_the_services_own_link_is_followed_with_its_query(server, session):
    session().call("GET", f"{server.url}/api/toys?$skiptoken=a%20b", operation="look")

    assert server.requests[0].path == "/api/toys?$skiptoken=a%20b"


def test_an_address_inside_a_query_is_no_link(server, session):
    session().call("GET", "toys?$filter=url eq 'http://a.example'", operation="look")

    assert server.requests[0].path.startswith("/api/toys?$filter=")


def test_no_cookie_is_kept(server, session):
    server.replies = [answer(200, {}, Set_Cookie="ARRAffinity=1; Path=/"), answer()]
    for _ in range(2):
        session().call("GET", "toys", operation="look")

    assert "cookie" not in server.requests[1].headers


def test_a_header_that_http_does_not_allow_is_our_own_fault(server, session):
    with pytest.raises(PermanentFailure, match="can't be put into words"):
        session().call("GET", "toys", operation="look", headers={"If-Match": "a\r\nb: c"})

    assert server.requests == []


# --- the gate ----------------------------------------------------------------------------------------------------


class ClosedGate:
    """Lets nobody through."""

    def pass_(self, *, deadline: float) -> None:
        raise Deferred("Closed.")

    async def pass_async(self, *, deadline: float) -> None:
        raise Deferred("Closed.")


class CountingGate:
    """Lets everybody through and counts."""

    passed = 0

    def pass_(self, *, deadline: float) -> None:
        self.passed += 1

    async def pass_async(self, *, deadline: float) -> None:
        self.passed += 1


@pytest.mark.proves("R2.1")
def test_every_request_passes_the_gate_and_none_goes_out_without(server, session):
    gate = CountingGate()
    for _ in range(3):
        session(gate=gate).call("GET", "toys", operation="look")
    assert gate.passed == len(server.requests) == 3

    with pytest.raises(Deferred):
        session(gate=ClosedGate()).call("GET", "toys", operation="look")
    assert len(server.requests) == 3
