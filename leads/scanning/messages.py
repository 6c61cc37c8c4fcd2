"""DNS messages on the wire: questions made, responses read as far as a scan looks at them (RFC 1035, RFC 6891).

A scan asks many small questions, and reading answers is most of its work: this reads only what is wanted, several times
as fast as a whole message of dnspython, which still reads what is rare here.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass

import dns.exception
import dns.name
import dns.rdata
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType

UDP_PAYLOAD = 1232  # the size that avoids fragments
PLAIN = re.compile(r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?", re.ASCII | re.IGNORECASE)
PLAIN_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789_-."
LONGEST_NAME = 255
HEADER, QUESTION_HEADER = struct.Struct("!6H"), struct.Struct("!HH")
RECORD = struct.Struct("!HHIH")
IS_RESPONSE, IS_TRUNCATED, RCODE = 0x8000, 0x0200, 0x000F
RECURSION_DESIRED = 0x0100
OPTIONS = struct.pack("!BHHIH", 0, RdataType.OPT, UDP_PAYLOAD, 0, 0)
POINTER, LONGEST_LABEL = 0xC0, 63
LONGEST_TTL = 2**31 - 1
IN = RdataClass.IN


class Malformed(ValueError):
    """These bytes are no DNS message."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a response; its data lie from `start` to `end` in the response's bytes."""

    name: str
    kind: int
    ttl: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered; names are lower case without a trailing dot."""

    wire: bytes
    rcode: int
    is_truncated: bool
    answer: tuple[Record, ...]
    authority: tuple[Record, ...]


def name_as_read(name: str) -> str:
    """A name as responses give it here: lower case, ASCII, no trailing dot. Raises DNSException where none can exist."""
    if PLAIN.fullmatch(name):
        return name.lower().rstrip(".")
    return text_of_name(list(dns.name.from_text(name).labels[:-1]))


def question_for(name: str, kind: RdataType) -> bytes:
    """The question section that asks for a kind of record at a name. Raises DNSException for a name that can't exist."""
    if PLAIN.fullmatch(name) and len(name) < LONGEST_NAME - 1:
        labels = name.lower().rstrip(".").encode("ascii").split(b".")
        wire = b"".join([bytes((len(label),)) + label for label in labels]) + b"\0"
    else:  # other letters, escapes, names that are too long
        wire = dns.name.from_text(name).canonicalize().to_wire() or b""
    return wire + QUESTION_HEADER.pack(kind, IN)


def query(question: bytes, *, number: int, with_options: bool) -> bytes:
    """The message that asks a question."""
    head = HEADER.pack(number, RECURSION_DESIRED, 1, 0, 0, 1 if with_options else 0)
    return head + question + (OPTIONS if with_options else b"")


def is_answer_to(wire: bytes, question: bytes, *, number: int) -> bool:
    """Whether these bytes answer that question, and not another or somebody else's."""
    if len(wire) < HEADER.size:
        return False
    answered, flags, questions, *_ = HEADER.unpack_from(wire)
    asked = wire[HEADER.size : HEADER.size + len(question)]
    # A server that can't read the question may leave it out.
    is_about = asked.lower() == question.lower() if questions else bool(flags & RCODE)
    return bool(answered == number and flags & IS_RESPONSE and questions <= 1 and is_about)


def read_response(wire: bytes) -> Response:
    """The response in these bytes. Raises Malformed."""
    _, flags, questions, answers, authorities, _ = HEADER.unpack_from(wire)
    names: dict[int, str] = {}
    try:
        at = HEADER.size
        for _ in range(questions):
            at = read_name(wire, at, names)[1] + QUESTION_HEADER.size
        is_truncated = bool(flags & IS_TRUNCATED)
        if is_truncated:  # it is asked for again, whatever is left of it
            answers = authorities = 0
        answer, at = read_records(wire, at, answers, names)
        authority, _ = read_records(wire, at, authorities, names)
    except (IndexError, struct.error) as error:
        raise Malformed("cut off") from error
    return Response(wire, flags & RCODE, is_truncated, answer, authority)


def read_records(wire: bytes, at: int, count: int, names: dict[int, str]) -> tuple[tuple[Record, ...], int]:
    """So many records from there, and where they end; only those of the Internet."""
    records = []
    for _ in range(count):
        name, at = read_name(wire, at, names)
        kind, rdclass, ttl, length = RECORD.unpack_from(wire, at)
        start = at + RECORD.size
        at = start + length
        if at > len(wire):
            raise Malformed("cut off")
        if rdclass == IN:
            records.append(Record(name, kind, ttl if ttl <= LONGEST_TTL else 0, start, at))
    return tuple(records), at


def read_name(wire: bytes, at: int, names: dict[int, str]) -> tuple[str, int]:
    """The name that begins there, and where it ends; `names` are those that this message has shown already."""
    begin, end, lowest, size = at, 0, at, 0
    labels: list[bytes] = []
    while length := wire[at]:
        if length >= POINTER:
            end, at = end or at + 2, (length & ~POINTER) << 8 | wire[at + 1]
            if at >= lowest:  # only backwards, so that there is no circle
                raise Malformed("a name that leads in a circle")
            lowest = at
            if not labels and at in names:
                return names[at], end
            continue
        size += length + 1
        if length > LONGEST_LABEL or size >= LONGEST_NAME or at + length >= len(wire):
            raise Malformed("a name that is too long")
        labels.append(wire[at + 1 : at + 1 + length])
        at += length + 1
    name = names[lowest if end == begin + 2 else begin] = text_of_name(labels)
    return name, end or at + 1


def text_of_name(labels: list[bytes]) -> str:
    """A name as text, lower case, without a trailing dot; what is no plain letter is escaped (RFC 1035, 5.1)."""
    whole = b".".join(labels).lower()
    if not whole.translate(None, PLAIN_BYTES) and whole.count(b".") == max(0, len(labels) - 1):
        return whole.decode("ascii")
    return dns.name.Name([*labels, b""]).to_text(omit_final_dot=True).lower()


# Data of records -------------------------------------------------------------------------------------------------------


def host_in(response: Response, record: Record) -> str:
    """The host that a CNAME or NS record names."""
    return whole_name(response.wire, record.start, record.end)


def mail_host_in(response: Response, record: Record) -> tuple[int, str]:
    """Preference and host of an MX record."""
    if record.end - record.start <= 2:
        raise Malformed("an MX record without a host")
    preference = int.from_bytes(response.wire[record.start : record.start + 2], "big")
    return preference, whole_name(response.wire, record.start + 2, record.end)


def text_in(response: Response, record: Record) -> str:
    """The parts of a TXT record joined without a separator; the database takes no NUL."""
    wire, at, parts = response.wire, record.start, []
    while at < record.end:
        end = at + 1 + wire[at]
        if end > record.end:
            raise Malformed("a text that is cut off")
        parts.append(wire[at + 1 : end])
        at = end
    return b"".join(parts).decode("utf-8", errors="replace").replace("\x00", "\ufffd")


def address_in(response: Response, record: Record) -> str:
    """The address in an A record."""
    if record.end - record.start != 4:
        raise Malformed("an address of another length than four bytes")
    return ".".join(map(str, response.wire[record.start : record.end]))


def least_ttl_in(response: Response, record: Record) -> int:
    """For how long an absence holds, by the SOA record that goes with it (RFC 2308, 5)."""
    return min(record.ttl, int.from_bytes(response.wire[record.end - 4 : record.end], "big"))


def any_data_in(response: Response, record: Record) -> str:
    """The data of a record of any kind, as zone files write it."""
    try:
        data = dns.rdata.from_wire(
            IN, RdataType.make(record.kind), response.wire, record.start, record.end - record.start
        )
    except (dns.exception.DNSException, ValueError, IndexError, struct.error) as error:
        raise Malformed(f"a record of the kind {record.kind} that can't be read") from error
    return data.to_text()


def whole_name(wire: bytes, start: int, end: int) -> str:
    """The name that fills a record's data."""
    try:
        name, at = read_name(wire, start, {})
    except IndexError as error:
        raise Malformed("a name that is cut off") from error
    if at != end:
        raise Malformed("a name with something behind it")
    return name


def records_at(records: Iterable[Record], name: str, kind: int) -> list[Record]:
    """Those of a name and a kind."""
    return [record for record in records if record.kind == kind and record.name == name]
