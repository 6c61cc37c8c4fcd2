"""Sending a message the way that its channel says. Knows no model; everything secret stays in the outlet."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from hunter.errors import HunterError
from hunter.remote.destinations import check_destination, reach_of
from hunter.remote.errors import Call, PermanentFailure
from hunter.remote.gate import Gate
from hunter.remote.lanes import LaneName
from hunter.remote.session import ErrorBody, RemoteSession, TimeLimits
from hunter.remote.statuses import StatusTable
from hunter.remote.wording import storable
from leads.outgoing import mail
from leads.outgoing.message import Message
from leads.outgoing.signing import signature_headers

SERVICE = LaneName.OUTGOING.value
TABLE = StatusTable(service=SERVICE)
LIMITS = TimeLimits(connect=5.0, read=15.0, total=20.0, gate=20.0)
SLACK_HOST = "hooks.slack.com"
LONGEST_CODE = 60


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where a message goes and by which way; `secrets` sign a webhook, the newest first. Its repr tells nothing secret."""

    method: str
    target: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def host(self) -> str:
        """Whose trouble is one: the host of an address, or the mail server."""
        return host_of(self.method, self.target)


def host_of(method: str, target: str) -> str:
    """Whose trouble is one, by a target or by what is shown of it."""
    return f"mail:{settings.EMAIL_HOST}" if method == "email" else urlsplit(target).netloc.lower()


def checked_target(method: str, target: str) -> str:
    """The target as it is kept. Raises HunterError that says what is wrong with it."""
    given = target.strip()
    if method == "email":
        return _checked_mail_address(given)
    parts = check_destination(given)
    if method == "slack" and parts.hostname == SLACK_HOST and not parts.path.startswith(("/services/", "/workflows/")):
        raise HunterError("That is no address of an incoming webhook: it goes on with /services/….", field="target")
    return given


def shown_target(method: str, target: str) -> str:
    """The target for pages and logs: of an address only the host, since what follows may be a secret."""
    if method == "email":
        return target
    parts = urlsplit(target)
    return f"{parts.scheme}://{parts.netloc}/…"


def target_digest(target: str) -> str:
    """By which the same target is known again without being read."""
    return hashlib.sha256(target.encode()).hexdigest()


def send(outlet: Outlet, message: Message, *, gate: Gate) -> None:
    """Send it once. Raises RemoteError, Deferred."""
    match outlet.method:
        case "email":
            mail.send(outlet.target, message, gate=gate)
        case "slack":
            _post(outlet, message, operation="slack", gate=gate)
        case _:
            _post(outlet, message, operation="webhook", gate=gate)


def slack_text(message: Message) -> str:
    """Slack's own marks: what could be one in our words is written out, and companies are links."""
    told = [f"*{_plain(message.subject)}*"] if message.is_digest or len(message.lines) != 1 else []
    for line in message.shown:
        who = f"<{line.url}|{_plain(line.who)}>" if line.url else _plain(line.who)
        told.append(f"{who}: {_plain(line.text)}")
    if message.unshown:
        told.append(f"and {message.unshown} more")
    if message.repeats:
        told.append("_Sent again, because the answer to the first try was lost._")
    return "\n".join(told)


def _post(outlet: Outlet, message: Message, *, operation: str, gate: Gate) -> None:
    try:
        parts = check_destination(outlet.target)  # what is allowed may have changed since it was saved
    except HunterError as error:
        raise PermanentFailure(error.message, call=Call(SERVICE, operation, "POST"), code="target") from error
    headers, body = _headers(message), message.as_json()
    if operation == "slack":
        headers, body = {}, {"text": slack_text(message)}
    session = RemoteSession(
        service=SERVICE,
        base_url=f"{parts.scheme}://{parts.netloc}",
        gate=gate,
        table=TABLE,
        limits=LIMITS,
        read_error=read_words,
        title=parts.hostname or "",
        sign=partial(_signed, outlet.secrets) if outlet.secrets else None,
        reach=reach_of(parts.hostname or ""),
    )
    session.call("POST", outlet.target, operation=operation, json=body, headers=headers)


def _headers(message: Message) -> dict[str, str]:
    """By the delivery's id a receiver knows a repeat and drops it."""
    headers = {"Idempotency-Key": message.delivery_id, "X-Hunter-Delivery": message.delivery_id}
    return headers | ({"X-Hunter-Repeat": "possible"} if message.repeats else {})


def _signed(secrets: tuple[str, ...], body: bytes) -> dict[str, str]:
    return dict(signature_headers(body, secrets_in_force=secrets, at=int(time.time())))


def read_words(status: int, body: bytes) -> ErrorBody:
    """The one word that Slack says, like `channel_is_archived`; what else a receiver says is not kept: it may be anything."""
    words = storable(body[:LONGEST_CODE].decode(errors="replace").strip(), longest=LONGEST_CODE)
    if words and words.replace("_", "").isalnum() and words.isascii() and len(words) < LONGEST_CODE:
        return ErrorBody(code=words, message=words)
    return ErrorBody()


def _checked_mail_address(given: str) -> str:
    try:
        validate_email(given)
    except ValidationError as error:
        raise HunterError("Give one e-mail address; for several people that of a group.", field="target") from error
    if not settings.EMAIL_URL:
        raise HunterError("No mail server is set up: set EMAIL_URL, then add the channel.", field="target")
    return given


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("*", "∗")
