"""The WHOIS server of the sandbox: one question a connection, on a loopback port of its own (RFC 3912)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time

from hunter.sandbox.clock import Clock
from hunter.sandbox.faults import Fault, FaultBook, FaultKind
from hunter.sandbox.http_server import LOOPBACK
from hunter.sandbox.journal import Journal, begin_call
from hunter.sandbox.loop_thread import Close, LoopThread
from hunter.sandbox.refusals import html_answer
from hunter.sandbox.whois import texts
from hunter.sandbox.whois.register import Register

LONGEST_QUESTION = 1024
IDLE_SECONDS = 60.0
GATEWAY_STATUS = 502
NO_TEXT = b"\xff\xfe\x00Registr\x80"


class WhoisServer:
    """Answers from `register`, which may be replaced at any time, on an event loop in a thread of its own."""

    def __init__(self, register: Register, *, faults: FaultBook, journal: Journal, clock: Clock) -> None:
        self._register = register
        self._faults = faults
        self._journal = journal
        self._clock = clock
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind((LOOPBACK, 0))
        self._socket.listen(256)
        self._running = LoopThread(self._serve, name="sandbox-whois")

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        self._running.start()

    def stop(self) -> None:
        self._running.stop()

    def close(self) -> None:
        """Give the port back without having started."""
        self._socket.close()
        self._running.discard()

    def show(self, register: Register) -> None:
        """Answer from this register from now on."""
        self._register = register

    async def _serve(self) -> Close:
        self._socket.settimeout(0)
        return (await asyncio.start_server(self._on_connection, sock=self._socket)).close

    async def _on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, ValueError, asyncio.LimitOverrunError, asyncio.CancelledError):
                async with asyncio.timeout(IDLE_SECONDS):
                    question = await reader.readline()
                if question:
                    await self._answer(question, writer)
        finally:
            writer.close()

    async def _answer(self, question: bytes, writer: asyncio.StreamWriter) -> None:
        line = question[:LONGEST_QUESTION].decode("latin-1").strip()
        domain = domain_in(line)
        call = begin_call(
            self._journal, method="WHOIS", path=line, operation=domain, now=self._clock.now(), transport="tcp"
        )
        began = time.monotonic()
        try:
            fault = self._faults.take("whois", (domain, "domain"))
            if fault is not None:
                call.fault = fault.fault
            call.outcome = await self._send(fault, domain, writer)
        finally:
            call.seconds = time.monotonic() - began
            self._journal.end()

    async def _send(self, fault: Fault | None, domain: str, writer: asyncio.StreamWriter) -> str:
        """The answer, as the fault wants it; what became of it in a word."""
        kind = fault.fault if fault else None
        if kind is FaultKind.DROP_BEFORE:
            _reset(writer)
            return "dropped"
        if fault is not None and kind in {FaultKind.STATUS, FaultKind.HTML}:
            page = html_answer(status=fault.status or GATEWAY_STATUS).get_data()
            is_page = kind is FaultKind.HTML
            writer.write(page if is_page else texts.refusal(fault.status, wait=fault.retry_after))
            await writer.drain()
            return "refused"

        answer = self._register.answer(domain)
        if fault is not None and kind is FaultKind.SLOW:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), timeout=fault.seconds)
        if kind is FaultKind.BROKEN_JSON:
            answer = NO_TEXT + answer[: len(answer) // 4]
        writer.write(answer[: len(answer) // 2] if kind is FaultKind.DROP_AFTER else answer)
        await writer.drain()
        if kind is FaultKind.DROP_AFTER:
            _reset(writer)
            return "dropped"
        return "answered"


def _reset(writer: asyncio.StreamWriter) -> None:
    """End the connection so that the other side sees a failure and no end of an answer."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def domain_in(line: str) -> str:
    """The domain that a question is about: its last word, without what some registries want beside it."""
    words = line.split()
    return words[-1].removesuffix("/e").rstrip(".").lower() if words else ""
