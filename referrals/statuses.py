"""What Partner Center's error answers mean (contract 4.1, 4.2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hunter.remote.errors import (
    AuthenticationFailed,
    Conflict,
    Duplicate,
    NotFound,
    PermissionMissing,
    RateLimited,
    TransientFailure,
    ValueRefused,
)
from hunter.remote.session import ErrorBody
from hunter.remote.statuses import StatusTable

DEEPEST = 10

# Codes go before the status: a conditional-access refusal comes as 403, and only its code says so (trap T22).
TABLE = StatusTable(
    service="partner_center",
    codes={
        "insufficent_claims": AuthenticationFailed,  # spelled so by the service
        "insufficient_claims": AuthenticationFailed,
        "unauthenticated": AuthenticationFailed,
        "unauthorized": AuthenticationFailed,
        "invalid_token": AuthenticationFailed,
        "accessdenied": PermissionMissing,
        "itemnotfound": NotFound,
        "preconditionfailed": Conflict,
        "resourcemodified": Conflict,
        "alreadyexists": Duplicate,
        "duplicate": Duplicate,
        "invalidrequest": ValueRefused,
        "servicenotavailable": TransientFailure,
    },
    firm={401: AuthenticationFailed, 429: RateLimited},  # a gateway in front says so, with a code of its own or none
)


def read_error(status: int, body: bytes) -> ErrorBody:
    """What an error answer says of itself, in any of its shapes; nothing readable gives an empty one (R5.3).

    Shapes: {"error": {code, message, innerError}}, {"error": "text"}, {"code", "description"}, {"statusCode", "message"},
    HTML, nothing, broken JSON.
    """
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return ErrorBody()
    if not isinstance(said, dict):
        return ErrorBody()

    error = said.get("error")
    if isinstance(error, str):
        return ErrorBody(code=error, message=_text(said.get("error_description")))
    if isinstance(error, dict):
        levels = list(_levels(error))
        known = [code for code in (_text(level.get("code")) for level in levels) if code.lower() in TABLE.codes]
        code = known[-1] if known else _text(error.get("code"))
        return ErrorBody(code=code, message=_text(error.get("message")), detail=_text(levels[-1].get("message")))
    return ErrorBody(code=_text(said.get("code")), message=_text(said.get("description") or said.get("message")))


def _levels(error: dict[str, Any]) -> Iterator[dict[str, Any]]:
    level: Any = error
    for _ in range(DEEPEST):
        if not isinstance(level, dict):
            return
        yield level
        level = level.get("innerError") or level.get("innererror")


def _text(value: object) -> str:
    return str(value)[:1024] if isinstance(value, str | int) else ""
