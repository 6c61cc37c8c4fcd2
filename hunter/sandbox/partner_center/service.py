"""Partner Center's referrals (contract 2 to 4): list, read and change, as the service behind api.partner.microsoft.com."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from threading import RLock
from typing import Any
from uuid import uuid4

from werkzeug import Request, Response

from hunter.sandbox import identities
from hunter.sandbox.clock import Clock
from hunter.sandbox.partner_center.authority import certificate
from hunter.sandbox.partner_center.creating import AlreadyThere, CreationRefused, created
from hunter.sandbox.partner_center.editing import Settings, edit_store, settings_after
from hunter.sandbox.partner_center.filters import Row
from hunter.sandbox.partner_center.listing import QueryRefused, page_of, read_query, skiptoken
from hunter.sandbox.partner_center.patching import READ_ONLY, ChangeRefused, check_transition, patched
from hunter.sandbox.partner_center.refusing import Refused
from hunter.sandbox.partner_center.registrations import REGISTRATION, Registrations
from hunter.sandbox.partner_center.store import Store
from hunter.sandbox.partner_center.webhooks import Webhooks
from hunter.sandbox.refusals import json_answer
from hunter.sandbox.service import CheckToken, TokenCheck, TokenVerdict
from hunter.sandbox.world.model import World

CERTIFICATES = "/cert/"
COLLECTION = "/v1.0/engagements/referrals"
CONTEXT = "http://api.partner.microsoft.com/v1.0/$metadata#Referrals"
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
METHODS = {"GET": "get", "PATCH": "patch", "PUT": "patch", "POST": "create"}
TOKEN_TROUBLE = {
    TokenVerdict.EXPIRED: "The token is expired",
    TokenVerdict.UNKNOWN: "The token is invalid",
    TokenVerdict.WRONG_AUDIENCE: "The audience is invalid",
}


class PartnerCenterService:
    """Serves the world's referrals. Only delegated tokens of a person with a referral role are accepted."""

    name = "partner-center"

    def __init__(self, world: World, *, clock: Clock, base_url: str, check_token: CheckToken) -> None:
        self._clock = clock
        self._base_url = base_url
        self._check_token = check_token
        self._lock = RLock()
        self._store = Store(world.referrals, world.marketplace_leads, seed=world.seed)
        self._settings = Settings()
        self._oldest_token = datetime(2000, 1, 1, tzinfo=UTC)
        self._webhooks = Webhooks(clock)
        self._registrations = Registrations(self._webhooks, clock=clock)

    def operation(self, request: Request, path: str) -> str:
        if path.rstrip("/") == COLLECTION and request.method == "GET":
            return "list"
        if path.startswith(CERTIFICATES):
            return "certificate"
        if path.startswith(REGISTRATION):
            return "registration"
        return METHODS.get(request.method, "other")

    def handle(self, request: Request, path: str) -> Response:
        if path.startswith(CERTIFICATES) and request.method == "GET":
            return _certificate(path.removeprefix(CERTIFICATES))
        try:
            with self._lock:
                answer = self._answer(request, path)
        except Refused as refused:
            answer = refused.answer()
        answer.headers["Request-ID"] = str(uuid4())
        if (sent := request.headers.get("client-request-id")) is not None:
            answer.headers["client-request-id"] = sent
        return answer

    def state(self) -> dict[str, Any]:
        with self._lock:
            return {
                **self._store.as_dict(),
                "settings": self._settings.as_dict(),
                "webhooks": {**self._webhooks.state(), "registered": self._registrations.state()},
            }

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """A referral, or how the service behaves: see `editing`."""
        told = self._webhooks.edit(change)  # not under the lock: who is told may look at once
        if told is not None:
            return told
        with self._lock:
            if change.get("expire_skiptokens"):
                self._oldest_token = self._clock.now()
                return {}
            settings = settings_after(self._settings, change)
            if settings is not None:
                self._settings = settings
                return settings.as_dict()
            edited = edit_store(self._store, change, now=self._clock.now())
            for ident in edited.get("expired", ()):
                self._webhooks.tell("referral-updated", ident)
            if "remove" not in change:
                event = "referral-created" if "add" in change else "referral-updated"
                self._webhooks.tell(event, str(edited.get("id") or ""))
            return edited

    def _answer(self, request: Request, path: str) -> Response:
        if path.startswith(REGISTRATION):
            self._caller(request, audience=identities.PARTNER_CENTER_CSP_RESOURCE)
            return self._registrations.answer(request, path)
        if not path.startswith(COLLECTION):
            raise Refused(HTTPStatus.NOT_FOUND, "Resource not found", gateway=True)
        caller = self._caller(request)
        if self._settings.strict_request_ids and "client-request-id" not in request.headers:
            raise Refused(HTTPStatus.BAD_REQUEST, "The header client-request-id is missing.")
        ident = path.removeprefix(COLLECTION).strip("/")
        match request.method, bool(ident):
            case "GET", False:
                return self._list(request, caller)
            case "GET", True:
                return _one(self._visible(ident, caller))
            case "POST", False:
                return self._create(request)
            case "PATCH", True:
                return self._patch(request, self._visible(ident, caller))
            case "PUT", True:
                return self._put(request, self._visible(ident, caller))
            case _:
                raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "The method is not allowed.", code="invalidRequest")

    def _caller(self, request: Request, *, audience: str = identities.PARTNER_CENTER_RESOURCE) -> TokenCheck:
        sent = request.headers.get("Authorization", "")
        token = sent.removeprefix("Bearer ") if sent.startswith("Bearer ") else ""
        check = self._check_token(token, audience)
        if check.verdict is TokenVerdict.MISSING:
            raise Refused(HTTPStatus.UNAUTHORIZED, "No token was sent.", challenge="Bearer")
        if not check.is_valid:
            trouble = TOKEN_TROUBLE[check.verdict]
            challenge = f'Bearer error="invalid_token", error_description="{trouble}"'
            raise Refused(HTTPStatus.UNAUTHORIZED, f"{trouble}.", challenge=challenge)
        if check.is_app_only:
            raise Refused(HTTPStatus.FORBIDDEN, "App-only tokens are not accepted; sign in as a user.")
        if not check.has_mfa:
            challenge = 'Bearer error="insufficent_claims"'
            raise Refused(HTTPStatus.FORBIDDEN, "MFA is needed.", inner="insufficent_claims", challenge=challenge)
        if not check.role:
            raise Refused(HTTPStatus.FORBIDDEN, "The user has no referral role.")
        return check

    def _member(self, caller: TokenCheck) -> str:
        return "" if caller.role == "ReferralAdmin" else caller.user

    def _list(self, request: Request, caller: TokenCheck) -> Response:
        now = self._clock.now()
        if "$skiptoken" in request.args and self._settings.between_pages:
            first, *rest = self._settings.between_pages
            self._settings = replace(self._settings, between_pages=tuple(rest))
            edit_store(self._store, first, now=now)
        try:
            query = read_query(request.args, members=self._store.members, now=now, oldest_token=self._oldest_token)
        except QueryRefused as error:
            raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from error
        rows = self._store.ordered(query, with_hidden=self._settings.marketplace_listed, member=self._member(caller))
        page, following = page_of(rows, query)
        shown = [{name: row[name] for name in query.select if name in row} for row in page] if query.select else page
        body: dict[str, Any] = {"@odata.context": CONTEXT, "@odata.count": len(page), "value": shown}
        if following is not None:
            token = skiptoken(following, now=now)
            body["@odata.nextLink"] = self._settings.link(self._base_url, COLLECTION, token)
        return json_answer(body)

    def _visible(self, ident: str, caller: TokenCheck) -> Row:
        if GUID.fullmatch(ident) is None:
            raise Refused(HTTPStatus.BAD_REQUEST, f"'{ident}' is no GUID.")
        row, member = self._store.find(ident.lower()), self._member(caller)
        team = [] if row is None else row.get("team") or []
        if row is None or (member and all(one.get("email") != member for one in team)):
            raise Refused(HTTPStatus.NOT_FOUND, "The referral was not found.")
        return row

    def _patch(self, request: Request, row: Row) -> Response:
        self._check_etag(request, row)
        try:
            changed = patched(row, _json_of(request), known=self._store.known_paths)
        except ChangeRefused as error:
            raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from error
        stored = self._changed(changed)
        if "return=representation" in request.headers.get("Prefer", ""):
            return _one(stored)
        return Response(status=HTTPStatus.NO_CONTENT)

    def _put(self, request: Request, row: Row) -> Response:
        if "If-Match" not in request.headers:
            raise Refused(HTTPStatus.PRECONDITION_REQUIRED, "If-Match is needed.", code="invalidRequest")
        self._check_etag(request, row)
        body = _json_of(request)
        if not isinstance(body, dict) or "links" in body:
            raise Refused(HTTPStatus.BAD_REQUEST, "The body must be a referral without links.")
        changed = {**copy.deepcopy(row), **{name: one for name, one in body.items() if name not in READ_ONLY}}
        try:
            check_transition(row, changed)
        except ChangeRefused as error:
            raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from error
        return _one(self._changed(changed))

    def _create(self, request: Request) -> Response:
        duplicates = self._settings.refuse_duplicates
        try:
            row = created(self._store, _json_of(request), now=self._clock.now(), refuse_duplicates=duplicates)
        except AlreadyThere as error:
            raise Refused(HTTPStatus.CONFLICT, str(error), code="alreadyExists") from error
        except CreationRefused as error:
            raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from error
        self._webhooks.tell("referral-created", row["id"])
        answer = _one(row)
        answer.status_code = HTTPStatus.CREATED
        return answer

    def _changed(self, row: Row) -> Row:
        stored = self._store.change(row, now=self._clock.now())
        self._webhooks.tell("referral-updated", stored["id"])
        return stored

    def _check_etag(self, request: Request, row: Row) -> None:
        wanted = request.headers.get("If-Match")
        if wanted is not None and wanted not in ("*", row["eTag"]):
            raise Refused(HTTPStatus.PRECONDITION_FAILED, "The eTag does not match.", inner="resourceModified")


def _one(row: Row) -> Response:
    answer = json_answer(row)
    answer.headers["ETag"] = row["eTag"]
    return answer


def _certificate(name: str) -> Response:
    """The storage account that the signers' certificates are in."""
    found = certificate(name.removesuffix(".cer")) if name.endswith(".cer") else None
    if found is None:
        return Response("The specified blob does not exist.", status=HTTPStatus.NOT_FOUND, mimetype="application/xml")
    return Response(found, mimetype="application/octet-stream")


def _json_of(request: Request) -> Any:
    try:
        return json.loads(request.get_data())
    except ValueError as error:
        raise Refused(HTTPStatus.BAD_REQUEST, "The body is no JSON.") from error
