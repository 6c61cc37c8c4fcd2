"""One request, read: who asks, for what, with which preferences and conditions (contract 2)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

from werkzeug import Request

from hunter.sandbox.dataverse.addressing import Conditions, Preferences, Segment, read_conditions, split_path
from hunter.sandbox.dataverse.errors import DataverseError, Refusal, bad_payload, bad_request
from hunter.sandbox.dataverse.multipart import Inner

PREFIX = "/api/data/v9.2"
LONGEST_URL = 32_768
LONGEST_URL_IN_BATCH = 65_536


@dataclass(frozen=True, slots=True)
class Ask:
    """A request after its headers and its address were understood. The body was read as bytes, not yet as JSON."""

    method: str
    segments: list[Segment]
    options: dict[str, str]
    preferences: Preferences
    conditions: Conditions
    user_id: str
    body: bytes
    request: Request

    def json(self) -> dict[str, Any]:
        """The body as an object. Raises DataverseError for another type of content or broken JSON."""
        content_type = self.request.mimetype
        if content_type != "application/json":
            raise DataverseError(
                Refusal.WRONG_CONTENT_TYPE,
                f"A request with a body needs Content-Type application/json, not '{content_type or 'none'}'.",
            )
        try:
            content = json.loads(self.body.decode("utf-8-sig"), parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise bad_payload(f"Invalid JSON. {error}") from error
        if not isinstance(content, dict):
            raise bad_payload("The root of the payload must be a JSON object.")
        return content


def read_ask(request: Request, path: str, *, user_id: str, body: bytes, preferences: Preferences) -> Ask:
    """The request as it is understood; `path` begins with `PREFIX`. Raises DataverseError."""
    return Ask(
        method=request.method,
        segments=split_path(path.removeprefix(PREFIX)),
        options=query_options(request),
        preferences=preferences,
        conditions=read_conditions(request.headers),
        user_id=user_id,
        body=body,
        request=request,
    )


def request_of(inner: Inner, *, api: str) -> tuple[Request, str]:
    """An operation of a batch as a request, and its path: the address is absolute or begins with the API's path."""
    parts = urlsplit(inner.url)
    path = unquote(parts.path)
    own = urlsplit(api)
    if parts.netloc not in ("", own.netloc):
        raise bad_request(f"The operation's address '{inner.url[:200]}' is not one of this environment.")
    path = path.removeprefix(own.path.removesuffix(PREFIX))
    if not path.startswith(f"{PREFIX}/"):
        raise bad_request(f"The operation's address '{inner.url[:200]}' does not begin with {PREFIX}/.")
    if len(inner.url) > LONGEST_URL_IN_BATCH:
        raise DataverseError(Refusal.URL_TOO_LONG, f"The URI is longer than {LONGEST_URL_IN_BATCH} characters.")
    headers = {name: value for name, value in inner.headers.items() if name != "content-length"}
    request = Request.from_values(
        path=path, query_string=parts.query, method=inner.method, headers=headers, data=inner.body, base_url=api
    )
    return request, path


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"Unrecognized token '{name}' was found.")


def query_options(request: Request) -> dict[str, str]:
    """The options of the query string: `+` is a blank, `%2B` a plus (D51)."""
    text = request.query_string.decode("utf-8", "replace")
    return dict(parse_qsl(text, keep_blank_values=True, strict_parsing=False, max_num_fields=100))


def check_length(request: Request, path: str) -> None:
    if len(path) + len(request.query_string) > LONGEST_URL:
        raise DataverseError(Refusal.URL_TOO_LONG, f"The request URI is longer than {LONGEST_URL} characters.")
