"""Refusals in the referrals host's form (contract 4.1), and in the form of the gateway before it."""

from __future__ import annotations

from typing import Any

from werkzeug import Response

from hunter.sandbox.refusals import GRAPH_CODES, json_answer


class Refused(Exception):
    """The request is answered by this error."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str = "",
        inner: str = "",
        challenge: str = "",
        gateway: bool = False,
    ) -> None:
        super().__init__(message)
        self._status = status
        self._challenge = challenge
        if gateway:
            self._body: dict[str, Any] = {"statusCode": int(status), "message": message}
            return
        error: dict[str, Any] = {
            "code": code or GRAPH_CODES.get(status, "generalException"),
            "message": message,
            "target": "referral",
        }
        if inner:
            error["innerError"] = {"code": inner, "message": message}
        self._body = {"error": error}

    def answer(self) -> Response:
        answer = json_answer(self._body, status=self._status)
        if self._challenge:
            answer.headers["WWW-Authenticate"] = self._challenge
        return answer
