"""One question to one nameserver, and its answer: over UDP, or over TCP where the answer was cut off (contract 8.1)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections import deque

from leads.scanning import messages
from leads.scanning.messages import Malformed, Response

# A port that carries few questions can't be guessed in time, and one question at a time leaves nothing to mix up.
QUESTIONS_FOR_A_PORT = 50
LONGEST_DATAGRAM = 65535


class Exchange:
    """The way to one nameserver. Belongs to one event loop."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._lines: set[_Line] = set()
        self._free: deque[_Line] = deque()

    async def over_udp(self, question: bytes, *, with_options: bool, wait: float) -> Response:
        """The first answer to the question; strays are waited past. Raises TimeoutError and OSError."""
        line = self._free.popleft() if self._free else self._open()
        try:
            response = await line.ask(question, with_options=with_options, wait=wait)
        except BaseException:
            self._close(line)  # a late answer must not meet the next question
            raise
        if line.asked < QUESTIONS_FOR_A_PORT:
            self._free.append(line)
        else:
            self._close(line)
        return response

    async def over_tcp(self, question: bytes, *, with_options: bool, wait: float) -> Response:
        """The same on a connection of its own. Raises TimeoutError, OSError, EOFError and Malformed."""
        number = a_number()
        query = messages.query(question, number=number, with_options=with_options)
        async with asyncio.timeout(wait):
            reader, writer = await asyncio.open_connection(*self._address)
            try:
                writer.write(len(query).to_bytes(2, "big") + query)
                wire = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
        if not messages.is_answer_to(wire, question, number=number):
            raise Malformed("an answer to another question")
        return messages.read_response(wire)

    def close(self) -> None:
        """Give the sockets back."""
        self._free.clear()
        for line in list(self._lines):
            self._close(line)

    def _open(self) -> _Line:
        line = _Line(self._family, self._address)
        self._lines.add(line)
        return line

    def _close(self, line: _Line) -> None:
        if line in self._lines:
            self._lines.remove(line)
            line.close()


class _Line:
    """A UDP socket to the nameserver: what others send to it, the kernel throws away."""

    __slots__ = ("_loop", "_number", "_question", "_socket", "_waiter", "asked")

    def __init__(self, family: socket.AddressFamily, address: tuple[str, int]) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.settimeout(0)
            self._socket.connect(address)
        except OSError:
            self._socket.close()
            raise
        self._waiter: asyncio.Future[Response] | None = None
        self._question, self._number, self.asked = b"", 0, 0
        self._loop.add_reader(self._socket, self._on_datagram)

    async def ask(self, question: bytes, *, with_options: bool, wait: float) -> Response:
        self._question, self._number = question, a_number()
        self.asked += 1
        waiter: asyncio.Future[Response] = self._loop.create_future()
        self._waiter = waiter
        timer = self._loop.call_later(wait, self._give_up)
        try:
            with contextlib.suppress(BlockingIOError):  # no room in the kernel: as good as lost on the way
                self._socket.send(messages.query(question, number=self._number, with_options=with_options))
            return await waiter
        finally:
            timer.cancel()
            self._waiter = None

    def close(self) -> None:
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _give_up(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(TimeoutError())

    def _on_datagram(self) -> None:
        try:
            wire = self._socket.recv(LONGEST_DATAGRAM)
        except BlockingIOError:
            return
        except OSError as error:  # nobody listens there
            if self._waiter is not None and not self._waiter.done():
                self._waiter.set_exception(error)
            return
        if self._waiter is None or self._waiter.done():
            return
        if messages.is_answer_to(wire, self._question, number=self._number):
            with contextlib.suppress(Malformed):  # what can't be read is waited past like a stray
                self._waiter.set_result(messages.read_response(wire))


def a_number() -> int:
    """What tells a question's answer from others; nobody can foresee it."""
    return int.from_bytes(os.urandom(2), "big")
