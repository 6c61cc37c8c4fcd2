"""A request and its answer as they may be kept: short, without secrets, and without what is personal (R5.6, R5.7)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hunter.logs import masked
from hunter.remote.wording import storable

MASK = "***"
LONGEST_SHOWN = 4_000  # letters of a body
LONGEST_READ = 256 * 1024  # bytes; of a longer body only its length is kept
DEEPEST = 12
SECRET = re.compile(
    r"secret|token|password|authorization|assertion|cookie|credential|api_?key|signature", re.IGNORECASE
)
PERSONAL = re.compile(
    r"mail|phone|mobile|fax|(first|last|middle|full|nick)_?name|street|address|birth|contact|person|^notes?$|^description$",
    re.IGNORECASE,
)
IDENTIFIES = re.compile(r"^[0-9a-f]{8}-[0-9a-f-]{27}$", re.IGNORECASE)
LOOKS_SECRET = re.compile(r"(?=[^/]*[0-9])[A-Za-z0-9_-]{24,}")
IN_FORMS = frozenset({"grant_type", "scope", "client_id", "response_type"})
REQUEST_HEADERS = (
    "accept",
    "content-type",
    "if-match",
    "if-none-match",
    "prefer",
    "x-ms-client-request-id",
    "x-ms-correlation-id",
)
ANSWER_HEADERS = (
    "content-type", "date", "retry-after", "www-authenticate", "x-ms-service-request-id", "request-id", "req_id",
    "x-ms-request-id", "ms-requestid", "x-request-id", "x-ms-ratelimit-burst-remaining-xrm-requests",
    "x-ms-ratelimit-time-remaining-xrm-requests",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back; raw, in memory only: what is kept is `told`. No status: no answer came.

    `hides_path`: the path itself is a secret, as that of a chat's hook.
    """

    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: bytes | str | None = None
    status: int | None = None
    answer_headers: Mapping[str, str] | None = None
    answer_body: bytes = b""
    hides_path: bool = False

    def told(self) -> dict[str, Any]:
        """Both halves as JSON, masked and cut; the same for the admin, the API and the database."""
        hidden: set[str] = set()
        headers = {name.lower(): value for name, value in self.request_headers.items()}
        request = {
            "line": f"{self.method} {shown_url(self.url, hides_path=self.hides_path)}",
            "headers": _chosen(headers, REQUEST_HEADERS),
            "body": shown_body(_as_bytes(self.request_body), kind=headers.get("content-type", ""), hidden=hidden),
        }
        if self.status is None:
            return {"request": request, "answer": None}
        came = self.answer_headers or {}
        body = shown_body(self.answer_body, kind=came.get("content-type", ""), hidden=set())
        answer = {"status": self.status, "headers": _chosen(came, ANSWER_HEADERS), "body": without(body, hidden)}
        return {"request": request, "answer": answer}


def shown_url(url: str, *, hides_path: bool = False) -> str:
    """Server, path and query: values that may be secret are masked, and so is a path that is one itself."""
    try:
        parts = urlsplit(url)
        server = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return MASK
    if hides_path:
        return f"{server}/{MASK}"
    path = "/".join(MASK if _is_secret(part) else masked(part) for part in parts.path.split("/"))
    query = "&".join(
        f"{name}={masked(value)[:200] if name.startswith('$') else MASK}"
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    return storable(f"{server}{path}" + (f"?{query}" if query else ""), longest=1000)


def shown_body(body: bytes, *, kind: str, hidden: set[str]) -> str:
    """A body to be read by people. What is masked in it is added to `hidden`, since an answer may quote it."""
    if not body:
        return ""
    if len(body) > LONGEST_READ:
        return f"({len(body):,} bytes)"
    text = body.decode("utf-8", errors="replace")
    if "form-urlencoded" in kind:
        form = parse_qsl(text, keep_blank_values=True)
        return _cut("&".join(f"{name}={value if name in IN_FORMS else MASK}" for name, value in form))
    try:
        read = json.loads(text)
        return _cut(json.dumps(_masked_value(read, hidden=hidden), indent=2, ensure_ascii=False))
    except (ValueError, RecursionError):
        return _cut(masked(text))


def without(text: str, hidden: set[str]) -> str:
    """The text without the values that were masked elsewhere, the longest first."""
    for value in sorted(hidden, key=len, reverse=True):
        text = text.replace(value, MASK)
    return text


def _masked_value(value: Any, *, hidden: set[str], hides: bool = False, depth: int = 0) -> Any:
    if depth > DEEPEST:
        return "…"
    if isinstance(value, dict):
        return {
            str(name): _masked_value(one, hidden=hidden, hides=hides or _hides(str(name)), depth=depth + 1)
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_masked_value(one, hidden=hidden, hides=hides, depth=depth + 1) for one in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    if hides:
        if isinstance(value, str) and len(value) >= 3:
            hidden.add(value)
        return MASK
    return masked(value) if isinstance(value, str) else value


def _hides(name: str) -> bool:
    return bool(SECRET.search(name) or PERSONAL.search(name))


def _is_secret(part: str) -> bool:
    return bool(LOOKS_SECRET.fullmatch(part)) and not IDENTIFIES.match(part)


def _chosen(headers: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: storable(masked(headers[name]), longest=300) for name in names if name in headers}


def _as_bytes(body: bytes | str | None) -> bytes:
    return body.encode() if isinstance(body, str) else body or b""


def _cut(text: str) -> str:
    short = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}\n… ({len(text):,} letters)"
    return storable(short, longest=LONGEST_SHOWN + 40)
