"""The multipart bodies of `$batch`: parts in, parts out, with CRLF and nothing else (contract 8.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import uuid4

from werkzeug import Response
from werkzeug.http import parse_options_header

from hunter.sandbox.dataverse.errors import DataverseError, Refusal

CRLF = b"\r\n"
REQUEST_LINE = re.compile(
    r"(?P<method>[A-Z]+) (?P<url>\S.*) HTTP/1\.1"
)  # Microsoft's own client leaves blanks in the query
LONGEST_BOUNDARY = 70


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its headers with names in lower case, and what follows the blank line."""

    headers: Mapping[str, str]
    content: bytes

    @property
    def media_type(self) -> str:
        return parse_options_header(self.headers.get("content-type", ""))[0]


@dataclass(frozen=True, slots=True)
class Inner:
    """A request inside a part, as it would have come by itself."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    content_id: str = ""


def boundary_of(content_type: str) -> str:
    """The boundary that a Content-Type names. Raises DataverseError when it is no multipart with one."""
    kind, options = parse_options_header(content_type)
    boundary = options.get("boundary", "")
    if kind != "multipart/mixed" or not 0 < len(boundary) <= LONGEST_BOUNDARY:
        raise DataverseError(
            Refusal.WRONG_CONTENT_TYPE, f"A batch needs Content-Type multipart/mixed with a boundary, not '{kind}'."
        )
    return boundary


def read_parts(content: bytes, boundary: str) -> list[Part]:
    """The parts between the boundaries. Raises DataverseError where a line end or the closing boundary is missing."""
    mark = CRLF + b"--" + boundary.encode()
    _before, *pieces = (CRLF + content).split(mark)
    if not pieces or not pieces[-1].startswith(b"--" + CRLF):
        raise _unreadable()
    return [_read_part(piece) for piece in pieces[:-1]]


def read_request(part: Part) -> Inner:
    """The request inside a part of type application/http."""
    if part.media_type != "application/http":
        raise DataverseError(Refusal.BAD_REQUEST, f"A part of type '{part.media_type}' is no operation.")
    head, _, body = part.content.partition(CRLF + CRLF)
    line, *lines = head.split(CRLF)
    found = REQUEST_LINE.fullmatch(line.decode("latin-1").strip())
    if found is None:
        raise DataverseError(Refusal.BAD_REQUEST, "The operation's first line is no request line.")
    return Inner(found["method"], found["url"], _headers(lines), body, part.headers.get("content-id", ""))


def http_part(answer: Response, *, content_id: str = "") -> bytes:
    """An answer as a part of the batch's answer."""
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    lines += [f"Content-ID: {content_id}"] if content_id else []
    shown = [f"{name}: {value}" for name, value in answer.headers if name != "Content-Length"]
    body = b"" if answer.status_code == 204 else answer.get_data()
    return _text([*lines, "", f"HTTP/1.1 {answer.status}", *shown, "", ""]) + body


def change_set_part(parts: Iterable[bytes]) -> bytes:
    """The answers of a change set as one part, a multipart of its own."""
    boundary = f"changesetresponse_{uuid4()}"
    head = _text([f"Content-Type: multipart/mixed; boundary={boundary}", "", ""])
    return head + written(parts, boundary).removesuffix(CRLF)


def batch_answer(parts: Iterable[bytes], *, status: int) -> Response:
    """The answer to the whole batch."""
    boundary = f"batchresponse_{uuid4()}"
    kind = f"multipart/mixed; boundary={boundary}"
    return Response(written(parts, boundary), status=status, content_type=kind)


def written(parts: Iterable[bytes], boundary: str) -> bytes:
    """The parts with the boundary around each."""
    mark = b"--" + boundary.encode()
    return b"".join(mark + CRLF + part + CRLF for part in parts) + mark + b"--" + CRLF


def _read_part(piece: bytes) -> Part:
    if not piece.startswith(CRLF) or CRLF + CRLF not in piece:
        raise _unreadable()
    head, _, content = piece.removeprefix(CRLF).partition(CRLF + CRLF)
    return Part(_headers(head.split(CRLF)), content)


def _headers(lines: Iterable[bytes]) -> dict[str, str]:
    pairs = (line.decode("latin-1").partition(":") for line in lines if line.strip())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _text(lines: Iterable[str]) -> bytes:
    return "\r\n".join(lines).encode()


def _unreadable() -> DataverseError:
    return DataverseError(Refusal.BAD_PAYLOAD, "Error reading the batch: Stream was not readable.")
