"""What must hold before Hunter signs in to Dynamics 365."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings
from django.core import checks

from crm.dynamics365.certificates import CertificateRefused, read_certificate

SOON: Final = timedelta(days=30)


@checks.register
def check_sign_in_certificate(**_: object) -> list[checks.CheckMessage]:
    """dynamics365.E001: a certificate that can't be used. dynamics365.W001: one that ends within a month."""
    if not settings.D365_ENABLED or not settings.D365_CLIENT_CERTIFICATE:
        return []
    try:
        certificate = read_certificate(settings.D365_CLIENT_CERTIFICATE)
    except CertificateRefused as refused:
        return [checks.Error(refused.message, id="dynamics365.E001")]
    if certificate.ends_at - datetime.now(UTC) > SOON:
        return []
    return [
        checks.Warning(
            f"The certificate that Hunter signs in to Dynamics 365 with ends on {certificate.ends_at:%-d %B %Y}.",
            hint="Make a new one, register it at Entra beside the old one, then put it in its place.",
            id="dynamics365.W001",
        )
    ]
