"""A WHOIS server on loopback that answers as a test says, for what no well-behaved server does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from leads.scanning.whois_formats import WhoisServer

Speak = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class Listening:
    """Where it listens, and the questions it was asked."""

    server: WhoisServer
    asked: list[str] = field(default_factory=list)


def saying(text: str | bytes) -> Speak:
    """Answers this and closes."""

    async def speak(question: str, writer: asyncio.StreamWriter) -> None:
        writer.write(text if isinstance(text, bytes) else text.encode())
        await writer.drain()

    return speak


@contextlib.asynccontextmanager
async def whois_server(speak: Speak, *, question: str = "{domain}") -> AsyncIterator[Listening]:
    """Listens on a free port until the block ends."""

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readline()).decode().rstrip("\r\n")
        listening.asked.append(asked)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await speak(asked, writer)
        writer.close()

    server = await asyncio.start_server(on_connection, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    listening = Listening(WhoisServer(host=host, port=port, question=question))
    try:
        yield listening
    finally:
        server.close()
        await server.wait_closed()
