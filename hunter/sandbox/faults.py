"""Faults that the simulated services show on demand.

Operations a fault can be bound to, by service:

    entra            discovery, token, devicecode, authorize
    partner-center   list, get, patch, create, certificate
    dataverse        query, read, create, update, delete, metadata, whoami
    hubspot          query, read, create, update, delete, contact_query … contact_delete, associate, properties,
                     customize, whoami
    rdap, whois      domain, or the domain itself
    outgoing         webhook, slack, email
    dns              a record type (MX), or a name: then it and everything below it
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass
from random import Random
from threading import Lock
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


class FaultKind(enum.StrEnum):
    """What can go wrong, by the names of control."""

    STATUS = "status"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    SLOW = "slow"
    HTML = "html"
    BROKEN_JSON = "broken_json"
    EXPIRED_TOKEN = "expired_token"  # noqa: S105  the name of a fault
    DNS_SERVFAIL = "dns_servfail"
    DNS_TIMEOUT = "dns_timeout"
    DNS_TRUNCATE = "dns_truncate"


DNS_KINDS = frozenset({FaultKind.DNS_SERVFAIL, FaultKind.DNS_TIMEOUT, FaultKind.DNS_TRUNCATE, FaultKind.SLOW})
HTTP_KINDS = frozenset(FaultKind) - (DNS_KINDS - {FaultKind.SLOW})
WITHOUT_TOKENS = frozenset({"entra", "hubspot", "rdap", "whois", "outgoing"})  # none that ends by itself
HTTP_SERVICES = frozenset({"entra", "partner-center", "dataverse", "hubspot", "rdap", "outgoing"})
SERVICES = HTTP_SERVICES | {"dns", "whois"}

OPERATIONS = {
    "entra": frozenset({"discovery", "token", "devicecode", "authorize"}),
    "partner-center": frozenset({"list", "get", "patch", "create", "certificate"}),
    "dataverse": frozenset({"query", "read", "create", "update", "delete", "batch", "metadata", "customize", "whoami"}),
    "hubspot": frozenset(
        {"query", "read", "create", "update", "delete", "properties", "customize", "whoami", "associate"}
        | {f"contact_{one}" for one in ("query", "read", "create", "update", "delete")}
    ),
    "outgoing": frozenset({"webhook", "slack", "email"}),
}

Text = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]


class Fault(BaseModel):
    """A fault as it is asked for. It shows at every matching call, or `times` times, or with a probability."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: str
    fault: FaultKind
    operation: str = ""
    times: int | None = Field(default=None, ge=1)
    probability: float = Field(default=1.0, gt=0, le=1)
    seconds: float = Field(default=1.0, ge=0, le=3600)
    status: int | None = Field(default=None, ge=200, le=599)
    code: Text = ""
    retry_after: Text | None = None

    @model_validator(mode="after")
    def fits_its_service(self) -> Fault:
        if self.service not in SERVICES:
            raise FieldRefused("service", f"no such service; there are {', '.join(sorted(SERVICES))}")
        kinds = DNS_KINDS if self.service == "dns" else HTTP_KINDS
        if self.service in WITHOUT_TOKENS:
            kinds = kinds - {FaultKind.EXPIRED_TOKEN}
        if self.fault not in kinds:
            raise FieldRefused("fault", f"{self.service} knows {', '.join(sorted(kinds))}")
        known = OPERATIONS.get(self.service)
        if self.operation and known is not None and self.operation not in known:
            raise FieldRefused("operation", f"{self.service} has {', '.join(sorted(known))}")
        return self

    def matches(self, operations: Collection[str]) -> bool:
        return not self.operation or self.operation.lower() in operations


class FieldRefused(ValueError):
    """A value that fits its own type and not its neighbours; names the field."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(slots=True)
class _Standing:
    fault: Fault
    left: int | None
    shown: int = 0


class FaultBook:
    """The faults that stand at the moment. Which call of many meets one by chance is settled by the seed."""

    def __init__(self, *, seed: int) -> None:
        self._lock = Lock()
        self._standing: tuple[_Standing, ...] = ()
        self._rng = Random(seed)  # noqa: S311  chance in a simulator, no secret

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._standing = (*self._standing, _Standing(fault, fault.times))

    def clear(self) -> None:
        with self._lock:
            self._standing = ()

    def take(self, service: str, operations: Collection[str], *, passing: Collection[FaultKind] = ()) -> Fault | None:
        """The fault that this call meets, if any: the oldest that matches and is none of `passing`; used up by one."""
        if not self._standing:
            return None
        with self._lock:
            for standing in self._standing:
                fault = standing.fault
                if fault.service == service and fault.fault not in passing and self._meets(standing, operations):
                    return self._use(standing)
        return None

    def as_list(self) -> list[dict[str, Any]]:
        with self._lock:
            return [
                {**one.fault.model_dump(mode="json"), "left": one.left, "shown": one.shown} for one in self._standing
            ]

    def _meets(self, standing: _Standing, operations: Collection[str]) -> bool:
        if not standing.fault.matches(operations):
            return False
        return standing.fault.probability >= 1 or self._rng.random() < standing.fault.probability

    def _use(self, standing: _Standing) -> Fault:
        standing.shown += 1
        if standing.left is not None:
            standing.left -= 1
            if standing.left == 0:
                self._standing = tuple(one for one in self._standing if one is not standing)
        return standing.fault
