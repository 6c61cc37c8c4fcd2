"""Asking DNS servers: UDP, then TCP where the answer was cut off, in limited time (contract 8.1).

Never raises for what a server does: an answer is Found, Absent or NotKnown, and a timeout is not an absence (b.4).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import dns.exception
import dns.rcode
import dns.resolver
from dns.rdatatype import RdataType

from hunter.crashpoints import crash_point
from hunter.errors import HunterError
from leads.answers import Absent, Answer, Found, NotKnown
from leads.scanning.exchange import Exchange
from leads.scanning.messages import (
    Malformed,
    Record,
    Response,
    address_in,
    any_data_in,
    host_in,
    least_ttl_in,
    mail_host_in,
    name_as_read,
    question_for,
    records_at,
    text_in,
)
from leads.scanning.turns import Turns

DNS_PORT = 53
MOST_ALIASES = 12
# Each query under way has a socket of its own, and a process may have 1,024 open files.
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
class Told:
    """A definite response, and the nameserver that gave it."""

    response: Response
    by: Nameserver


@dataclass(frozen=True, slots=True)
class Alias:
    """The answer ends at another name, which has to be asked too."""

    target: str
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
        self._ways = {server: Exchange(server.host, server.port) for server in self.nameservers}
        self._turns = Turns(MOST_QUERIES_AT_ONCE)

    async def lookup(self, name: str, rdtype: RdataType) -> Answer:
        """What the nameservers say of a name, aliases followed; records as texts, best mail host first."""
        await self._turns.take()
        try:
            crash_point("dns.lookup.before")
            answer = await self._follow(name, rdtype, deadline=time.monotonic() + self._limits.total)
            crash_point("dns.lookup.after")
        except TimeoutError:
            return NotKnown("timeout")
        except dns.exception.DNSException:
            return Absent("no such name can exist")
        except Malformed as error:
            return NotKnown(f"an answer that can't be read ({error})")
        finally:
            self._turns.give_back()
            if self._turns.nobody_has_one:  # it holds no socket while nobody asks
                for way in self._ways.values():
                    way.close()
        return answer

    async def _follow(self, name: str, rdtype: RdataType, *, deadline: float) -> Answer:
        name = name_as_read(name)
        seen, passed = {name}, tuple[str, ...]()
        for _ in range(MOST_ALIASES):
            told = await self._ask(question_for(name, rdtype), deadline=deadline)
            if isinstance(told, NotKnown):
                return told
            read = answer_in(told.response, name, rdtype)
            passed += read.aliases
            by = str(told.by) if len(self.nameservers) > 1 else ""
            if not isinstance(read, Alias):
                return replace(read, aliases=passed, by=by) if by or passed != read.aliases else read
            if read.target in seen:
                break
            seen.add(read.target)
            name = read.target
        return Absent("the alias leads nowhere")

    async def _ask(self, question: bytes, *, deadline: float) -> Told | NotKnown:
        """The first definite response. A server that fails is not asked again, one that is silent is."""
        willing, turn, reason = list(self.nameservers), 0, "no nameserver"
        while willing:
            server = willing[turn % len(willing)]
            try:
                return Told(await self._ask_one(self._ways[server], question, deadline=deadline), server)
            except TimeoutError:
                if time.monotonic() >= deadline:
                    raise
                reason, turn = "timeout", turn + 1
            except Unwilling as error:
                willing.remove(server)
                reason = str(error)
            except (OSError, EOFError, Malformed) as error:
                willing.remove(server)
                reason = f"no answer ({type(error).__name__})"
        return NotKnown(reason)

    async def _ask_one(self, way: Exchange, question: bytes, *, deadline: float) -> Response:
        response = await self._exchange(way, question, with_options=True, deadline=deadline)
        if response.rcode in NO_EDNS:
            response = await self._exchange(way, question, with_options=False, deadline=deadline)
        if response.rcode not in DEFINITE:
            raise Unwilling(dns.rcode.to_text(dns.rcode.Rcode(response.rcode)).lower())
        if is_referral(response):
            raise Unwilling("lame")
        return response

    async def _exchange(self, way: Exchange, question: bytes, *, with_options: bool, deadline: float) -> Response:
        wait = min(self._limits.one_try, deadline - time.monotonic())
        response = await way.over_udp(question, with_options=with_options, wait=wait)
        if not response.is_truncated:
            return response
        return await way.over_tcp(question, with_options=with_options, wait=deadline - time.monotonic())


class Unwilling(Exception):
    """A server answered, but with no answer to the question."""


def is_referral(response: Response) -> bool:
    """A server that only points elsewhere knows nothing: not the same as "there is no such record"."""
    if response.rcode != dns.rcode.NOERROR or response.answer:
        return False
    kinds = {record.kind for record in response.authority}
    return RdataType.NS in kinds and RdataType.SOA not in kinds


def answer_in(response: Response, name: str, rdtype: RdataType) -> Found | Absent | Alias:
    """The answer in a definite response, along the aliases in it. Raises Malformed."""
    final, passed = name, [name]  # in the order in which they were passed
    while True:
        aliases = tuple(passed[1:])
        if records := records_at(response.answer, final, rdtype):
            return Found(as_texts(response, records), ttl=min(record.ttl for record in records), aliases=aliases)
        alias = records_at(response.answer, final, RdataType.CNAME)
        if not alias:
            break
        final = host_in(response, alias[0])
        if final in passed:
            return Absent("the alias leads in a circle", aliases=aliases)
        passed.append(final)

    ttl = absence_ttl(response)
    if response.rcode == dns.rcode.NXDOMAIN:
        return Absent("nxdomain", ttl=ttl or 0, aliases=aliases)
    if final == name or ttl is not None:
        return Absent("nodata", ttl=ttl or 0, aliases=aliases)
    return Alias(final, aliases)


def absence_ttl(response: Response) -> int | None:
    """For how long an absence holds (RFC 2308, 5); None where the response has no SOA, so that nothing is settled."""
    kept = [least_ttl_in(response, record) for record in response.authority if record.kind == RdataType.SOA]
    return kept[0] if kept else None


def as_texts(response: Response, records: Sequence[Record]) -> tuple[str, ...]:
    """Records as Hunter reads them: hosts lower case, the best mail host first, each once.

    Ties of mail hosts go by name, because a server rotates them and the first one decides.
    """
    match records[0].kind:
        case RdataType.TXT:
            texts: Iterable[str] = (text_in(response, record) for record in records)
        case RdataType.MX:
            texts = (host for _, host in sorted(mail_host_in(response, record) for record in records))
        case RdataType.NS | RdataType.CNAME:
            texts = sorted(host_in(response, record) for record in records)
        case RdataType.A:
            texts = (address_in(response, record) for record in records)
        case _:
            texts = (any_data_in(response, record) for record in records)
    return tuple(dict.fromkeys(texts))
