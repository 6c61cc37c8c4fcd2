"""Who there is at the simulated Microsoft: one partner's tenant, its people, its two app registrations.

The same for every seed, so that an environment made for one world opens every other one.
"""

from __future__ import annotations

from dataclasses import dataclass

TENANT_ID = "7d000000-0000-4000-8000-000000000009"
TENANT_DOMAIN = "kuzeybilisim.example"
PARTNER_NAME = "Kuzey Bilişim A.Ş."

USER_ID = "3c5a0000-0000-4000-8000-0000000000a1"
USER_NAME = "referrals@kuzeybilisim.example"
USER_DISPLAY_NAME = "Ada Satıcı"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in."""

    object_id: str
    name: str
    display_name: str


ADA = Person(USER_ID, USER_NAME, USER_DISPLAY_NAME)
DENIZ = Person("3c5a0000-0000-4000-8000-0000000000b2", "deniz@kuzeybilisim.example", "Deniz Ortak")
PEOPLE = {one.object_id: one for one in (ADA, DENIZ)}

PARTNER_CENTER_CLIENT_ID = "aaaaaaaa-0000-4000-8000-000000000001"
PARTNER_CENTER_CLIENT_SECRET = "sandbox~partner.secret/with+signs="  # noqa: S105  opens nothing but this sandbox
DATAVERSE_CLIENT_ID = "bbbbbbbb-0000-4000-8000-000000000002"
DATAVERSE_CLIENT_SECRET = "sandbox~client.secret/with+signs="  # noqa: S105  opens nothing but this sandbox

PARTNER_CENTER_RESOURCE = "https://api.partner.microsoft.com"
PARTNER_CENTER_CSP_RESOURCE = "https://api.partnercenter.microsoft.com"
GRAPH_RESOURCE = "https://graph.microsoft.com"
