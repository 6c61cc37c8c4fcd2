"""What every simulated HTTP service offers to the frame, and what Entra says of a token."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from werkzeug import Request, Response


class Service(Protocol):
    """One simulated service. `path` is what follows its prefix, e.g. `/api/data/v9.2/leads`.

    The frame calls `handle` from many threads at once: a service locks its own state. Faults, the journal of calls
    and dropped connections are the frame's; a service only ever answers as the real one would.
    """

    @property
    def name(self) -> str: ...

    def operation(self, request: Request, path: str) -> str:
        """The name of what the request asks for, as faults give it in "operation"."""
        ...

    def handle(self, request: Request, path: str) -> Response: ...

    def state(self) -> dict[str, Any]:
        """Everything the service holds, as JSON."""
        ...

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """Change a record as a person at the other side would. Raises EditRefused."""
        ...


class EditRefused(ValueError):
    """A change that the service can't make; names the member of the change that is wrong."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class TokenVerdict(enum.StrEnum):
    """Whether a bearer token is good, and if not, why."""

    VALID = "valid"
    MISSING = "missing"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    WRONG_AUDIENCE = "wrong_audience"


@dataclass(frozen=True, slots=True)
class TokenCheck:
    """What Entra says of a bearer token. `client_id` and what follows are only set when the verdict is VALID."""

    verdict: TokenVerdict
    client_id: str = ""
    is_app_only: bool = False
    user: str = ""
    role: str = ""
    has_mfa: bool = False

    @property
    def is_valid(self) -> bool:
        return self.verdict is TokenVerdict.VALID


CheckToken = Callable[[str, str], TokenCheck]
"""(token without "Bearer ", audience) -> verdict. Dataverse's audience is its `base_url`."""
