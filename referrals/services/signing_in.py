"""Signing in to Partner Center and out again: a person's act, audited; the lane goes on at once (R2.7, R5.8)."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName
from hunter.remote.models import Lane, SignIn
from hunter.remote.sealing import InvalidToken, opened, sealed
from hunter.remote.sign_ins import Account, drop_sign_in, keep_sign_in, signed_in
from hunter.remote.tokens import FetchedToken, renewing, store
from hunter.transactions import retried
from hunter.work.trouble import mend
from referrals.authentication import PartnerCenterSignIn
from referrals.interactive import BrowserFlow, begin_in_browser, redeem_code, refused_in_browser
from referrals.renewal import Renewal, mark_of

NAME = PartnerCenterSignIn.name
FLOW_LIVES = timedelta(minutes=10)  # as long as a code does (contract 1.3a)
WAIT_FOR_RIGHT = timedelta(seconds=20)  # somebody looks at a page meanwhile
AADSTS = re.compile(r"AADSTS(\d{4,8})")


class FlowRefused(HunterError):
    """What came back belongs to no sign-in that this person has under way."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in that is kept; `replaced` is the account that was signed in before, if it was another one."""

    account: str
    how: str
    replaced: str = ""
    is_held: bool = False
    failed: bool = False

    def sentence(self) -> str:
        words = f"Signed in to Partner Center as {self.account}"
        words += f", in place of {self.replaced}." if self.replaced else "."
        if self.is_held:
            return f"{words} The lane is held by a person: resume it under Lanes."
        return f"{words} What waits for Partner Center goes on now."

    def as_dict(self) -> dict[str, Any]:
        return {"account": self.account, "how": self.how, "replaced": self.replaced or None, "held": self.is_held}


@dataclass(frozen=True, slots=True)
class OtherAccount:
    """Another account than the one in use has signed in; `pending` is its sign-in, sealed, until a person decides."""

    current: str
    new: str
    pending: str


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Nobody is signed in any more."""

    account: str
    failed: bool = False

    def sentence(self) -> str:
        if not self.account:
            return "Nobody was signed in to Partner Center."
        return f"{self.account} is signed out of Partner Center: its tokens are gone from here, and syncs wait for a new sign-in."


def begin_browser_sign_in(*, redirect_uri: str) -> BrowserFlow:
    """Prepare a sign-in in this person's browser; the account in use is offered first. Raises RemoteError, Deferred."""
    current = signed_in(NAME)
    with renewing(wait=WAIT_FOR_RIGHT) as gate:
        flow = begin_in_browser(gate, redirect_uri=redirect_uri, login_hint=current.account_name if current else "")
    return BrowserFlow(flow.address, {"msal": flow.kept, "ends_at": (database_now() + FLOW_LIVES).isoformat()})


def belongs_to(kept: Mapping[str, Any] | None, state: str) -> bool:
    """Whether what came back is the answer to the sign-in that was kept, and to no other."""
    expected = str(kept["msal"]["state"]) if kept else ""
    return bool(expected) and hmac.compare_digest(expected.encode(), state.encode())


def finish_browser_sign_in(
    kept: Mapping[str, Any] | None, answer: Mapping[str, str], *, by: AbstractBaseUser
) -> SignedIn | OtherAccount:
    """Redeem what the browser came back with. Raises FlowRefused, RemoteError, Deferred; nothing is kept then."""
    if kept is None or not belongs_to(kept, answer.get("state", "")):
        raise FlowRefused(
            "This answer belongs to no sign-in that you have under way here; perhaps it was used already, or begun in another "
            "browser. Nothing was changed. Begin the sign-in anew."
        )
    if database_now() >= datetime.fromisoformat(kept["ends_at"]):
        raise FlowRefused("The sign-in took longer than ten minutes, so it has ended. Begin it anew.")
    if answer.get("error") or not answer.get("code"):
        number = AADSTS.search(answer.get("error_description", ""))
        raise refused_in_browser(answer.get("error", ""), number=int(number[1]) if number else None)
    with renewing(wait=WAIT_FOR_RIGHT) as gate:
        fetched = redeem_code(gate, kept["msal"], code=answer["code"])
        return keep_unless_other(fetched, by=by)


def keep_unless_other(fetched: FetchedToken, *, by: AbstractBaseUser | None) -> SignedIn | OtherAccount:
    """Keep the new sign-in, but ask first where another account is in use. The caller has the right to renew."""
    account, current = _account(fetched), signed_in(NAME)
    if current is not None and current.account_id != account.account_id:
        return OtherAccount(current.account_name, account.name, _sealed(fetched))
    return _keep(fetched, by=by)


def take_other_account(pending: str, *, by: AbstractBaseUser | None) -> SignedIn:
    """Keep the sign-in of the other account after all: a person has said so. Raises FlowRefused, Deferred."""
    fetched = _opened(pending)
    with renewing(wait=WAIT_FOR_RIGHT):
        return _keep(fetched, by=by)


def sign_out(*, by: AbstractBaseUser | None) -> SignedOut:
    """Forget the tokens here; the refresh token in the settings is not used again either. Raises Deferred.

    At Microsoft the session stays: an administrator ends it there.
    """
    with renewing(wait=WAIT_FOR_RIGHT):
        return _sign_out(by=by)


@retried
@transaction.atomic(durable=True)
def _sign_out(*, by: AbstractBaseUser | None) -> SignedOut:
    current = signed_in(NAME)
    nobody = Renewal("", spent=mark_of(settings.PARTNER_CENTER_REFRESH_TOKEN))
    store(NAME, FetchedToken(access_token="", lives_for=timedelta(0), stored=nobody.text()))
    drop_sign_in(NAME, by=by)
    return SignedOut(current.account_name if current else "")


@retried
@transaction.atomic(durable=True)
def _keep(fetched: FetchedToken, *, by: AbstractBaseUser | None) -> SignedIn:
    account, before = _account(fetched), signed_in(NAME)
    how = fetched.how or SignIn.How.GIVEN
    store(NAME, fetched)
    keep_sign_in(NAME, account, how=how, by=by)
    mend(LaneName.PARTNER_CENTER)
    is_held = Lane.objects.filter(name=LaneName.PARTNER_CENTER, held=True).exists()
    replaced = before.account_name if before and before.account_id != account.account_id else ""
    return SignedIn(account.name, how.value, replaced=replaced, is_held=is_held)


def _account(fetched: FetchedToken) -> Account:
    assert fetched.account is not None  # noqa: S101  no sign-in is taken without one
    return fetched.account


def _sealed(fetched: FetchedToken) -> str:
    account = _account(fetched)
    told = {
        "access_token": fetched.access_token,
        "expires_at": (database_now() + fetched.lives_for).isoformat(),
        "stored": fetched.stored,
        "account": [account.account_id, account.name],
        "how": fetched.how or SignIn.How.GIVEN,
        "ends_at": (database_now() + FLOW_LIVES).isoformat(),
    }
    return sealed(json.dumps(told)).decode()


def _opened(pending: str) -> FetchedToken:
    try:
        told = json.loads(opened(pending.encode()))
    except (InvalidToken, ValueError) as error:
        raise FlowRefused("There is no sign-in to decide on. Begin it anew.") from error
    if database_now() >= datetime.fromisoformat(told["ends_at"]):
        raise FlowRefused("The sign-in waited longer than ten minutes for your decision. Begin it anew.")
    return FetchedToken(
        access_token=told["access_token"],
        lives_for=datetime.fromisoformat(told["expires_at"]) - database_now(),
        stored=told["stored"],
        account=Account(*told["account"]),
        how=SignIn.How(told["how"]),
    )
