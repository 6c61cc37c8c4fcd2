"""A Dataverse environment in this process, and short ways to call it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from werkzeug import Request, Response
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from hunter.sandbox.clock import Clock
from hunter.sandbox.dataverse.requests import PREFIX
from hunter.sandbox.dataverse.service import DataverseService
from hunter.sandbox.service import TokenCheck, TokenVerdict
from hunter.sandbox.world.model import World

ORG = "http://127.0.0.1:9999/dataverse"
API = f"{ORG}{PREFIX}"
NOON = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
FIRST = "0f9a6c1e-5b0e-5d3c-9a44-7b1f7e3c2d10"
SECOND = "1c2d6c1e-5b0e-5d3c-9a44-7b1f7e3c2d11"
VERDICTS = {"": TokenVerdict.MISSING, "expired": TokenVerdict.EXPIRED, "foreign": TokenVerdict.WRONG_AUDIENCE}


def check_token(token: str, audience: str) -> TokenCheck:
    """Every token is the name of its app, but for a few that are no good."""
    assert audience == ORG
    verdict = VERDICTS.get(token, TokenVerdict.VALID)
    return TokenCheck(verdict, client_id=token if verdict is TokenVerdict.VALID else "", is_app_only=True)


class Dataverse:
    """Calls the simulator as an app does, without a socket."""

    def __init__(self, *, existing_leads: list[dict[str, Any]]) -> None:
        self.clock = Clock(fixed_at=NOON)
        world = World(
            seed=1,
            today=date(2026, 5, 4),
            companies=(),
            referrals=(),
            marketplace_leads=(),
            dns_records={},
            dns_failures={},
            registrations={},
            whois={},
            existing_leads=existing_leads,
        )
        self.service = DataverseService(world, clock=self.clock, base_url=ORG, check_token=check_token)

    def call(
        self, method: str, path: str, *, app: str = "hunter", headers: dict[str, str] | None = None, **body: Any
    ) -> Response:
        return self.service.handle(self.request(method, path, app=app, headers=headers, **body), path_of(path))

    def request(
        self, method: str, path: str, *, app: str = "hunter", headers: dict[str, str] | None = None, **body: Any
    ) -> Request:
        sent = {"Authorization": f"Bearer {app}"} if app else {}
        builder = EnvironBuilder(
            method=method, path=f"{PREFIX}/{path}", headers=Headers(sent | (headers or {})), **body
        )
        return Request(builder.get_environ())

    def get(self, path: str, **headers: str) -> Response:
        return self.call("GET", path, headers=_spelled(headers))

    def post(self, path: str, body: Any, **headers: str) -> Response:
        return self.call("POST", path, json=body, headers=_spelled(headers))

    def patch(self, path: str, body: Any, **headers: str) -> Response:
        return self.call("PATCH", path, json=body, headers=_spelled(headers))

    def delete(self, path: str, **headers: str) -> Response:
        return self.call("DELETE", path, headers=_spelled(headers))

    def edit(self, act: str, **change: Any) -> dict[str, Any]:
        return self.service.edit({"act": act, **change})

    def switch(self, **switches: Any) -> None:
        self.edit("switch", switches=switches)

    def lead(self, lead_id: str = FIRST) -> dict[str, Any]:
        """What the environment itself holds of the lead."""
        return next(lead for lead in self.leads if lead["leadid"] == lead_id)

    @property
    def leads(self) -> list[dict[str, Any]]:
        return list(self.service.state()["leads"])


def path_of(path: str) -> str:
    """What a server makes of the path: decoded, without the query."""
    return str(Request(EnvironBuilder(path=f"{PREFIX}/{path}").get_environ()).path)


def refusal(response: Response) -> tuple[int, str]:
    assert response.json is not None
    return response.status_code, response.json["error"]["code"]


def _spelled(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
