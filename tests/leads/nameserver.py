"""A nameserver on loopback that answers as a test says, for what no well-behaved server does."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from leads.scanning.resolver import Nameserver
from tests.waiting import PATIENCE

Respond = Callable[[dns.message.Message], list[bytes]]


def reply(query: dns.message.Message, *answer: str, rcode: str = "NOERROR", authority: tuple[str, ...] = ()) -> bytes:
    """A response with these records, each written like `firm.com. 300 IN A 192.0.2.1`."""
    response = dns.message.make_response(query, recursion_available=True)
    response.set_rcode(dns.rcode.from_text(rcode))
    response.answer = [record(text) for text in answer]
    response.authority = [record(text) for text in authority]
    return response.to_wire(max_size=65535)


def truncated(query: dns.message.Message) -> bytes:
    response = dns.message.make_response(query)
    response.flags |= dns.flags.TC
    return response.to_wire()


def record(text: str) -> dns.rrset.RRset:
    name, ttl, _, kind, data = text.split(" ", 4)
    return dns.rrset.from_text(name, int(ttl), "IN", kind, data)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, respond: Respond) -> None:
        self._respond = respond

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, addr):
        for answer in self._respond(dns.message.from_wire(data)):
            self._transport.sendto(answer, addr)


async def _listening(
    on_connection: Callable[..., Any], over_udp: Respond
) -> tuple[asyncio.Server, asyncio.DatagramTransport, str, int]:
    """TCP and UDP on one port: another one is taken where somebody has the first for UDP."""
    loop = asyncio.get_running_loop()
    while True:
        server = await asyncio.start_server(on_connection, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        try:
            transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(over_udp), local_addr=(host, port))
        except OSError:
            server.close()
            continue
        return server, transport, host, port


@contextlib.asynccontextmanager
async def nameserver(over_udp: Respond, over_tcp: Respond | None = None) -> AsyncIterator[Nameserver]:
    """Listens on a free port, on TCP too where a test says what it answers there."""

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        query = dns.message.from_wire(await reader.readexactly(length))
        for answer in over_tcp(query) if over_tcp else []:
            writer.write(len(answer).to_bytes(2, "big") + answer)
        await writer.drain()
        writer.close()

    server, transport, host, port = await _listening(on_connection, over_udp)
    try:
        yield Nameserver(host, port)
    finally:
        transport.close()
        server.close()
        await server.wait_closed()


@contextlib.contextmanager
def nameserver_beside(over_udp: Respond) -> Iterator[Nameserver]:
    """The same on an event loop in a thread of its own, for scans as the ledger does them."""
    loop, running = asyncio.new_event_loop(), contextlib.AsyncExitStack()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    begun = asyncio.run_coroutine_threadsafe(running.enter_async_context(nameserver(over_udp)), loop)
    try:
        yield begun.result(PATIENCE)
    finally:
        asyncio.run_coroutine_threadsafe(running.aclose(), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
