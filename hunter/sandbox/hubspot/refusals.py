"""Error answers in HubSpot's form: status, message, correlationId, category, and errors with their codes."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from werkzeug import Response

CATEGORIES = {
    400: "VALIDATION_ERROR",
    401: "INVALID_AUTHENTICATION",
    403: "MISSING_SCOPES",
    404: "OBJECT_NOT_FOUND",
    409: "CONFLICT",
    429: "RATE_LIMITS",
}
POLICIES = {
    "TEN_SECONDLY_ROLLING": "You have reached your ten_secondly_rolling limit.",
    "SECONDLY": "You have reached your secondly limit.",
    "DAILY": "You have reached your daily limit.",
}


class HubSpotError(Exception):
    """A refusal. `errors`: (code, message, context) of each value that is wrong."""

    def __init__(
        self, status: int, message: str, *, category: str = "", errors: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.category = category or CATEGORIES.get(status, "INTERNAL_ERROR")
        self.errors = errors or []

    def answer(self) -> Response:
        return hubspot_refusal(self.status, category=self.category, message=str(self), errors=self.errors)


class ValuesRefused(HubSpotError):
    """Values of properties that HubSpot does not take, each with its code."""

    def __init__(self, faults: list[tuple[str, str, str]]) -> None:
        """`faults`: property, code, sentence."""
        told = [{"isValid": False, "message": text, "error": code, "name": name} for name, code, text in faults]
        super().__init__(
            400,
            f"Property values were not valid: {json.dumps(told, ensure_ascii=False)}",
            errors=[
                {"message": text, "code": code, "context": {"propertyName": [name]}} for name, code, text in faults
            ],
        )


def hubspot_refusal(
    status: int, *, category: str = "", message: str = "", errors: list[dict[str, Any]] | None = None
) -> Response:
    """One error answer. `category` of a 429 is the policy that was broken."""
    body: dict[str, Any] = {
        "status": "error",
        "message": message or "The request was refused.",
        "correlationId": str(uuid4()),
        "category": category or CATEGORIES.get(status, "INTERNAL_ERROR"),
    }
    if status == 429:
        policy = category if category in POLICIES else "TEN_SECONDLY_ROLLING"
        body |= {
            "message": POLICIES[policy],
            "category": "RATE_LIMITS",
            "errorType": "RATE_LIMIT",
            "policyName": policy,
        }
    if errors:
        body["errors"] = errors
    return Response(json.dumps(body, ensure_ascii=False), status=status, content_type="application/json;charset=utf-8")
