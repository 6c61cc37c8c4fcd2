"""What must be set before Hunter runs."""

from __future__ import annotations

from django.conf import settings
from django.core import checks


@checks.register(checks.Tags.security)
def check_keys(**_: object) -> list[checks.CheckMessage]:
    """hunter.E002: secrets at rest need a key; without DEBUG none is made up."""
    if settings.CREDENTIAL_KEYS:
        return []
    return [
        checks.Error(
            "CREDENTIAL_KEYS is not set, so access tokens can't be kept.",
            hint="Set it in the environment or in .env (python -c 'from cryptography.fernet import Fernet; "
            "print(Fernet.generate_key().decode())'), or set DEBUG=1 on a machine of your own.",
            id="hunter.E002",
        )
    ]


@checks.register(checks.Tags.compatibility)
def check_digest_hour(**_: object) -> list[checks.CheckMessage]:
    """hunter.E003: digests go out at an hour that each day has."""
    if settings.ALERT_DIGEST_HOUR in range(24):
        return []
    return [
        checks.Error(
            f"ALERT_DIGEST_HOUR is {settings.ALERT_DIGEST_HOUR}; it takes an hour of the day from 0 to 23.",
            hint="Mend it in the environment or in .env.",
            id="hunter.E003",
        )
    ]
