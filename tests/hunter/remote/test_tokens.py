from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest
from cryptography.fernet import Fernet

from hunter.remote import limits
from hunter.remote.clock import database_now
from hunter.remote.errors import AuthenticationFailed, Call, Deferred
from hunter.remote.gate import Gate
from hunter.remote.lanes import LaneName
from hunter.remote.models import Slot, StoredToken
from hunter.remote.tokens import FetchedToken, bearer, forget, renew, with_bearer
from tests.threads import at_once

pytestmark = pytest.mark.django_db

MINUTES = timedelta(minutes=5)


@dataclass
class Entra:
    """Gives a new token and a new secret for each time it is asked, and remembers what it was shown."""

    name: str = "toys"
    lives_for: timedelta = timedelta(hours=1)
    shown: list[str | None] = field(default_factory=list)
    refuses: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fetch(self, gate: Gate, stored: str | None) -> FetchedToken:
        with self.lock:
            self.shown.append(stored)
            number = len(self.shown)
        if self.refuses:
            raise AuthenticationFailed("Sign in again.", call=Call("entra", "token"))
        return FetchedToken(f"access {number}", self.lives_for, stored=f"secret {number}")


@pytest.fixture
def entra(settings) -> Entra:
    settings.LANE_LIMITS = {"entra": "1000,1000"}
    return Entra()


def keys(settings, *which: bytes) -> None:
    settings.CREDENTIAL_KEYS = [key.decode() for key in which]


@pytest.mark.proves("R2.7")
def test_a_token_that_lives_long_enough_is_shared_and_not_fetched_again(entra):
    assert bearer(entra, outlives=MINUTES) == bearer(entra, outlives=MINUTES) == "access 1"
    assert entra.shown == [None]


@pytest.mark.proves("R2.7")
def test_a_token_is_renewed_before_it_ends_with_the_secret_of_the_last_renewal(entra):
    entra.lives_for = timedelta(minutes=4)

    got = [bearer(entra, outlives=MINUTES) for _ in range(3)]

    assert got == ["access 1", "access 2", "access 3"]
    assert entra.shown == [None, "secret 1", "secret 2"]


@pytest.mark.proves("R2.7")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["for the first time", "because it was refused"])
def test_many_callers_at_once_are_one_renewal(entra, how):
    if how == "for the first time":
        got = at_once(*[lambda: bearer(entra, outlives=MINUTES)] * 6)
        assert (set(got), len(entra.shown)) == ({"access 1"}, 1)
    else:
        refused = bearer(entra, outlives=MINUTES)
        got = at_once(*[lambda: renew(entra, refused=refused)] * 6)
        assert (set(got), len(entra.shown)) == ({"access 2"}, 2)


class Soon(Random):
    """Chance has it that the token is renewed early."""

    def expovariate(self, lambd: float = 1.0) -> float:
        return 600.0


def shortly_before_its_end(entra: Entra) -> str:
    """A token with five minutes left beyond what is asked for."""
    token = bearer(entra, outlives=MINUTES)
    StoredToken.objects.update(expires_at=database_now() + 2 * MINUTES)
    return token


@pytest.mark.proves("R2.7", "R7.6")
def test_a_token_near_its_end_is_renewed_early_by_chance(entra):
    assert shortly_before_its_end(entra) == "access 1"

    assert bearer(entra, outlives=MINUTES, rng=Soon()) == "access 2"
    assert bearer(entra, outlives=MINUTES) == "access 2"


@pytest.mark.proves("R7.6")
def test_while_one_process_renews_early_the_others_get_the_old_token_at_once(entra):
    shortly_before_its_end(entra)
    limits.take_slots(LaneName.ENTRA, holder=uuid.uuid4(), count=1, hold=MINUTES)

    assert bearer(entra, outlives=MINUTES, rng=Soon()) == "access 1"
    assert entra.shown == [None]


@pytest.mark.proves("R7.6")
def test_an_early_renewal_that_fails_leaves_the_old_token_in_use(entra):
    shortly_before_its_end(entra)
    entra.refuses = True

    assert bearer(entra, outlives=MINUTES, rng=Soon()) == "access 1"
    with pytest.raises(AuthenticationFailed):
        bearer(entra, outlives=3 * MINUTES)


def test_a_token_that_somebody_renewed_meanwhile_is_not_renewed_once_more(entra):
    old = bearer(entra, outlives=MINUTES)
    renewed = renew(entra, refused=old)

    assert renew(entra, refused=old) == renewed
    assert len(entra.shown) == 2


def test_a_refused_token_is_renewed(entra):
    bearer(entra, outlives=MINUTES)

    assert renew(entra) == "access 2"
    assert bearer(entra, outlives=MINUTES) == "access 2"


def test_a_refused_token_is_renewed_once_and_used_again(entra):
    bearer(entra, outlives=MINUTES)
    used = []

    def use(token: str) -> str:
        used.append(token)
        if token == "access 1":
            raise AuthenticationFailed("Revoked.", call=Call("toys", "make"))
        return "done"

    assert with_bearer(entra, use, outlives=MINUTES) == "done"
    assert used == ["access 1", "access 2"]


def test_a_new_token_that_is_refused_too_is_not_renewed_again(entra):
    def use(token: str) -> str:
        raise AuthenticationFailed("No.", call=Call("toys", "make"))

    with pytest.raises(AuthenticationFailed):
        with_bearer(entra, use, outlives=MINUTES)

    assert len(entra.shown) == 2


def test_nothing_of_a_token_is_readable_in_the_database(entra):
    bearer(entra, outlives=MINUTES)

    row = StoredToken.objects.get()

    assert b"access 1" not in bytes(row.access_token)
    assert b"secret 1" not in bytes(row.renewal)


def test_an_older_key_still_opens_and_the_newest_one_seals(entra, settings):
    old, new = Fernet.generate_key(), Fernet.generate_key()
    keys(settings, old)
    bearer(entra, outlives=MINUTES)
    keys(settings, new, old)

    assert bearer(entra, outlives=MINUTES) == "access 1"
    renew(entra)
    keys(settings, new)

    assert bearer(entra, outlives=MINUTES) == "access 2"


def test_a_token_sealed_with_a_key_that_is_gone_is_fetched_anew(entra, settings, caplog):
    keys(settings, Fernet.generate_key())
    bearer(entra, outlives=MINUTES)
    keys(settings, Fernet.generate_key())

    assert bearer(entra, outlives=MINUTES) == "access 2"
    assert entra.shown == [None, None]


def test_a_failed_renewal_leaves_what_was_stored_and_frees_the_slot(entra):
    bearer(entra, outlives=MINUTES)
    entra.refuses = True

    with pytest.raises(AuthenticationFailed):
        renew(entra)

    assert bearer(entra, outlives=MINUTES) == "access 1"
    assert not Slot.objects.filter(holder__isnull=False).exists()


def test_a_paused_sign_in_defers_and_asks_nobody(entra):
    limits.ensure_lane(LaneName.ENTRA)
    limits.take_slots(LaneName.ENTRA, holder=uuid.uuid4(), count=1, hold=MINUTES)

    with pytest.raises(Deferred):
        bearer(entra, outlives=MINUTES, wait=timedelta(0))

    assert entra.shown == []


def test_what_is_forgotten_is_signed_in_anew(entra):
    bearer(entra, outlives=MINUTES)
    forget(entra)

    assert bearer(entra, outlives=MINUTES) == "access 2"
    assert entra.shown == [None, None]
    assert StoredToken.objects.get().expires_at > database_now()
