"""One way to make an HTTP request: through the gate, in limited time, with every failure in its class (R5, R7.5)."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from hunter.crashpoints import crash_point
from hunter.remote.destinations import Reach
from hunter.remote.errors import Call, Misconfigured, PermanentFailure, RemoteError, TransientFailure
from hunter.remote.exchange import Exchange
from hunter.remote.gate import Gate
from hunter.remote.lanes import LaneName, title_of
from hunter.remote.retry_after import read_retry_after
from hunter.remote.statuses import StatusTable
from hunter.remote.transport import AddressRefused, causes_of, is_certificate_refused, time_limit, transport

READING = frozenset({"GET", "HEAD", "OPTIONS"})
UNKNOWN_AFTER = frozenset({408, 500, 502, 504})  # a write answered so may have taken effect all the same
REQUEST_ID_HEADERS = (
    "x-ms-service-request-id",
    "request-id",
    "req_id",
    "x-ms-request-id",
    "ms-requestid",
    "x-request-id",
)
LONGEST_BODY = 64 * 1024 * 1024
CHUNK = 64 * 1024
HAS_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
PORTS = {"http": 80, "https": 443}
CLAIMS_WANTED = frozenset({"insufficient_claims", "insufficent_claims"})  # the second is how Partner Center spells it
CHALLENGE = re.compile(r'\bBearer\b.*?\berror="?([A-Za-z_]+)', re.IGNORECASE | re.DOTALL)
NEVER_SENT = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Seconds: to connect, between two bytes, and for the whole answer; and to wait for leave at the gate."""

    connect: float = 5.0
    read: float = 30.0
    total: float = 60.0
    gate: float = 30.0


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What an error answer says of itself."""

    code: str = ""
    message: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A success: its status, headers (names in lower case) and whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    call: Call

    def json(self) -> Any:
        """The body as JSON. Raises TransientFailure when it is something else: a gateway spoke for the service."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            kind = self.headers.get("content-type", "no content type")
            what = "JSON that is cut off or broken" if "json" in kind else f"{kind} where JSON was due"
            raise TransientFailure(
                f"{title_of(self.call.service)} answered {self.call.operation} with {what}.",
                call=self.call,
                outcome_unknown=self.call.method not in READING,
            ) from error


class RemoteSession:
    """Requests to one service. Raises RemoteError in the class its answer means, Deferred when none may go out."""

    def __init__(  # noqa: PLR0913  one name for each thing that differs between services
        self,
        *,
        service: str,
        base_url: str,
        gate: Gate,
        table: StatusTable,
        limits: TimeLimits | None = None,
        bearer: str = "",
        correlation_id: str = "",
        read_error: Callable[[int, bytes], ErrorBody] | None = None,
        title: str = "",
        sign: Callable[[bytes], Mapping[str, str]] | None = None,
        reach: Reach = Reach.ANYWHERE,
        passes: frozenset[int] = frozenset(),
        longest_body: int = LONGEST_BODY,
    ) -> None:
        """`title`: what people call the other side; `sign`: headers that vouch for a body, made just before it goes out;
        `passes`: statuses that the caller reads himself, where they would be errors.
        """
        self.service = service
        self.base_url = base_url.rstrip("/")
        self.correlation_id = correlation_id
        self._gate = gate
        self._table = table
        self._limits = limits or TimeLimits()
        self._bearer = bearer
        self._read_error = read_error or read_plain_error
        self._title = title or title_of(service)
        self._sign = sign
        self._reach = reach
        self._passes = passes
        self._longest_body = longest_body

    def call(
        self,
        method: str,
        path_or_url: str,
        *,
        operation: str,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and read its whole answer; a status of 400 and above, or a redirect, raises."""
        url = self._own_url(path_or_url, operation=operation)
        call = Call(self.service, operation, method, urlsplit(url).path)
        prepared = self._prepared(method, url, call=call, params=params, json=json, headers=headers)

        self._gate.pass_(deadline=time.monotonic() + self._limits.gate)
        if self._sign is not None:
            prepared.headers.update(self._sign(prepared.body or b""))  # type: ignore[arg-type]  # JSON is bytes here
        crash_point(f"{self.service}.{operation}.before")
        answer = self._exchange(prepared, call=call)
        crash_point(f"{self.service}.{operation}.after")

        if answer.status >= 300 and answer.status != 304 and answer.status not in self._passes:
            raise self._refusal(answer)
        return answer

    def _own_url(self, path_or_url: str, *, operation: str) -> str:
        url = path_or_url if HAS_SCHEME.match(path_or_url) else f"{self.base_url}/{path_or_url.lstrip('/')}"
        try:
            is_own = _server_of(url) == _server_of(self.base_url)
        except ValueError:
            is_own = False
        if not is_own:
            raise PermanentFailure(
                f"{self._title} sent a link to another server ({_shown_host(url)}); it was not followed.",
                call=Call(self.service, operation),
            )
        return url

    def _prepared(
        self,
        method: str,
        url: str,
        *,
        call: Call,
        params: Mapping[str, str] | None,
        json: Any,
        headers: Mapping[str, str] | None,
    ) -> requests.PreparedRequest:
        try:
            return requests.Request(method, url, params=params, json=json, headers=self._headers(headers)).prepare()
        except (requests.RequestException, ValueError) as error:
            raise PermanentFailure(
                f"A request to {self._title} ({call.operation}) can't be put into words ({type(error).__name__}).",
                call=call,
            ) from error

    def _headers(self, given: Mapping[str, str] | None) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "User-Agent": "hunter/0.1",
            "x-ms-client-request-id": str(uuid.uuid4()),
        }
        if self._bearer:
            headers["Authorization"] = f"Bearer {self._bearer}"
        if self.correlation_id:
            headers["x-ms-correlation-id"] = self.correlation_id
        return headers | dict(given or {})

    def _exchange(self, prepared: requests.PreparedRequest, *, call: Call) -> Answer:
        began = time.monotonic()
        sent = Exchange(
            prepared.method or "", prepared.url or "", prepared.headers, prepared.body,
            hides_path=self._reach is Reach.PUBLIC or self.service == LaneName.OUTGOING,  # it may be its own secret
        )  # fmt: skip
        call = replace(call, exchange=sent)
        try:
            with time_limit(self._limits.total):
                response = transport(self.base_url, reach=self._reach).send(
                    prepared, stream=True, allow_redirects=False, timeout=(self._limits.connect, self._limits.read)
                )
                with response:
                    body = self._read_body(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._lost(error, call=replace(call, seconds=time.monotonic() - began)) from error

        headers = {name.lower(): value for name, value in response.headers.items()}
        request_id = next((headers[name] for name in REQUEST_ID_HEADERS if name in headers), "")
        seconds = time.monotonic() - began
        whole = replace(sent, status=response.status_code, answer_headers=headers, answer_body=body)
        done = replace(call, status=response.status_code, request_id=request_id, seconds=seconds, exchange=whole)
        return Answer(response.status_code, headers, body, done)

    def _read_body(self, response: requests.Response) -> bytes:
        body = bytearray()
        while chunk := response.raw.read1(CHUNK, decode_content=True):
            body += chunk
            if len(body) > self._longest_body:
                raise TimeoutError(f"the answer is longer than {self._longest_body} bytes")
        return bytes(body)

    def _lost(self, error: Exception, *, call: Call) -> RemoteError:
        """No answer: never sent when no connection was made, else unknown for a write."""
        causes = list(causes_of(error))
        if is_certificate_refused(error):
            return Misconfigured(
                f"{self._title}: the certificate of {urlsplit(self.base_url).hostname} was refused.",
                call=call,
            )
        if any(isinstance(cause, AddressRefused) for cause in causes):
            return PermanentFailure(
                f"{self._title} leads to an address of a private network, so nothing was sent there.", call=call
            )
        never_sent = any(isinstance(cause, NEVER_SENT) for cause in causes)
        reason = "could not be reached" if never_sent else "gave no answer"
        return TransientFailure(
            f"{self._title} {reason} ({type(error).__name__}).",
            call=call,
            outcome_unknown=not never_sent and call.method not in READING,
        )

    def _refusal(self, answer: Answer) -> RemoteError:
        said = self._read_error(answer.status, answer.body)
        challenge = challenge_code(answer.headers.get("www-authenticate", ""))
        if challenge in CLAIMS_WANTED or not said.code:
            said = replace(said, code=challenge)
        error_class = self._table.error_class(status=answer.status, code=said.code)
        words = said.message or "no reason given"
        return error_class(
            f"{self._title} answered {answer.status} to {answer.call.operation}: {words}"[:2000],
            call=answer.call,
            code=said.code,
            retry_after=read_retry_after(answer.headers.get("retry-after"), now=datetime.now(UTC)),
            outcome_unknown=answer.status in UNKNOWN_AFTER and answer.call.method not in READING,
        )


def challenge_code(header: str) -> str:
    """What a WWW-Authenticate header gives as its error, in lower case; empty where it says none."""
    found = CHALLENGE.search(header[:2000])
    return found[1].lower() if found else ""


def _server_of(url: str) -> tuple[str, str | None, int | None, bool]:
    """Scheme, host and port; a name and password in the URL make it another server. Raises ValueError for nonsense."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme), "@" in parts.netloc


def _shown_host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "no host"
    except ValueError:
        return "no readable address"


def read_plain_error(status: int, body: bytes) -> ErrorBody:
    """The OData envelope {"error": {"code", "message"}}; anything else gives an empty one (R5.3)."""
    try:
        error = json.loads(body)["error"]
        return ErrorBody(code=str(error["code"]), message=str(error["message"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return ErrorBody()
