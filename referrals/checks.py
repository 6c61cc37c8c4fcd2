"""What must hold before Hunter signs in to Partner Center and syncs it."""

from __future__ import annotations

from django.conf import settings
from django.core import checks

from referrals.schedule import NEVER
from referrals.sign_in_ends import SecretDayRefused, secret_ends


@checks.register
def check_secret_day(**_: object) -> list[checks.CheckMessage]:
    """referrals.E001: the day on which the secret ends is a day."""
    try:
        secret_ends()
    except SecretDayRefused as refused:
        return [checks.Error(refused.message, hint="Mend it in the environment or in .env.", id="referrals.E001")]
    return []


@checks.register(checks.Tags.compatibility)
def check_full_sync_hour(**_: object) -> list[checks.CheckMessage]:
    """referrals.E002: a full sync has an hour that each day has, or none."""
    if settings.PARTNER_CENTER_FULL_SYNC_HOUR in range(NEVER, 24):
        return []
    return [
        checks.Error(
            f"PARTNER_CENTER_FULL_SYNC_HOUR is {settings.PARTNER_CENTER_FULL_SYNC_HOUR}; "
            "it takes an hour of the day from 0 to 23, or -1 for never.",
            hint="Mend it in the environment or in .env.",
            id="referrals.E002",
        )
    ]


@checks.register(checks.Tags.compatibility)
def check_most_vanished(**_: object) -> list[checks.CheckMessage]:
    """referrals.E003: the share that may vanish without a person is a share."""
    if settings.PARTNER_CENTER_MOST_VANISHED in range(101):
        return []
    return [
        checks.Error(
            f"PARTNER_CENTER_MOST_VANISHED is {settings.PARTNER_CENTER_MOST_VANISHED}; it is a percentage, 0 to 100.",
            hint="Mend it in the environment or in .env.",
            id="referrals.E003",
        )
    ]
