"""A threaded HTTP/1.1 server for loopback, with connections that stay open.

Werkzeug's own server closes the connection after each answer; a client's pool, its reuse of connections and what it
does when one is dropped could not be tested with it. Requests and responses are werkzeug's.
"""

from __future__ import annotations

import io
import socket
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from threading import Lock, Thread
from typing import Any
from urllib.parse import unquote_to_bytes

from werkzeug import Request, Response
from werkzeug.http import http_date

LOOPBACK = "127.0.0.1"
LONGEST_BODY = 64 * 1024 * 1024
IDLE_SECONDS = 75.0


class ConnectionDropped(Exception):
    """Close the connection without a byte of answer."""


class LoopbackServer(ThreadingMixIn, TCPServer):
    """Listens on 127.0.0.1 and answers each request with `application`, one thread for each connection."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(self, port: int, *, application: Callable[[Request], Response]) -> None:
        self.application = application
        self._connections: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__((LOOPBACK, port), _Connection)
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, name="sandbox-http")

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._lock:
            for connection in self._connections:
                _hang_up(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up in mid-answer is everyday life here; anything else is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: LoopbackServer

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if "Transfer-Encoding" in self.headers or length > LONGEST_BODY:
            self._send(Response(status=HTTPStatus.LENGTH_REQUIRED, headers={"Connection": "close"}))
            return
        body = self.rfile.read(length) if length else b""
        if len(body) < length:  # the client is gone in mid-request: nothing arrived
            self.close_connection = True
            return
        try:
            response = self.server.application(Request(self._environ(body)))
        except ConnectionDropped:
            self.close_connection = True
            return
        self._send(response)

    def __getattr__(self, name: str) -> Any:
        """The server of the standard library looks for do_GET, do_PATCH and so on: all of them are `answer`."""
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def log_message(self, *_args: Any) -> None:
        """The journal keeps the calls; standard error stays quiet."""

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": self.path,
            "REQUEST_URI": self.path,
            "SERVER_PROTOCOL": self.request_version,
            "SERVER_NAME": LOOPBACK,
            "SERVER_PORT": str(self.server.port),
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
        }
        for name, value in self.headers.items():
            key = "HTTP_" + name.upper().replace("-", "_")
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ

    def _send(self, response: Response) -> None:
        body = response.get_data()
        headers = response.headers
        if response.status_code not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            headers["Content-Length"] = str(len(body))
        else:
            headers.pop("Content-Length", None)
            body = b""
        headers.setdefault("Date", http_date())
        if headers.get("Connection", "").lower() == "close":
            self.close_connection = True
        lines = [f"HTTP/1.1 {response.status}", *(f"{name}: {value}" for name, value in headers)]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        self.wfile.write(head if self.command == "HEAD" else head + body)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # the client was quicker
        return
