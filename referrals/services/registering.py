"""Registering Hunter's address for Partner Center's webhooks, and trying whether they arrive (contract 5, P38)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.urls import reverse

from hunter.audit.recording import record
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.errors import RateLimited
from hunter.remote.gate import direct_gate
from hunter.remote.lanes import LaneName
from hunter.remote.transport import is_loopback
from referrals.models import WebhookDelivery, WebhookRegistration
from referrals.registration_client import Attempts, Registration, RegistrationClient
from referrals.registration_token import registration_token
from referrals.services.runs import account, check_enabled
from referrals.webhooks.message import TEST_EVENT

WANTED = (
    "referral-created", "referral-updated", "related-referral-created", "related-referral-updated", TEST_EVENT,
)  # fmt: skip
WAIT_FOR_TURN = timedelta(seconds=20)  # somebody looks at a page meanwhile
LOOKS, BETWEEN_LOOKS = 10, 2.0
ARRIVED = "arrived here, and its signature was believed"


class NoAddress(HunterError):
    """HUNTER_URL is none under which Microsoft can reach Hunter."""


class AddressTaken(HunterError):
    """The events go to another address, which would lose them."""


def pause(seconds: float) -> None:
    """Wait for the next look; Ctrl-C ends it at once."""
    Event().wait(seconds)


@dataclass(frozen=True, slots=True)
class Registered:
    """What is registered now, whether that was changed, and what became of a test where one was sent."""

    url: str
    events: tuple[str, ...]
    is_ours: bool
    was_changed: bool = False
    before: str = ""
    test: str = ""
    has_arrived: bool | None = None

    @property
    def failed(self) -> bool:
        return self.has_arrived is False

    def sentence(self) -> str:
        if not self.url:
            return "No address is registered for webhooks at Partner Center."
        whose = "Hunter's address" if self.is_ours else "another address than Hunter's"
        state = "is registered now" if self.was_changed else "is registered"
        words = f"{whose[0].upper()}{whose[1:]} {state} for {len(self.events)} events: {self.url}."
        if self.before:
            words += f" Before it was {self.before}."
        return f"{words} The test {self.test}." if self.test else words

    def as_dict(self) -> dict[str, Any]:
        return {
            "url": self.url or None, "events": list(self.events), "ours": self.is_ours, "changed": self.was_changed,
            "before": self.before or None, "arrived": self.has_arrived,
        }  # fmt: skip


def webhook_address() -> str:
    """Where Hunter takes Partner Center's webhooks. Raises NoAddress."""
    base: str = settings.HUNTER_URL.rstrip("/")
    parts = urlsplit(base)
    is_for_play = is_loopback(base) and is_loopback(settings.PARTNER_CENTER_REGISTRATION_URL)
    if not parts.hostname or "@" in parts.netloc or parts.query or (parts.scheme != "https" and not is_for_play):
        found = f"is {settings.HUNTER_URL!r}" if settings.HUNTER_URL else "is not set"
        raise NoAddress(
            f"HUNTER_URL {found}. Set it to the https address under which the internet reaches Hunter: Partner Center sends "
            "its webhooks there.",
            field="HUNTER_URL",
        )
    return base + reverse("webhook", args=["partner-center"])


def show_registration() -> Registered:
    """What is registered at Partner Center now. Raises HunterError."""
    ours = webhook_address()
    with _client() as client:
        return _shown(client.current(), ours=ours)


def register_webhooks(*, replace: bool = False, by: AbstractBaseUser | None) -> Registered:
    """Have the webhooks sent to Hunter; where they are already nothing is changed. Audited. Not inside a transaction.

    Raises AddressTaken where they go elsewhere and `replace` is not said, RemoteError, Deferred.
    """
    ours = webhook_address()
    with _client() as client:
        current = client.current()
        if current and current.url != ours and not replace:
            _shown(current, ours=ours)
            raise AddressTaken(
                f"The events go to {current.url}, which would lose them: there is one address for each. Nothing was changed; "
                "say that it is to be replaced if they are to come here."
            )
        wanted = Registration(ours, tuple(sorted(set(WANTED) & (client.events() or set(WANTED)))))
        if current == wanted:
            return _shown(current, ours=ours)
        now_is = client.register(wanted, anew=current is None)
    before = current.url if current and current.url != ours else ""
    with transaction.atomic():
        row = _keep(now_is)
        record(row, act="register webhooks", by=by, before=before or None, after=now_is.url)
    return Registered(now_is.url, now_is.events, is_ours=now_is.url == ours, was_changed=True, before=before)


def send_test(*, by: AbstractBaseUser | None, wait: Callable[[float], None] = pause) -> Registered:
    """Have Partner Center send a test, and see whether it arrives; waits for it some 20 seconds. Audited.

    Raises HunterError where nothing is registered, or two tests were sent within the minute.
    """
    ours = webhook_address()
    with _client() as client:
        current = client.current()
        if current is None:
            raise HunterError("No address is registered, so nothing can be tested. Register Hunter's address first.")
        began = database_now()
        try:
            ident = client.send_test()
        except RateLimited as error:
            raise HunterError("Partner Center takes two tests a minute. Try again in a minute.") from error
        for _ in range(LOOKS):
            attempts, has_arrived = client.attempts(ident), _arrived_since(began)
            if has_arrived:
                break
            wait(BETWEEN_LOOKS)
    told = ARRIVED if has_arrived else _missing(attempts)
    with transaction.atomic():
        row = _keep(current)
        row.tested_at, row.test_told = began, told
        row.save(update_fields=["tested_at", "test_told"])
        record(row, act="test webhooks", by=by, after=told)
    return Registered(current.url, current.events, current.url == ours, test=told, has_arrived=has_arrived)


def last_seen() -> WebhookRegistration | None:
    """What was registered when it was last looked at; None where nobody has looked yet."""
    return WebhookRegistration.objects.filter(pk=account()).first()


def _missing(attempts: Attempts) -> str:
    if not attempts.count:
        return "was taken by Partner Center and not sent yet; it stands under Runs, Webhooks once it is here"
    return f"was sent {attempts.count} times and did not arrive; Partner Center says: {attempts.last or 'nothing'}"


def _arrived_since(moment: Any) -> bool:
    return WebhookDelivery.objects.filter(event=TEST_EVENT, is_verified=True, last_received_at__gte=moment).exists()


def _shown(current: Registration | None, *, ours: str) -> Registered:
    _keep(current or Registration("", ()))
    if current is None:
        return Registered("", (), is_ours=False)
    return Registered(current.url, current.events, is_ours=current.url == ours)


def _keep(current: Registration) -> WebhookRegistration:
    values = {"url": current.url, "events": list(current.events), "seen_at": database_now()}
    return WebhookRegistration.objects.update_or_create(account=account(), defaults=values)[0]


@contextmanager
def _client() -> Iterator[RegistrationClient]:
    """A client with a token and a slot of the lane. Raises NotEnabled, RemoteError, Deferred."""
    check_enabled()
    token = registration_token(wait=WAIT_FOR_TURN)
    with direct_gate(LaneName.PARTNER_CENTER, wait=WAIT_FOR_TURN) as gate:
        yield RegistrationClient(base_url=settings.PARTNER_CENTER_REGISTRATION_URL, gate=gate, bearer=token)
