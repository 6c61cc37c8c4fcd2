"""The DNS server of the sandbox: UDP and TCP on one loopback port, on an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

from hunter.sandbox.clock import Clock
from hunter.sandbox.dns.answers import Answers, servfail, truncated
from hunter.sandbox.dns.zone import Zone
from hunter.sandbox.faults import Fault, FaultBook, FaultKind
from hunter.sandbox.http_server import LOOPBACK
from hunter.sandbox.journal import Call, Journal, begin_call
from hunter.sandbox.loop_thread import Close, LoopThread

TRIES_FOR_A_PORT = 50
RECEIVE_BUFFER = 4 * 1024 * 1024
UDP_PASSES: frozenset[FaultKind] = frozenset()
TCP_PASSES = frozenset({FaultKind.DNS_TRUNCATE})

Send = Callable[[bytes], None]


class DnsServer:
    """Answers from `zone`, which may be replaced at any time."""

    def __init__(self, zone: Zone, *, faults: FaultBook, journal: Journal, clock: Clock) -> None:
        self._zone = zone
        self._faults = faults
        self._journal = journal
        self._clock = clock
        self._answers = Answers()
        self._udp, self._tcp = _sockets_on_one_port()
        self._running = LoopThread(self._serve, name="sandbox-dns")

    @property
    def port(self) -> int:
        return int(self._udp.getsockname()[1])

    def start(self) -> None:
        self._running.start()

    def stop(self) -> None:
        self._running.stop()

    def close(self) -> None:
        """Give the ports back without having started."""
        self._udp.close()
        self._tcp.close()
        self._running.discard()

    def show(self, zone: Zone) -> None:
        """Answer from this zone from now on."""
        self._zone = zone
        self._answers.forget()

    def forget_answers(self) -> None:
        """The zone has changed."""
        self._answers.forget()

    def on_query(self, query: bytes, send: Send, *, transport: str) -> None:
        """Answer one query, or let it time out. `send` gets the whole message."""
        prepared = self._answers.prepared(query, self._zone)
        if prepared is None:
            return
        call = begin_call(
            self._journal,
            method=prepared.kind,
            path=prepared.name,
            operation=prepared.kind,
            now=self._clock.now(),
            transport=transport,
        )
        is_tcp = transport == "tcp"
        fault = self._faults.take("dns", prepared.matches, passing=TCP_PASSES if is_tcp else UDP_PASSES)
        ready = _Ready(call, query, send, prepared.over_tcp if is_tcp else prepared.over_udp, prepared.rcode)
        if fault is not None and fault.fault is FaultKind.SLOW:
            call.fault = fault.fault
            self._running.loop.call_later(fault.seconds, self._finish, ready)
        else:
            self._finish(ready if fault is None else _spoilt(ready, fault))

    def _finish(self, ready: _Ready) -> None:
        ready.call.outcome = ready.outcome
        self._journal.end()
        if ready.answer is not None:
            ready.send(ready.query[:2] + ready.answer)

    async def _serve(self) -> Close:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), sock=self._udp)
        server = await asyncio.start_server(self._on_connection, sock=self._tcp)

        def close() -> None:
            transport.close()
            server.close()

        return close

    async def _on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def send(message: bytes) -> None:
            writer.write(len(message).to_bytes(2, "big") + message)

        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                length = int.from_bytes(await reader.readexactly(2), "big")
                self.on_query(await reader.readexactly(length), send, transport="tcp")
                await writer.drain()
        writer.close()


@dataclass(frozen=True, slots=True)
class _Ready:
    """An answer that can go out; None: nothing does. It is without the query's id."""

    call: Call
    query: bytes
    send: Send
    answer: bytes | None
    outcome: str


def _spoilt(ready: _Ready, fault: Fault) -> _Ready:
    ready.call.fault = fault.fault
    match fault.fault:
        case FaultKind.DNS_SERVFAIL:
            return replace(ready, answer=servfail(ready.query), outcome="SERVFAIL")
        case FaultKind.DNS_TRUNCATE:
            return replace(ready, answer=truncated(ready.query), outcome="TRUNCATED")
        case _:
            return replace(ready, answer=None, outcome="TIMEOUT")


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        transport = self._transport
        self._server.on_query(data, lambda message: transport.sendto(message, addr), transport="udp")


def _sockets_on_one_port() -> tuple[socket.socket, socket.socket]:
    for _ in range(TRIES_FOR_A_PORT):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        udp.bind((LOOPBACK, 0))
        try:
            tcp.bind(udp.getsockname())
        except OSError:  # another process has this port on TCP
            udp.close()
            tcp.close()
            continue
        tcp.listen(256)
        for one in (udp, tcp):
            one.settimeout(0)
        return udp, tcp
    raise OSError(f"no port is free for both UDP and TCP on {LOOPBACK} after {TRIES_FOR_A_PORT} tries")
