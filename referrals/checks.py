"""What must hold before Hunter signs in to Partner Center."""

from __future__ import annotations

from django.core import checks

from referrals.sign_in_ends import SecretDayRefused, secret_ends


@checks.register
def check_secret_day(**_: object) -> list[checks.CheckMessage]:
    """referrals.E001: the day on which the secret ends is a day."""
    try:
        secret_ends()
    except SecretDayRefused as refused:
        return [checks.Error(refused.message, hint="Mend it in the environment or in .env.", id="referrals.E001")]
    return []
