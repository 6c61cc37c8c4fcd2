"""Whose account a service's token belongs to: kept, audited, and when it ends if nobody uses it (R2.7, contract 1.4)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser

from hunter.audit.recording import record
from hunter.remote.clock import database_now
from hunter.remote.models import SignIn, StoredToken

logger = logging.getLogger(__name__)

LASTS_UNUSED = timedelta(days=90)  # each use begins them anew; a policy of the tenant may end it sooner


@dataclass(frozen=True, slots=True)
class Account:
    """A person at the service: the id that stays, and the name that may change."""

    account_id: str
    name: str

    @property
    def shown(self) -> str:
        """The name for places that many people see: a mail address down to its first letters."""
        return shortened(self.name)


def shortened(name: str) -> str:
    """A mail address down to two letters and its domain; anything else as it is."""
    local, at, domain = name.partition("@")
    return f"{local[:2]}…@{domain}" if at and len(local) > 2 else name


def signed_in(name: str) -> SignIn | None:
    """The sign-in that stands, of whatever account."""
    return SignIn.objects.filter(name=name).first()


def keep_sign_in(name: str, account: Account, *, how: SignIn.How, by: AbstractBaseUser | None) -> SignIn:
    """Note a new sign-in, in the caller's transaction. Audited; None as `by` is a command or the settings."""
    before = signed_in(name)
    kept, _ = SignIn.objects.update_or_create(
        name=name,
        defaults={
            "account_id": account.account_id,
            "account_name": account.name,
            "how": how,
            "by": by,  # type: ignore[misc]  # the user model is only known at run time
            "signed_in_at": database_now(),
        },
    )
    record(kept, act="sign in", by=by, before=before and before.account_name, after=account.name, why=how.label)
    logger.info("sign_in.made", extra={"service": name, "how": how.value})
    return kept


def drop_sign_in(name: str, *, by: AbstractBaseUser | None) -> None:
    """Note that the sign-in is forgotten, in the caller's transaction. Audited."""
    before = signed_in(name)
    if before is not None:
        record(before, act="sign out", by=by, before=before.account_name)
        before.delete()


def last_renewed(name: str) -> datetime | None:
    """When the token was last renewed; None where there is none."""
    return StoredToken.objects.filter(name=name).values_list("renewed_at", flat=True).first()


def ends_unused(renewed_at: datetime) -> datetime:
    """When a sign-in that was last renewed then ends, if nothing renews it before."""
    return renewed_at + LASTS_UNUSED
