"""RDAP for the domains of the world (contract 8.8). One base serves all endings that have RDAP."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from threading import Lock
from typing import Any

from werkzeug import Request, Response

from hunter.sandbox.refusals import json_answer, rdap_error
from hunter.sandbox.service import EditRefused

MIMETYPE = "application/rdap+json"


class RdapService:
    """`/domain/{name}`: 200 with the registration, 404 where there is none, 400 for what is no domain."""

    name = "rdap"

    def __init__(self, registrations: Mapping[str, dict[str, Any]]) -> None:
        self._registrations = dict(registrations)
        self._lock = Lock()

    def operation(self, request: Request, path: str) -> str:
        return "domain"

    def handle(self, request: Request, path: str) -> Response:
        kind, _, asked = path.strip("/").partition("/")
        domain = asked.rstrip(".").lower()
        if request.method not in ("GET", "HEAD"):
            return rdap_error(HTTPStatus.METHOD_NOT_ALLOWED)
        if kind != "domain" or "." not in domain or "/" in domain or not domain.isascii():
            return rdap_error(HTTPStatus.BAD_REQUEST)
        with self._lock:
            found = self._registrations.get(domain)
        return rdap_error(HTTPStatus.NOT_FOUND) if found is None else json_answer(found, mimetype=MIMETYPE)

    def state(self) -> dict[str, Any]:
        with self._lock:
            return {"registrations": dict(self._registrations)}

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """{"domain", "registration"}: the whole answer from now on; null takes it away."""
        domain, registration = change.get("domain"), change.get("registration")
        if not isinstance(domain, str) or not domain:
            raise EditRefused("A change of RDAP names its domain.", field="domain")
        if registration is not None and not isinstance(registration, dict):
            raise EditRefused("registration is an RDAP answer or null.", field="registration")
        with self._lock:
            others = {name: one for name, one in self._registrations.items() if name != domain.lower()}
            self._registrations = others if registration is None else {**others, domain.lower(): registration}
        return {"domain": domain.lower(), "registration": registration}
