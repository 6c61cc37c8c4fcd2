"""Who there is on the simulated other sides: one partner's tenant, its people, its app registrations, and HubSpot's app.

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

HUBSPOT_TOKEN = "pat-eu1-5a4db0c5-0000-4000-8000-000000000003"  # noqa: S105  opens nothing but this sandbox
HUBSPOT_PORTAL, HUBSPOT_APP, HUBSPOT_USER = 24_000_001, 3_100_001, 51_000_001

PARTNER_CENTER_RESOURCE = "https://api.partner.microsoft.com"
PARTNER_CENTER_CSP_RESOURCE = "https://api.partnercenter.microsoft.com"
GRAPH_RESOURCE = "https://graph.microsoft.com"
