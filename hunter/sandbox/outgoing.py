"""Where messages arrive: a webhook's receiver, a Slack channel, and a mailbox. Whatever comes is taken and kept."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any

from werkzeug import Request, Response

from hunter.sandbox.refusals import json_answer
from hunter.sandbox.service import EditRefused

MOST_KEPT = 10_000


class OutgoingService:
    """`/webhook/…` answers 204, `/slack/…` answers `ok` as Slack does. E-mail comes by SMTP and is kept here too."""

    name = "outgoing"

    def __init__(self) -> None:
        self._lock = Lock()
        self._received: dict[str, list[dict[str, Any]]] = {"webhook": [], "slack": [], "email": []}

    def operation(self, request: Request, path: str) -> str:
        return path.strip("/").partition("/")[0]

    def handle(self, request: Request, path: str) -> Response:
        operation = self.operation(request, path)
        if operation not in ("webhook", "slack"):
            return json_answer({"error": "There are /webhook/… and /slack/…."}, status=404)
        if request.method != "POST":
            return json_answer({"error": "Messages are posted."}, status=405)
        self.keep(
            operation,
            {"path": path, "headers": dict(request.headers), "body": request.get_data().decode(errors="replace")},
        )
        return Response("ok", mimetype="text/plain") if operation == "slack" else Response(status=204)

    def keep(self, operation: str, message: dict[str, Any]) -> None:
        """Put a message to those that have arrived."""
        with self._lock:
            self._received[operation] = [*self._received[operation][-MOST_KEPT:], message]

    def state(self) -> dict[str, Any]:
        with self._lock:
            return {operation: list(messages) for operation, messages in self._received.items()}

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any]:
        raise EditRefused("Nothing can be changed about messages that have arrived.", field="service")
