"""Real clients for the simulated services, over loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import dns.message
import dns.query
import msal
import requests

from hunter.sandbox.running import RunningSandbox
from tests.waiting import PATIENCE

SCOPE = "https://api.partner.microsoft.com/.default"
INCOMING = {"$filter": "direction eq 'Incoming'"}


class LoopbackSession(requests.Session):
    """Sends what is meant for Microsoft's sign-in to the sandbox, path and query untouched (contract 1.5, way 1)."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.trust_env = False

    def request(self, method, url, **more):  # type: ignore[override]  # msal passes all but these two by name
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return super().request(method, f"{self.base}{parts.path}{query}", **more)


def msal_app(sandbox: RunningSandbox, **more: Any) -> msal.PublicClientApplication:
    env = sandbox.env
    return msal.PublicClientApplication(
        env["PARTNER_CENTER_CLIENT_ID"],
        authority="https://login.microsoftonline.com/" + env["PARTNER_CENTER_TENANT_ID"],
        http_client=LoopbackSession(env["ENTRA_URL"]),
        **{"instance_discovery": False, **more},
    )


def ask_token(sandbox: RunningSandbox, *, tenant: str = "", **form: str) -> requests.Response:
    tenant = tenant or sandbox.env["PARTNER_CENTER_TENANT_ID"]
    return requests.post(f"{sandbox.env['ENTRA_URL']}/{tenant}/oauth2/v2.0/token", data=form, timeout=PATIENCE)


def refresh(sandbox: RunningSandbox, **changes: str) -> requests.Response:
    form = {
        "grant_type": "refresh_token",
        "client_id": sandbox.env["PARTNER_CENTER_CLIENT_ID"],
        "refresh_token": sandbox.env["PARTNER_CENTER_REFRESH_TOKEN"],
        "scope": f"{SCOPE} offline_access openid profile",
    }
    return ask_token(sandbox, **(form | changes))


def as_application(sandbox: RunningSandbox, *, tenant: str = "", **changes: str) -> requests.Response:
    form = {
        "grant_type": "client_credentials",
        "client_id": sandbox.env["D365_CLIENT_ID"],
        "client_secret": sandbox.env["D365_CLIENT_SECRET"],
        "scope": f"{sandbox.env['D365_URL']}/.default",
    }
    return ask_token(sandbox, tenant=tenant, **(form | changes))


class PartnerCenterCaller:
    """Calls the referrals as a signed-in person."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.url = f"{sandbox.env['PARTNER_CENTER_URL']}/v1.0/engagements/referrals"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = "Bearer " + refresh(sandbox).json()["access_token"]

    def call(self, method: str = "GET", ident: str = "", **more: Any) -> requests.Response:
        url = f"{self.url}/{ident}" if ident else self.url
        return self.session.request(method, url, timeout=PATIENCE, **more)

    def pages(self, **params: str) -> Iterator[dict[str, Any]]:
        url, query = self.url, {f"${name}": value for name, value in params.items()}
        while url:
            answer = self.session.get(url, params=query, timeout=PATIENCE)
            assert answer.status_code == 200, answer.text
            yield answer.json()
            url, query = answer.json().get("@odata.nextLink"), {}

    def rows(self, **params: str) -> list[dict[str, Any]]:
        return [row for page in self.pages(**params) for row in page["value"]]


def ask_dns(sandbox: RunningSandbox, name: str, kind: str, **query: Any) -> dns.message.Message:
    """One question over UDP, without a second try over TCP."""
    asked = dns.message.make_query(name, kind, **query)
    return dns.query.udp(asked, "127.0.0.1", port=sandbox.dns_port, timeout=PATIENCE)


def ask_dns_tcp(sandbox: RunningSandbox, name: str, kind: str) -> dns.message.Message:
    return dns.query.tcp(dns.message.make_query(name, kind), "127.0.0.1", port=sandbox.dns_port, timeout=PATIENCE)
