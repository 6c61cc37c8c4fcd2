"""Access tokens: fetched by one process at a time, shared by all, renewed before they end, encrypted at rest (R2.7)."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random, SystemRandom
from typing import Protocol, TypeVar

from django.db import transaction

from hunter.remote.clock import database_now
from hunter.remote.errors import AuthenticationFailed, Deferred, RemoteError
from hunter.remote.gate import Gate, direct_gate
from hunter.remote.lanes import LaneName
from hunter.remote.models import SignIn, StoredToken
from hunter.remote.sealing import InvalidToken, opened, sealed
from hunter.remote.sign_ins import Account, keep_sign_in, signed_in

logger = logging.getLogger(__name__)
T = TypeVar("T")

WAIT_FOR_OTHERS = timedelta(seconds=45)
EARLY_SECONDS = 60.0  # on average; by chance, so that not everybody comes for a new token at one moment


@dataclass(frozen=True, slots=True)
class FetchedToken:
    """A new access token, how long it lives, and the secret text that the next renewal needs.

    `account`: whose it is, where a person signed in; `how`: set by a sign-in that has just begun, not by a renewal.
    """

    access_token: str
    lives_for: timedelta
    stored: str
    account: Account | None = None
    how: SignIn.How | None = None


class TokenSource(Protocol):
    """Where a service's tokens come from."""

    name: str

    def fetch(self, gate: Gate, stored: str | None) -> FetchedToken:
        """Ask for a new token. Raises RemoteError, Deferred."""


def bearer(
    source: TokenSource, *, outlives: timedelta, wait: timedelta = WAIT_FOR_OTHERS, rng: Random | None = None
) -> str:
    """A token that is good for at least `outlives` more. Raises RemoteError or Deferred when there is none to be had.

    It is renewed a little early, at a moment of chance, while the old one still serves everybody else (R7.6).
    """
    held = _load(source.name)
    left = held.expires_at - database_now() - outlives if held else timedelta()
    if held is None or left <= timedelta():
        return _renewed(source, instead_of=held, wait=wait)
    if left > timedelta(seconds=(rng or SystemRandom()).expovariate(1 / EARLY_SECONDS)):
        return opened(held.access_token)
    try:
        return _renewed(source, instead_of=held, wait=timedelta())
    except (Deferred, RemoteError):  # somebody else renews it, or it can't be now: there is time left
        return opened(held.access_token)


def renew(source: TokenSource, *, refused: str = "") -> str:
    """A new token in place of one that the service refused.

    With `refused`, the token that was used: when another process has renewed it since, its successor is given.
    """
    held = _load(source.name)
    if held and refused and held.expires_at > database_now() and opened(held.access_token) != refused:
        return opened(held.access_token)
    return _renewed(source, instead_of=held, wait=WAIT_FOR_OTHERS)


def with_bearer(source: TokenSource, use: Callable[[str], T], *, outlives: timedelta) -> T:
    """What `use` makes of a good token. One that the service refuses, revoked before its end, is renewed once.

    Raises what `bearer` and `use` raise; AuthenticationFailed when the new token is refused too.
    """
    token = bearer(source, outlives=outlives)
    try:
        return use(token)
    except AuthenticationFailed:
        return use(renew(source, refused=token))


@contextlib.contextmanager
def renewing(*, wait: timedelta = WAIT_FOR_OTHERS) -> Iterator[Gate]:
    """The right to renew tokens, held for the block: nobody else does meanwhile. Raises Deferred."""
    with direct_gate(LaneName.ENTRA, wait=wait) as gate:  # its one slot is that right
        yield gate


def store(name: str, fetched: FetchedToken) -> None:
    """Keep a token in place of the one before; in the caller's transaction, by whom holds the right to renew."""
    now = database_now()
    StoredToken.objects.update_or_create(
        name=name,
        defaults={
            "access_token": sealed(fetched.access_token),
            "expires_at": now + fetched.lives_for,
            "renewal": sealed(fetched.stored),
            "renewed_at": now,
        },
    )


def renewal_of(name: str) -> str:
    """What the next renewal of a stored token needs; empty where there is none. For who holds the right to renew."""
    held = _load(name)
    return opened(held.renewal) if held else ""


def keep_renewal(name: str, text: str) -> None:
    """Keep what the next renewal needs, and the token as it is; for who holds the right to renew."""
    StoredToken.objects.filter(name=name).update(renewal=sealed(text))


def forget(source: TokenSource) -> None:
    """Drop what is stored, so that the next sign-in starts anew."""
    StoredToken.objects.filter(name=source.name).delete()


def _renewed(source: TokenSource, *, instead_of: StoredToken | None, wait: timedelta) -> str:
    with renewing(wait=wait) as gate:
        held = _load(source.name)
        if held and (instead_of is None or held.renewed_at != instead_of.renewed_at):
            return opened(held.access_token)

        fetched = source.fetch(gate, opened(held.renewal) if held else None)
        with transaction.atomic():
            store(source.name, fetched)
            _note_account(source.name, fetched)
    logger.info("token.renewed", extra={"token": source.name})
    return fetched.access_token


def _note_account(name: str, fetched: FetchedToken) -> None:
    """A token that nobody watched being fetched has its sign-in noted too: a person put it into the settings."""
    if fetched.account and (fetched.how or signed_in(name) is None):
        keep_sign_in(name, fetched.account, how=fetched.how or SignIn.How.GIVEN, by=None)


def _load(name: str) -> StoredToken | None:
    held = StoredToken.objects.filter(name=name).first()
    if held is None:
        return None
    try:
        opened(held.renewal)
    except InvalidToken:
        logger.warning("token.unreadable", extra={"token": name})  # the key it was sealed with is gone: sign in anew
        return None
    return held
