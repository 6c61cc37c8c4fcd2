"""RDAP for the domains of the world (contract 8.8). One base serves all endings that have RDAP."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from threading import Lock
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug import Request, Response

from hunter.sandbox.refusals import json_answer, rdap_error
from hunter.sandbox.service import EditRefused

MIMETYPE = "application/rdap+json"


class Redirect(BaseModel):
    """How a domain's questions are sent on: `hops` times and then answered, round and round, or to an address elsewhere."""

    model_config = ConfigDict(extra="forbid", strict=True)

    hops: int = Field(default=1, ge=1, le=100)
    loop: bool = False
    to: str = ""
    status: int = Field(default=302, ge=300, le=399)


class RdapService:
    """`/domain/{name}`: 200 with the registration, 404 where there is none, 400 for what is no domain.

    A domain can be made to be answered after some redirects, `/hop/1/domain/{name}` and so on.
    """

    name = "rdap"

    def __init__(self, registrations: Mapping[str, dict[str, Any]]) -> None:
        self._registrations = dict(registrations)
        self._redirects: dict[str, Redirect] = {}
        self._lock = Lock()

    def operation(self, request: Request, path: str) -> str:
        return "domain"

    def handle(self, request: Request, path: str) -> Response:
        hop, rest = hop_of(path.strip("/"))
        kind, _, asked = rest.partition("/")
        domain = asked.rstrip(".").lower()
        if request.method not in ("GET", "HEAD"):
            return rdap_error(HTTPStatus.METHOD_NOT_ALLOWED)
        if kind != "domain" or "." not in domain or "/" in domain or not domain.isascii():
            return rdap_error(HTTPStatus.BAD_REQUEST)
        with self._lock:
            found, redirect = self._registrations.get(domain), self._redirects.get(domain)
        if redirect is not None and (redirect.loop or hop < redirect.hops):
            return sent_on(request, redirect, domain=domain, hop=hop)
        return rdap_error(HTTPStatus.NOT_FOUND) if found is None else json_answer(found, mimetype=MIMETYPE)

    def state(self) -> dict[str, Any]:
        with self._lock:
            redirects = {domain: one.model_dump() for domain, one in self._redirects.items()}
            return {"registrations": dict(self._registrations), "redirects": redirects}

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """{"domain", "registration"}: the whole answer from now on; null takes it away. {"domain", "redirect"}: where its
        questions are sent on to; null answers them again. Raises EditRefused.
        """
        domain, registration = change.get("domain"), change.get("registration")
        if not isinstance(domain, str) or not domain:
            raise EditRefused("A change of RDAP names its domain.", field="domain")
        if "redirect" in change:
            return self._send_on(domain.lower(), change["redirect"])
        if registration is not None and not isinstance(registration, dict):
            raise EditRefused("registration is an RDAP answer or null.", field="registration")
        with self._lock:
            others = {name: one for name, one in self._registrations.items() if name != domain.lower()}
            self._registrations = others if registration is None else {**others, domain.lower(): registration}
        return {"domain": domain.lower(), "registration": registration}

    def _send_on(self, domain: str, wanted: Any) -> dict[str, Any]:
        redirect = None if wanted is None else _redirect(wanted)
        with self._lock:
            self._redirects.pop(domain, None)
            if redirect is not None:
                self._redirects[domain] = redirect
        return {"domain": domain, "redirect": redirect and redirect.model_dump()}


def hop_of(path: str) -> tuple[int, str]:
    """How often a question was sent on already, and the question."""
    kind, _, rest = path.partition("/")
    number, _, asked = rest.partition("/")
    return (int(number), asked) if kind == "hop" and number.isascii() and number.isdigit() else (0, path)


def sent_on(request: Request, redirect: Redirect, *, domain: str, hop: int) -> Response:
    """The answer that names another address; a round is one of two."""
    following = 3 - hop if redirect.loop and hop else hop + 1
    base = request.root_url.rstrip("/") + request.path.partition("/hop/")[0].partition("/domain/")[0]
    return Response(
        status=redirect.status, headers={"Location": redirect.to or f"{base}/hop/{following}/domain/{domain}"}
    )


def _redirect(value: Any) -> Redirect:
    try:
        return Redirect.model_validate(value)
    except ValidationError as error:
        raise EditRefused(f"redirect: {error.errors()[0]['msg']}", field="redirect") from error
