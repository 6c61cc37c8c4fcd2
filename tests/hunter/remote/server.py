"""A tiny HTTP server on loopback whose answers a test writes byte by byte."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """What arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Reply = Callable[[socket.socket], None]


@dataclass
class ToyServer:
    """Where it listens, what it got, and what it says next (the last reply stays)."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def next_reply(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def answer(status: int = 200, body: Any = None, **headers: str) -> Reply:
    """A whole answer; what is no bytes is JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body if body is not None else {}).encode()
    lines = [f"HTTP/1.1 {status} Word", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return lambda connection: connection.sendall("\r\n".join([*lines, "", ""]).encode() + content)


def raw(text: bytes) -> Reply:
    """These bytes, and the end of the connection."""

    def reply(connection: socket.socket) -> None:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_RDWR)

    return reply


def reset(connection: socket.socket) -> None:
    """The connection breaks."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())  # the reader's reference would keep it open


def drip(server: ToyServer, text: bytes, *, every: float) -> Reply:
    """One byte at a time, until the test lets go."""

    def reply(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            for byte in text:
                connection.sendall(bytes([byte]))
                if server.let_go.wait(every):
                    return

    return reply


def silence(server: ToyServer) -> Reply:
    """No answer until the test lets go."""

    def reply(connection: socket.socket) -> None:
        server.let_go.wait(30)

    return reply


@contextlib.contextmanager
def toy_server() -> Iterator[ToyServer]:
    """A server that answers 200 and an empty object until it is told otherwise."""
    state = ToyServer(replies=[answer()])

    class Exchange(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError, ValueError):
                while request := _read(self.rfile):
                    state.requests.append(request)
                    state.next_reply()(self.connection)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address, daemon_threads = True, True

    with Server(("127.0.0.1", 0), Exchange) as server:
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        try:
            yield state
        finally:
            state.let_go.set()
            server.shutdown()
            thread.join()


def _read(stream: Any) -> Request | None:
    first = stream.readline()
    if not first:
        return None
    method, path, _ = first.decode().split(" ", 2)
    headers = {}
    while line := stream.readline().decode().strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Request(method, path, headers, stream.read(int(headers.get("content-length", 0))))
