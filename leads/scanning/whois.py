"""Registration data over WHOIS (RFC 3912), where RDAP has none (domain document, b.3).

One question a connection, an answer until the other side closes; five seconds for a lookup, however many servers it
takes and however slowly the bytes drip. A server that an answer names is asked only where it can be a public one.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hunter.crashpoints import crash_point
from hunter.errors import HunterError
from hunter.remote.errors import Deferred
from hunter.remote.gate import Gate
from leads.answers import NotKnown
from leads.domains import read_domain
from leads.scan_answer import Registration, RegistrationAnswer
from leads.scanning.whois_answers import WhoisReading, read_root_referral, read_whois
from leads.scanning.whois_formats import WHOIS_PORT, WhoisServer, whois_formats

TOTAL_SECONDS = 5.0
LONGEST_ANSWER = 256 * 1024
CHUNK = 16 * 1024
CALLS_AT_ONCE = 16
ROOT_AGE_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What one server said, or why it said nothing."""

    text: str = ""
    failure: str = ""


@dataclass(slots=True)
class Lookup:
    """One lookup: the seconds that are left for it, and until when leave to ask is waited for."""

    gate: Gate
    deadline: float
    seconds_left: float


@dataclass(slots=True)
class RootReferrals:
    """Which server the root names for an ending, for a day; empty where it names none."""

    hosts: dict[str, tuple[str, float]] = field(default_factory=dict)

    def get(self, ending: str) -> str | None:
        host, ends = self.hosts.get(ending, ("", 0.0))
        return host if time.monotonic() < ends else None

    def keep(self, ending: str, host: str) -> None:
        self.hosts[ending] = host, time.monotonic() + ROOT_AGE_SECONDS


@dataclass(frozen=True, slots=True)
class Directory:
    """Where to ask: the file's servers, and for other endings the root. `trusted` may have any address."""

    root: WhoisServer
    servers: Mapping[str, WhoisServer]
    trusted: frozenset[str] = frozenset()

    def server_for(self, domain: str) -> WhoisServer | None:
        """The server of a domain's registry, by its longest known ending; None where the file names none."""
        labels = domain.split(".")
        endings = (".".join(labels[start:]) for start in range(len(labels)))
        return next((self.servers[ending] for ending in endings if ending in self.servers), None)


def shipped_directory() -> Directory:
    """The servers that Hunter is delivered with."""
    formats = whois_formats()
    return Directory(WhoisServer(host=formats.root), formats.servers)


def read_whois_server(address: str) -> WhoisServer | None:
    """WHOIS_SERVER: `host` or `host:port`; None for nothing. Raises HunterError."""
    if not address.strip():
        return None
    host, colon, port = address.strip().rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):
        host, port = address.strip(), str(WHOIS_PORT)
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise HunterError(
            f"WHOIS_SERVER is {address!r}; it is a server and a port, like whois.example.com:43.", field="WHOIS_SERVER"
        )
    return WhoisServer(host=host.strip("[]"), port=int(port))


class Whois:
    """Asks the registries. With a `server` everything is asked there, and no answer leads elsewhere.

    Belongs to one event loop.
    """

    def __init__(
        self, *, server: WhoisServer | None = None, directory: Directory | None = None, seconds: float = TOTAL_SECONDS
    ) -> None:
        self._server = server
        self._directory = directory or shipped_directory()
        self._seconds = seconds
        self._at_once = asyncio.Semaphore(CALLS_AT_ONCE)
        self._roots = RootReferrals()

    async def registration(self, domain: str, *, gate: Gate, deadline: float) -> RegistrationAnswer:
        """What the registry says of a registrable domain; each question passes the gate before `deadline`.

        Never raises for what a server or the gate does.
        """
        lookup = Lookup(gate, deadline, self._seconds)
        server = await self._server_for(domain, lookup)
        if isinstance(server, NotKnown):
            return server
        reading = await self._read(server, domain, lookup)
        if self._server or not reading.referral or not wants_more(reading.answer):
            return reading.answer
        return await self._with_referral(reading, server, domain, lookup)

    async def _server_for(self, domain: str, lookup: Lookup) -> WhoisServer | NotKnown:
        """The server that is set, else the registry's: by the file, else as the root names it."""
        known = self._directory.server_for(domain)
        if self._server:
            return self._server.model_copy(update={"charset": known.charset}) if known else self._server
        if known:
            return known
        ending = domain.rpartition(".")[2]
        host = self._roots.get(ending)
        if host is None:
            asked = await self._ask(self._directory.root, ending, lookup)
            if asked.failure:
                return NotKnown(f"the root of WHOIS {asked.failure}")
            host = read_root_referral(asked.text)
            self._roots.keep(ending, host)
        if not host:
            return NotKnown("no WHOIS server for this top-level domain")
        return self._referred(host) or NotKnown("the root of WHOIS names a server that can't be one")

    async def _with_referral(
        self, reading: WhoisReading, server: WhoisServer, domain: str, lookup: Lookup
    ) -> RegistrationAnswer:
        """A thin registry's answer, with what the registrar's own server adds to it; the registry's word goes first."""
        thin = reading.answer
        further = self._referred(reading.referral)
        if further is None or further.host == server.host:
            return thin
        told = (await self._read(further, domain, lookup)).answer
        if not isinstance(thin, Registration) or not isinstance(told, Registration):
            return told if isinstance(told, Registration) else thin
        return replace(
            thin,
            registrar=thin.registrar or told.registrar,
            expires_at=thin.expires_at or told.expires_at,
            nameservers=thin.nameservers or told.nameservers,
            created_at=thin.created_at or told.created_at,
        )

    def _referred(self, host: str) -> WhoisServer | None:
        """A server that an answer names: one of ours, or a valid public host name; always at WHOIS's own port."""
        named = host.strip().lower().removeprefix("whois://").rstrip("./")
        known = {server.host: server for server in self._directory.servers.values()}
        if named in known:
            return known[named]
        return WhoisServer(host=named) if read_domain(named).domain == named else None

    async def _read(self, server: WhoisServer, domain: str, lookup: Lookup) -> WhoisReading:
        asked = await self._ask(server, server.question.format(domain=domain), lookup, charset=server.charset)
        if asked.failure:
            return WhoisReading(NotKnown(f"WHOIS {asked.failure}"))
        return read_whois(asked.text, domain=domain)

    async def _ask(self, server: WhoisServer, question: str, lookup: Lookup, *, charset: str = "iso-8859-1") -> Asked:
        """One question, once leave was given; the wait for it is not the server's time."""
        try:
            await lookup.gate.pass_async(deadline=lookup.deadline)
        except Deferred:
            return Asked(failure="gave no leave to ask in time")
        async with self._at_once:
            began = time.monotonic()
            crash_point("whois.query.before")
            try:
                async with asyncio.timeout(max(0.0, lookup.seconds_left)):
                    answer = await converse(server, question, is_trusted=self._is_trusted(server))
            except TimeoutError:
                return Asked(failure="did not answer in time")
            except (OSError, UnicodeError) as error:
                return Asked(failure=f"gave no answer ({type(error).__name__})")
            finally:
                lookup.seconds_left -= time.monotonic() - began
            crash_point("whois.query.after")
        return Asked(decoded(answer, charset=charset))

    def _is_trusted(self, server: WhoisServer) -> bool:
        """Whether somebody set this server here; others must have a public address, whatever their name says."""
        return self._server is not None or server.host in self._directory.trusted


def wants_more(answer: RegistrationAnswer) -> bool:
    """Whether a registry left out what its registrar's server may tell: a thin registry."""
    if isinstance(answer, Registration):
        return not answer.registrar or answer.expires_at is None
    return False


async def converse(server: WhoisServer, question: str, *, is_trusted: bool) -> bytes:
    """The whole answer to one question. Raises OSError, UnicodeError for a name that can't be resolved."""
    reader, writer = await connected(server, is_trusted=is_trusted)
    try:
        writer.write(f"{question}\r\n".encode("ascii", errors="replace"))
        await writer.drain()
        return await whole_answer(reader)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def connected(server: WhoisServer, *, is_trusted: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the server, at the first of its addresses that takes one. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    allowed = [one for one in addresses if is_trusted or is_public(one)]
    failure = OSError("no public address")
    for address in allowed:
        try:
            return await asyncio.open_connection(address, server.port)
        except OSError as error:
            failure = error
    raise failure


def is_public(address: str) -> bool:
    """Whether the address is on the internet: an answer must not lead into somebody's own network."""
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_global
    except ValueError:
        return False


async def whole_answer(reader: asyncio.StreamReader) -> bytes:
    """What comes until the other side closes; of an endless answer the beginning."""
    answer = bytearray()
    while len(answer) < LONGEST_ANSWER and (chunk := await reader.read(CHUNK)):
        answer += chunk
    return bytes(answer[:LONGEST_ANSWER])


def decoded(answer: bytes, *, charset: str) -> str:
    """The text of an answer: UTF-8 where it is, else the registry's own charset; what fits neither is replaced."""
    for name in ("utf-8-sig", charset):
        try:
            return answer.decode(name)
        except UnicodeDecodeError:
            continue
    return answer.decode("utf-8", errors="replace")
