"""Turns a query on the wire into an answer on the wire, and keeps answers for when the same bytes come again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from hunter.sandbox.dns.zone import Finding, lineage

PLAIN_LIMIT = 512
OWN_PAYLOAD = 1232
MOST_KEPT = 100_000


class Names(Protocol):
    """Where answers come from."""

    def find(self, name: str, kind: str) -> Finding: ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything about one query but its id: who was asked for what, and the answer for each transport.

    `over_udp` and `over_tcp` are without the two bytes of the id; None: no answer comes.
    """

    name: str
    kind: str
    rcode: str
    matches: frozenset[str]
    over_udp: bytes | None
    over_tcp: bytes | None


class Answers:
    """Answers by the query's bytes behind the id. Asking again costs one look-up in a dict."""

    def __init__(self) -> None:
        self._kept: dict[bytes, Prepared] = {}

    def forget(self) -> None:
        self._kept = {}

    def prepared(self, query: bytes, names: Names) -> Prepared | None:
        """The answer for these bytes; None where they are no query."""
        kept = self._kept
        if (found := kept.get(query[2:])) is not None:
            return found
        made = _prepare(query, names)
        if made is not None and len(kept) < MOST_KEPT:
            kept[query[2:]] = made
        return made


def _prepare(wire: bytes, names: Names) -> Prepared | None:
    try:
        query = dns.message.from_wire(wire)
    except dns.exception.DNSException:
        return None
    if query.flags & dns.flags.QR or len(query.question) != 1:
        return None
    question = query.question[0]
    name = question.name.to_text(omit_final_dot=True).lower()
    kind = dns.rdatatype.to_text(question.rdtype)
    finding = names.find(name, kind)
    is_silent = finding.rcode == "TIMEOUT"
    whole = b"" if is_silent else _wire(query, finding.rcode, finding=finding)
    limit = max(PLAIN_LIMIT, query.payload) if query.edns >= 0 else PLAIN_LIMIT
    return Prepared(
        name=name,
        kind=kind,
        rcode=finding.rcode,
        matches=frozenset({kind.lower(), *lineage(name)}),
        over_udp=None if is_silent else (whole if len(whole) + 2 <= limit else _truncated(query)),
        over_tcp=None if is_silent else whole,
    )


def servfail(query: bytes) -> bytes:
    """The answer of a server that can't: for the faults, without the id."""
    return _wire(dns.message.from_wire(query), "SERVFAIL")


def truncated(query: bytes) -> bytes:
    """Nothing but the word that the answer did not fit; without the id."""
    return _truncated(dns.message.from_wire(query))


def _truncated(query: dns.message.Message) -> bytes:
    return _wire(query, "NOERROR", flags=dns.flags.TC)


def _wire(query: dns.message.Message, rcode: str, *, finding: Finding | None = None, flags: int = 0) -> bytes:
    response = dns.message.make_response(query, recursion_available=True, our_payload=OWN_PAYLOAD)
    response.set_rcode(dns.rcode.from_text(rcode))
    response.flags |= flags
    if finding is not None:
        response.answer = list(finding.answer)
        response.authority = list(finding.authority)
    return response.to_wire(max_size=65535, want_shuffle=False)[2:]  # one seed, one world: records keep their order
