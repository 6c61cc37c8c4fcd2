"""RemoteError              another party's server did not do what we asked
├─ AuthenticationFailed    renew the token once, then pause the lane
├─ PermissionMissing       dead letter; names the privilege
├─ RateLimited             pause the lane for `retry_after`
├─ TransientFailure        network, 408, 425, 5xx: back off the item, count towards the pause
├─ ValueRefused            dead letter with field, value and reason
├─ NotFound                dead letter, unless the caller knows what its absence means
├─ Duplicate               adopt the existing record, else dead letter with its id
├─ Conflict                read again; the next claim writes
├─ PermanentFailure        dead letter
└─ Misconfigured           pause the lane; no attempt used

Deferred                   the call was not made: no grant in time, or the lane is closed; no attempt used
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from hunter.errors import HunterError
from hunter.remote.exchange import Exchange


class ErrorKind(enum.StrEnum):
    """The word for a class of error in filters, commands and logs (R5.1)."""

    AUTHENTICATION = "authentication"
    PERMISSION = "permission"
    RATE_LIMIT = "rate_limit"
    TRANSIENT = "transient"
    VALIDATION = "validation"
    NOT_FOUND = "not_found"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    PERMANENT = "permanent"
    CONFIGURATION = "configuration"


class Strategy(enum.StrEnum):
    """What is done about a class of error (R5.5)."""

    RENEW_TOKEN = "renew_token"  # noqa: S105  a strategy, not a secret
    PAUSE_LANE = "pause_lane"
    BACK_OFF = "back_off"
    READ_AGAIN = "read_again"
    ADOPT = "adopt"
    DEAD_LETTER = "dead_letter"


@dataclass(frozen=True, slots=True)
class Call:
    """The request an error belongs to, without anything secret or personal; `exchange` is what went over the wire, to be
    kept as it tells itself."""

    service: str
    operation: str
    method: str = ""
    url_path: str = ""
    status: int | None = None
    request_id: str = ""
    seconds: float = 0.0
    exchange: Exchange | None = field(default=None, compare=False, repr=False)


class RemoteError(HunterError):
    """Another party's server did not do what we asked.

    `outcome_unknown` says that the request may have taken effect all the same: its answer was lost.
    """

    kind: ClassVar[ErrorKind]
    strategy: ClassVar[Strategy]
    retryable: ClassVar[bool] = False  # R5.2: a property of the class

    def __init__(
        self,
        message: str,
        *,
        call: Call,
        code: str = "",
        retry_after: timedelta | None = None,
        field: str = "",
        outcome_unknown: bool = False,
    ) -> None:
        super().__init__(message, field=field)
        self.call = call
        self.code = code
        self.retry_after = retry_after
        self.outcome_unknown = outcome_unknown


class AuthenticationFailed(RemoteError):
    kind = ErrorKind.AUTHENTICATION
    strategy = Strategy.RENEW_TOKEN


class PermissionMissing(RemoteError):
    kind = ErrorKind.PERMISSION
    strategy = Strategy.DEAD_LETTER


class RateLimited(RemoteError):
    kind = ErrorKind.RATE_LIMIT
    strategy = Strategy.PAUSE_LANE
    retryable = True


class TransientFailure(RemoteError):
    kind = ErrorKind.TRANSIENT
    strategy = Strategy.BACK_OFF
    retryable = True


class ValueRefused(RemoteError):
    kind = ErrorKind.VALIDATION
    strategy = Strategy.DEAD_LETTER


class NotFound(RemoteError):
    kind = ErrorKind.NOT_FOUND
    strategy = Strategy.DEAD_LETTER


class Duplicate(RemoteError):
    kind = ErrorKind.DUPLICATE
    strategy = Strategy.ADOPT


class Conflict(RemoteError):
    kind = ErrorKind.CONFLICT
    strategy = Strategy.READ_AGAIN


class PermanentFailure(RemoteError):
    kind = ErrorKind.PERMANENT
    strategy = Strategy.DEAD_LETTER


class Misconfigured(RemoteError):
    kind = ErrorKind.CONFIGURATION
    strategy = Strategy.PAUSE_LANE


class Deferred(HunterError):
    """The call was not made; it costs no attempt and is due again as soon as the lane opens (R2.2)."""


ERROR_CLASSES: dict[ErrorKind, type[RemoteError]] = {
    error.kind: error
    for error in (
        AuthenticationFailed, PermissionMissing, RateLimited, TransientFailure, ValueRefused,
        NotFound, Duplicate, Conflict, PermanentFailure, Misconfigured,
    )
}  # fmt: skip
