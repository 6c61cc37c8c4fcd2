"""A mail server for loopback: takes every message for everybody (RFC 5321, as much of it as a client needs), with faults."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes, policy
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import Any

from hunter.sandbox.faults import FaultBook, FaultKind
from hunter.sandbox.http_server import LOOPBACK

LONGEST_LINE = 64 * 1024
IDLE_SECONDS = 60.0


class SmtpServer:
    """Listens on a free port; `keep` gets each message that arrives. Faults are those of `outgoing` for `email`."""

    def __init__(self, *, faults: FaultBook, keep: Callable[[dict[str, Any]], None]) -> None:
        self.faults = faults
        self.keep = keep
        self.stopping = Event()
        self._server = _Listener((LOOPBACK, 0), _Conversation)
        self._server.mail = self
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, name="sandbox-smtp")

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self.close()

    def close(self) -> None:
        """Give the port back without having started."""
        self._server.server_close()


class _Listener(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    mail: SmtpServer


class _Conversation(StreamRequestHandler):
    timeout = IDLE_SECONDS

    def handle(self) -> None:
        try:
            self._converse()
        except OSError:  # the client hung up or fell silent
            return

    def _converse(self) -> None:
        sender, recipients = "", list[str]()
        self._say("220 sandbox ESMTP")
        while line := self.rfile.readline(LONGEST_LINE):
            verb, _, rest = line.decode(errors="replace").strip().partition(" ")
            match verb.upper():
                case "EHLO":
                    self._say("250-sandbox\r\n250 8BITMIME")
                case "HELO" | "NOOP":
                    self._say("250 ok")
                case "RSET":
                    sender, recipients = "", []
                    self._say("250 ok")
                case "MAIL":
                    sender, recipients = _address_in(rest), []
                    self._say("250 ok")
                case "RCPT":
                    recipients.append(_address_in(rest))
                    self._say("250 ok")
                case "DATA":
                    if not self._take(sender, recipients):
                        return
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("502 not known here")

    def _take(self, sender: str, recipients: list[str]) -> bool:
        """The message itself, with the fault that stands for it; whether the conversation goes on."""
        mail: SmtpServer = self.server.mail  # type: ignore[attr-defined]  # ours, set by its maker
        fault = mail.faults.take("outgoing", ("email",))
        self._say("354 go ahead")
        content = bytearray()
        while (line := self.rfile.readline(LONGEST_LINE)) and line.rstrip(b"\r\n") != b".":
            content += line[1:] if line.startswith(b".") else line
        if not line:  # the client is gone in mid-message: nothing arrived
            return False
        if fault and fault.fault is FaultKind.DROP_BEFORE:
            return False
        if fault and fault.fault is FaultKind.STATUS:
            self._say(f"{fault.status or 451} the sandbox was asked to refuse this")
            return True
        mail.keep(_as_json(sender, recipients, bytes(content)))
        if fault and fault.fault is FaultKind.DROP_AFTER:
            return False
        if fault and fault.fault is FaultKind.SLOW:
            mail.stopping.wait(fault.seconds)
        self._say("250 taken")
        return True

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


def _address_in(words: str) -> str:
    return words.partition("<")[2].partition(">")[0]


def _as_json(sender: str, recipients: list[str], content: bytes) -> dict[str, Any]:
    message = message_from_bytes(content, policy=policy.default)
    body = message.get_body(("plain",))
    return {
        "from": sender,
        "to": recipients,
        "subject": str(message["Subject"]),
        "message_id": str(message["Message-ID"]),
        "text": body.get_content() if body else "",
    }
