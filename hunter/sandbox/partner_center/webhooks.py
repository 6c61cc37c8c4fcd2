"""Partner Center's webhooks (contract 5, P39): signed messages to the one address that is registered, up to ten attempts each."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, Literal

import requests
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hunter.sandbox.clock import Clock
from hunter.sandbox.partner_center import authority
from hunter.sandbox.service import EditRefused

ATTEMPTS = 10
SECONDS = 5.0
CERTIFICATES = "https://3psostorageacct.blob.core.windows.net/cert"
RESOURCE = "https://api.partnercenter.microsoft.com/engagements/v1/referrals"
TEST_EVENT = "test-created"
FORGED_SIGNERS = {
    "expired": authority.EXPIRED,
    "organization": authority.OTHER_FIRM,
    "root": authority.OTHER_ROOT,
}


class Wanted(BaseModel):
    """A message as it is asked for; `forge` says what is wrong with it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = ""
    event: str = "referral-updated"
    header: Literal["authorization", "x-ms-signature"] | None = None
    algorithm: Literal["rsa-sha1", "rsa-sha256", "rsa-sha384", "rsa-sha512"] = "rsa-sha256"
    forge: Literal["body", "signature", "certificate_url", "expired", "organization", "root"] | None = None
    uri: str = ""
    times: int = Field(default=1, ge=1, le=100)


class Target(BaseModel):
    """Where changes are told; an empty address ends it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = ""
    header: Literal["authorization", "x-ms-signature"] = "authorization"
    events: tuple[str, ...] = ()

    def wants(self, event: str) -> bool:
        """Whether it is told; all are where none is named."""
        return bool(self.url) and (not self.events or event in self.events)


@dataclass(frozen=True, slots=True)
class Message:
    """What goes over the wire."""

    event: str
    headers: dict[str, str]
    body: bytes
    mark: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {"headers": self.headers, "body": self.body.decode()}


class Webhooks:
    """Makes messages and sends them, in order, beside the service's other work."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self.target = Target()
        self._sent: list[dict[str, Any]] = []
        self._waiting: SimpleQueue[Message] = SimpleQueue()
        self._worker: Thread | None = None

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any] | None:
        """The edits about webhooks; None for any other."""
        if "webhook" in change:
            self.target = _read(Target, change["webhook"], field="webhook")
            return self.target.model_dump()
        if "sign" in change:
            return self.message(_read(Wanted, change["sign"], field="sign")).as_dict()
        if "deliver" in change:
            wanted = _read(Wanted, change["deliver"], field="deliver")
            if not self.target.url:
                raise EditRefused("Say first where: {'webhook': {'url': …}}.", field="deliver")
            message = self.message(wanted)
            return {"statuses": [self.send(message) for _ in range(wanted.times)]}
        return None

    def message(self, wanted: Wanted) -> Message:
        """A message, signed; or one with the fault that is asked for."""
        now = self._clock.now()
        body = _body(wanted.event, uri=wanted.uri or f"{RESOURCE}/{wanted.id}", at=now)
        signed = base64.b64encode(authority.signature(body, algorithm=wanted.algorithm)).decode()
        if wanted.forge == "signature":
            signed = base64.b64encode(authority.signature(b"another body", algorithm=wanted.algorithm)).decode()
        signer = FORGED_SIGNERS.get(wanted.forge or "", authority.GOOD)
        url = f"{CERTIFICATES}/{signer}.cer"
        if wanted.forge == "certificate_url":
            url = url.replace("blob.core.windows.net", "blob.core.windows.net.evil.example")
        header = wanted.header or self.target.header
        headers = {
            "Content-Type": "application/json",
            "x-ms-signature" if header == "x-ms-signature" else "Authorization": f"Signature {signed}",
            "X-MS-Certificate-Url": url,
            "X-MS-Signature-Algorithm": wanted.algorithm,
        }
        message = Message(wanted.event, headers, body)
        return replace(message, body=body.replace(b"referral-", b"referral_")) if wanted.forge == "body" else message

    def tell(self, event: str, ident: str) -> None:
        """Send word of a change, if anybody is to have it; the caller goes on meanwhile."""
        if ident and self.target.wants(event):
            self.queue(Wanted(id=ident, event=event))

    def queue(self, wanted: Wanted, *, mark: str = "") -> str:
        """Send a message, after those before it; where to. `mark` finds its attempts by `statuses_of`."""
        self._waiting.put(replace(self.message(wanted), mark=mark))
        with self._lock:
            if self._worker is None:
                self._worker = Thread(target=self._work, name="sandbox-webhooks", daemon=True)
                self._worker.start()
        return self.target.url

    def statuses_of(self, mark: str) -> list[int]:
        """How each attempt of a marked message ended; none yet where it waits."""
        with self._lock:
            return next((list(one["statuses"]) for one in self._sent if one["mark"] == mark), [])

    def send(self, message: Message) -> list[int]:
        """Up to ten attempts until one is answered by success; their statuses, 0 where nothing was answered."""
        statuses: list[int] = []
        with requests.Session() as session:
            session.trust_env = False
            while len(statuses) < ATTEMPTS and not (statuses and 200 <= statuses[-1] < 300):
                statuses.append(_posted(session, self.target.url, message))
        with self._lock:
            self._sent.append(
                {"event": message.event, "body": message.body.decode(), "statuses": statuses, "mark": message.mark}
            )
        return statuses

    def state(self) -> dict[str, Any]:
        with self._lock:
            return {"target": self.target.model_dump(), "deliveries": list(self._sent)}

    def _work(self) -> None:
        while True:
            with self._lock:
                try:
                    message = self._waiting.get_nowait()
                except Empty:
                    self._worker = None
                    return
            self.send(message)


def _posted(session: requests.Session, url: str, message: Message) -> int:
    try:
        return session.post(
            url, data=message.body, headers=message.headers, timeout=SECONDS, allow_redirects=False
        ).status_code
    except requests.RequestException:
        return 0


def _body(event: str, *, uri: str, at: datetime) -> bytes:
    told = {
        "EventName": event,
        "ResourceUri": uri,
        "ResourceName": "test" if event == TEST_EVENT else "referral",
        "AuditUri": None,
        "ResourceChangeUtcDate": at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0+00:00",
    }
    return json.dumps(told).encode()


def _read(model: Any, values: Any, *, field: str) -> Any:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in (field, *first["loc"]))
        raise EditRefused(f"{where}: {first['msg']}", field=where) from error
