"""Asking DNS servers: UDP, then TCP where the answer was cut off, in limited time (contract 8.1).

Never raises for what a server does: an answer is Found, Absent or NotKnown, and a timeout is not an absence (b.4).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset
from dns.rdatatype import RdataType

from hunter.crashpoints import crash_point
from hunter.errors import HunterError
from leads.answers import Absent, Answer, Found, NotKnown

DNS_PORT = 53
UDP_PAYLOAD = 1232  # the size that avoids fragments
MOST_ALIASES = 12
# Each query has a socket of its own, so that its port can't be guessed; a process may have 1,024 open files.
MOST_QUERIES_AT_ONCE = 400
DEFINITE = frozenset({dns.rcode.NOERROR, dns.rcode.NXDOMAIN})
NO_EDNS = frozenset({dns.rcode.FORMERR, dns.rcode.NOTIMP})


@dataclass(frozen=True, slots=True)
class Nameserver:
    """Where a resolver listens."""

    host: str
    port: int = DNS_PORT

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class DnsLimits:
    """Seconds: for a lookup in all, and for one question before it is asked again."""

    total: float = 10.0
    one_try: float = 2.0


@dataclass(frozen=True, slots=True)
class Response:
    """A definite response, and the nameserver that gave it."""

    message: dns.message.Message
    by: Nameserver


@dataclass(frozen=True, slots=True)
class Alias:
    """The answer ends at another name, which has to be asked too."""

    target: dns.name.Name
    aliases: tuple[str, ...]


def read_nameservers(addresses: Sequence[str]) -> tuple[Nameserver, ...]:
    """Nameservers from `host:port` texts; with none given those of this machine. Raises HunterError."""
    if addresses:
        return tuple(read_nameserver(address) for address in addresses)
    try:
        system = dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration as error:
        raise HunterError(
            "This machine names no DNS server. Set DNS_NAMESERVERS to one or more, like 9.9.9.9:53.",
            field="DNS_NAMESERVERS",
        ) from error
    return tuple(Nameserver(str(host), system.port) for host in system.nameservers)


def read_nameserver(address: str) -> Nameserver:
    """One nameserver from `host`, `host:port` or `[v6 address]:port`."""
    host, colon, port = address.strip().rpartition(":")
    if not colon or (host.count(":") and not host.endswith("]")):
        host, port = address.strip(), str(DNS_PORT)
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise HunterError(
            f"DNS_NAMESERVERS has {address!r}; each entry is an address and a port, like 9.9.9.9:53.",
            field="DNS_NAMESERVERS",
        )
    return Nameserver(host.strip("[]"), int(port))


class Resolver:
    """Asks the nameservers in their order. Belongs to one event loop."""

    def __init__(self, nameservers: Sequence[Nameserver], *, limits: DnsLimits | None = None) -> None:
        self.nameservers = tuple(nameservers)
        self._limits = limits or DnsLimits()
        self._backend = dns.asyncbackend.get_backend("asyncio")
        self._at_once = asyncio.Semaphore(MOST_QUERIES_AT_ONCE)

    async def lookup(self, name: str, rdtype: RdataType) -> Answer:
        """What the nameservers say of a name, aliases followed; records as texts, best mail host first."""
        try:
            asked = dns.name.from_text(name)
        except dns.exception.DNSException:
            return Absent("no such name can exist")

        async with self._at_once:
            crash_point("dns.lookup.before")
            try:
                async with asyncio.timeout(self._limits.total):
                    answer = await self._follow(asked, rdtype)
            except TimeoutError:
                return NotKnown("timeout")
            crash_point("dns.lookup.after")
            return answer

    async def _follow(self, name: dns.name.Name, rdtype: RdataType) -> Answer:
        seen, passed = {name}, tuple[str, ...]()
        for _ in range(MOST_ALIASES):
            asked = await self._ask(name, rdtype)
            if isinstance(asked, NotKnown):
                return asked
            read = read_response(asked.message, name, rdtype)
            passed += read.aliases
            if not isinstance(read, Alias):
                return replace(read, aliases=passed, by=str(asked.by) if len(self.nameservers) > 1 else "")
            if read.target in seen:
                break
            seen.add(read.target)
            name = read.target
        return Absent("the alias leads nowhere")

    async def _ask(self, name: dns.name.Name, rdtype: RdataType) -> Response | NotKnown:
        """The first definite response. A server that fails is not asked again, one that is silent is."""
        willing, turn, reason = list(self.nameservers), 0, "no nameserver"
        while willing:
            server = willing[turn % len(willing)]
            try:
                return Response(await self._ask_one(server, name, rdtype), server)
            except dns.exception.Timeout:
                reason, turn = "timeout", turn + 1
            except (dns.exception.DNSException, OSError, EOFError) as error:
                willing.remove(server)
                reason = str(error) if isinstance(error, Unwilling) else f"no answer ({type(error).__name__})"
        return NotKnown(reason)

    async def _ask_one(self, server: Nameserver, name: dns.name.Name, rdtype: RdataType) -> dns.message.Message:
        response = await self._exchange(server, dns.message.make_query(name, rdtype, use_edns=0, payload=UDP_PAYLOAD))
        if response.rcode() in NO_EDNS:
            response = await self._exchange(server, dns.message.make_query(name, rdtype, use_edns=False))
        if response.rcode() not in DEFINITE:
            raise Unwilling(dns.rcode.to_text(response.rcode()).lower())
        if is_referral(response):
            raise Unwilling("lame")
        return response

    async def _exchange(self, server: Nameserver, query: dns.message.Message) -> dns.message.Message:
        """One question and its answer. Strays and answers with another id or question are waited past."""
        try:
            return await dns.asyncquery.udp(
                query,
                server.host,
                port=server.port,
                timeout=self._limits.one_try,
                ignore_unexpected=True,
                ignore_errors=True,
                raise_on_truncation=True,
                backend=self._backend,
            )
        except dns.message.Truncated:
            return await dns.asyncquery.tcp(
                query, server.host, port=server.port, timeout=self._limits.total, backend=self._backend
            )


class Unwilling(dns.exception.DNSException):
    """A server answered, but with no answer to the question."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)  # type: ignore[no-untyped-call]  # dnspython's own constructor has no types


def is_referral(response: dns.message.Message) -> bool:
    """A server that only points elsewhere knows nothing: not the same as "there is no such record"."""
    kinds = {rrset.rdtype for rrset in response.authority}
    return (
        response.rcode() == dns.rcode.NOERROR
        and not response.answer
        and dns.rdatatype.NS in kinds
        and dns.rdatatype.SOA not in kinds
    )


def read_response(response: dns.message.Message, name: dns.name.Name, rdtype: RdataType) -> Found | Absent | Alias:
    """The answer in a definite response, along the aliases in it."""
    final, passed = name, {name: ""}  # in the order in which they were passed
    while True:
        names = tuple(passed.values())[1:]
        records = records_at(response, final, rdtype)
        if records:
            return Found(as_texts(records), ttl=records.ttl, aliases=names)
        alias = records_at(response, final, dns.rdatatype.CNAME)
        if not alias:
            break
        final = alias[0].target
        if final in passed:
            return Absent("the alias leads in a circle", aliases=names)
        passed[final] = host_text(final)

    ttl = absence_ttl(response)
    if response.rcode() == dns.rcode.NXDOMAIN:
        return Absent("nxdomain", ttl=ttl or 0, aliases=names)
    if final == name or ttl is not None:
        return Absent("nodata", ttl=ttl or 0, aliases=names)
    return Alias(final, names)


def absence_ttl(response: dns.message.Message) -> int | None:
    """For how long an absence holds (RFC 2308, 5); None where the response has no SOA, so that nothing is settled."""
    kept = [min(rrset.ttl, rrset[0].minimum) for rrset in response.authority if rrset.rdtype == dns.rdatatype.SOA]
    return kept[0] if kept else None


def records_at(response: dns.message.Message, name: dns.name.Name, rdtype: RdataType) -> dns.rrset.RRset | None:
    found = (rrset for rrset in response.answer if rrset.name == name and rrset.rdtype == rdtype)
    return next(found, None)


def as_texts(records: dns.rrset.RRset) -> tuple[str, ...]:
    """Records as Hunter reads them: TXT parts joined without a separator, hosts lower case, the best mail host first."""
    if records.rdtype == dns.rdatatype.TXT:
        return tuple(readable(b"".join(record.strings)) for record in records)
    if records.rdtype == dns.rdatatype.MX:
        return tuple(host_text(record.exchange) for record in sorted(records, key=mail_order))
    if records.rdtype in {dns.rdatatype.NS, dns.rdatatype.CNAME}:
        return tuple(sorted(host_text(record.target) for record in records))
    return tuple(record.to_text() for record in records)


def readable(text: bytes) -> str:
    """A text that can be kept: the database takes no NUL."""
    return text.decode("utf-8", errors="replace").replace("\x00", "\ufffd")


def mail_order(record: Any) -> tuple[int, str]:
    """Lowest preference first; ties by name, because a server rotates them and the first one decides."""
    return record.preference, host_text(record.exchange)


def host_text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower().rstrip(".")
