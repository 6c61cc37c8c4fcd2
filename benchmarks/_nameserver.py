"""A small fast nameserver for benchmarks: every domain that ends in a number is a company at Microsoft 365.

It answers from templates without parsing records, on UDP only, so that it is never what limits the others. With a delay
each answer leaves so many seconds after its question. `python benchmarks/_nameserver.py SECONDS` prints its port.
"""

from __future__ import annotations

import select
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping

A, NS, CNAME, SOA, MX, TXT = 1, 2, 5, 6, 15, 16
NXDOMAIN, ANSWER = 3, 0x8180
TTL = 300
BUFFER = 8 * 1024 * 1024
KEY = "v=DKIM1; k=rsa; p=" + "M" * 216
QUESTION = b"\xc0\x0c"  # a pointer to the name in the question


def wire_name(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def record(owner: bytes, kind: int, data: bytes) -> bytes:
    return owner + struct.pack("!HHIH", kind, 1, TTL, len(data)) + data


def text(value: str) -> bytes:
    whole = value.encode()
    parts = [whole[at : at + 255] for at in range(0, len(whole), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts)


def mail(domain: str) -> list[bytes]:
    return [struct.pack("!H", 0) + wire_name(f"{domain.replace('.', '-')}.mail.protection.outlook.com")]


AUTHORITY = (
    wire_name("ns1.dns-host.com") + wire_name("hostmaster.dns-host.com") + struct.pack("!5I", 1, 7200, 900, 86400, 60)
)
OWN: Mapping[int, Callable[[str], list[bytes]]] = {
    A: lambda domain: [bytes([192, 0, 2, 1])],
    NS: lambda domain: [wire_name(f"ns{n}.dns-host.com") for n in (1, 2)],
    MX: mail,
    TXT: lambda domain: [text("v=spf1 include:spf.protection.outlook.com -all"), text("MS=ms12345678")],
    SOA: lambda domain: [AUTHORITY],
}
BELOW: Mapping[tuple[str, int], str] = {
    ("_dmarc", TXT): "v=DMARC1; p=quarantine; rua=mailto:reports@dns-host.com",
}
ALIASES = {
    "autodiscover": "autodiscover.outlook.com",
    "enterpriseregistration": "enterpriseregistration.windows.net",
}


def found(name: str, kind: int) -> list[bytes] | None:
    """The records of the answer; None: there is no such name."""
    first, _, rest = name.partition(".")
    if name.endswith((".outlook.com", ".dns-host.com", ".windows.net")):
        if kind == TXT and first == "spf":
            return [record(QUESTION, TXT, text("v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 -all"))]
        return [record(QUESTION, A, bytes([192, 0, 2, 2]))] if kind == A else []
    if rest.startswith("_domainkey."):
        return selector(first, rest.removeprefix("_domainkey."), kind)
    if rest.count(".") == 0:
        return [record(QUESTION, kind, data) for data in OWN[kind](name)] if kind in OWN else []
    if (first, kind) in BELOW:
        return [record(QUESTION, kind, text(BELOW[first, kind]))]
    return [record(QUESTION, CNAME, wire_name(ALIASES[first]))] if first in ALIASES else None


def selector(name: str, domain: str, kind: int) -> list[bytes] | None:
    """Microsoft's first selector is an alias to a key; there is no other."""
    if name != "selector1":
        return None
    target = wire_name(f"selector1-{domain.replace('.', '-')}._domainkey.tenant.onmicrosoft.com")
    key = [record(target, TXT, text(KEY))] if kind == TXT else []
    return [record(QUESTION, CNAME, target), *key]


def answer(query: bytes) -> bytes:
    """The answer to a query, whatever else is in it."""
    labels, at = [], 12
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode())
        at += 1 + length
    kind = int.from_bytes(query[at + 1 : at + 3], "big")
    records = found(".".join(labels).lower(), kind)
    soa = b"" if records else record(QUESTION, SOA, AUTHORITY)
    flags = ANSWER | (NXDOMAIN if records is None else 0)
    head = query[:2] + struct.pack("!5H", flags, 1, len(records or ()), 1 if soa else 0, 0)
    return head + query[12 : at + 5] + b"".join(records or ()) + soa


def serve(delay: float) -> None:
    """Answer until the process is ended."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    server.bind(("127.0.0.1", 0))
    server.settimeout(0)
    print(server.getsockname()[1], flush=True)
    waiting: deque[tuple[float, bytes, tuple[str, int]]] = deque()
    while True:
        select.select([server], [], [], max(0.0, waiting[0][0] - time.monotonic()) if waiting else None)
        for _ in range(64):
            try:
                query, caller = server.recvfrom(4096)
            except BlockingIOError:
                break
            if delay:
                waiting.append((time.monotonic() + delay, query, caller))
            else:
                server.sendto(answer(query), caller)
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, query, caller = waiting.popleft()
            server.sendto(answer(query), caller)


if __name__ == "__main__":
    serve(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0)
