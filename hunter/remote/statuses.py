"""Which class of error an HTTP status means; a service's own codes go before it (R5.2, R5.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hunter.remote.errors import (
    AuthenticationFailed,
    Conflict,
    Misconfigured,
    NotFound,
    PermanentFailure,
    PermissionMissing,
    RateLimited,
    RemoteError,
    TransientFailure,
    ValueRefused,
)

BY_STATUS: Mapping[int, type[RemoteError]] = {
    400: ValueRefused,
    401: AuthenticationFailed,
    403: PermissionMissing,
    404: NotFound,
    405: Misconfigured,
    406: Misconfigured,
    408: TransientFailure,
    409: Conflict,
    410: NotFound,
    411: Misconfigured,
    412: Conflict,
    413: ValueRefused,
    415: Misconfigured,
    416: ValueRefused,
    422: ValueRefused,
    423: TransientFailure,
    425: TransientFailure,
    428: Conflict,
    429: RateLimited,
    501: Misconfigured,
    507: PermanentFailure,
    509: RateLimited,
}


@dataclass(frozen=True, slots=True)
class StatusTable:
    """The classes of one service's errors: by its own codes first (lower case), then by its own reading of a status.

    `firm` statuses mean one thing, whatever code came with them.
    """

    service: str
    codes: Mapping[str, type[RemoteError]] = field(default_factory=dict)
    statuses: Mapping[int, type[RemoteError]] = field(default_factory=dict)
    firm: Mapping[int, type[RemoteError]] = field(default_factory=dict)

    def error_class(self, *, status: int, code: str = "") -> type[RemoteError]:
        """The class of an answer that is not a success; every status has one."""
        known = (
            self.firm.get(status) or self.codes.get(code.lower()) or self.statuses.get(status) or BY_STATUS.get(status)
        )
        if known:
            return known
        if status >= 500:
            return TransientFailure
        if 300 <= status < 400:
            return Misconfigured  # a redirect is never followed with a token
        return PermanentFailure
