"""The simulated HubSpot account: companies and their properties over the CRM API v3, all in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from threading import Lock
from typing import Any
from uuid import uuid4

from werkzeug import Request, Response

from hunter.sandbox.clock import Clock
from hunter.sandbox.hubspot.acts import Account, Switches, apply_act
from hunter.sandbox.hubspot.companies import Companies, Company
from hunter.sandbox.hubspot.limits import Usage
from hunter.sandbox.hubspot.properties import Schema
from hunter.sandbox.hubspot.refusals import HubSpotError
from hunter.sandbox.hubspot.searching import search
from hunter.sandbox.identities import HUBSPOT_APP, HUBSPOT_PORTAL, HUBSPOT_TOKEN, HUBSPOT_USER

OBJECTS, PROPERTIES = "/crm/v3/objects/companies", "/crm/v3/properties/companies"
TOKEN_INFO = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105  an address
ACCOUNT_INFO = "/account-info/v3/details"
WRITES = {"POST": "create", "PATCH": "update", "DELETE": "delete"}
SCOPES = {
    "read": "crm.objects.companies.read",
    "query": "crm.objects.companies.read",
    "create": "crm.objects.companies.write",
    "update": "crm.objects.companies.write",
    "delete": "crm.objects.companies.write",
    "properties": "crm.schemas.companies.read",
    "customize": "crm.schemas.companies.write",
}
LARGEST_BATCH = 100
LARGEST_PAGE = 100


class HubSpotService:
    """One account of a customer with a private app. One lock: each call is done whole or not at all."""

    name = "hubspot"

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._schema = Schema()
        self._account = Account(Companies(self._schema, clock.now), Usage(), Switches())

    def operation(self, request: Request, path: str) -> str:
        """query, read, create, update, delete, properties, customize, whoami; "other" for what is none of them."""
        path = path.rstrip("/")
        if path in (TOKEN_INFO, ACCOUNT_INFO):
            return "whoami"
        if path.startswith(PROPERTIES):
            return "properties" if request.method == "GET" else "customize"
        if not path.startswith(OBJECTS):
            return "other"
        last = path.removeprefix(OBJECTS).strip("/")
        known = {"search": "query", "batch/read": "read", "batch/create": "create", "batch/update": "update",
                 "batch/upsert": "update", "batch/archive": "delete", "merge": "update", "": None}  # fmt: skip
        return known.get(last) or ("read" if request.method == "GET" else WRITES.get(request.method, "other"))

    def handle(self, request: Request, path: str) -> Response:
        with self._lock:
            try:
                status, body = self._answer(request, path.rstrip("/"))
            except HubSpotError as error:
                return error.answer()
        answer = Response(json.dumps(body, ensure_ascii=False) if body is not None else "", status=status)
        answer.headers["Content-Type"] = "application/json;charset=utf-8"
        answer.headers["x-hubspot-correlation-id"] = str(uuid4())
        return answer

    def state(self) -> dict[str, Any]:
        """Every company with all its values, and those that were deleted or merged."""
        with self._lock:
            companies = self._account.companies
            return {
                "companies": [_as_state(one) for one in companies.everybody()],
                "archived": [_as_state(one) for one in companies.archived()],
                "properties": sorted(self._schema.properties),
                "groups": sorted(self._schema.groups),
                "switches": self._account.switches.model_dump(mode="json"),
            }

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            return apply_act(change, self._account)

    def _answer(self, request: Request, path: str) -> tuple[int, Any]:
        operation = self.operation(request, path)
        self._check_token(request, operation)
        self._account.usage.admit(is_search=operation == "query", now=self._clock.now())
        if path == TOKEN_INFO:
            return 200, {
                "userId": HUBSPOT_USER, "hubId": HUBSPOT_PORTAL, "appId": HUBSPOT_APP,
                "scopes": list(self._account.switches.scopes),
            }  # fmt: skip
        if path == ACCOUNT_INFO:
            return 200, {"portalId": HUBSPOT_PORTAL, "accountType": "STANDARD", "timeZone": "Europe/Istanbul"}
        if path.startswith(PROPERTIES):
            return self._properties(request, path.removeprefix(PROPERTIES).strip("/"))
        if path.startswith(OBJECTS):
            return self._objects(request, path.removeprefix(OBJECTS).strip("/"))
        raise HubSpotError(404, f"Nothing is at {path}")

    def _check_token(self, request: Request, operation: str) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if token != HUBSPOT_TOKEN or not self._account.switches.token_is_good:
            raise HubSpotError(401, "Authentication credentials not found. This API supports OAuth 2.0 authentication")
        scope = SCOPES.get(operation)
        if scope and scope not in self._account.switches.scopes:
            raise HubSpotError(
                403,
                "This app hasn't been granted all required scopes to make this call.",
                errors=[
                    {
                        "message": "One or more of the following scopes are required.",
                        "context": {"requiredGranularScopes": [scope]},
                    }
                ],
            )

    def _properties(self, request: Request, rest: str) -> tuple[int, Any]:
        schema = self._schema
        match request.method, rest.split("/"):
            case "GET", [""]:
                return 200, {"results": [one.as_json() for one in schema.properties.values()]}
            case "POST", [""]:
                return 201, schema.create(_body(request)).as_json()
            case "GET", ["groups"]:
                return 200, {"results": [schema.group_json(name) for name in schema.groups]}
            case "POST", ["groups"]:
                return 201, schema.create_group(_body(request))
            case "GET", [name]:
                return 200, schema.named(name).as_json()
            case "DELETE", [name]:
                schema.properties.pop(schema.named(name).name)
                return 204, None
        raise HubSpotError(405, f"{request.method} does nothing here")

    def _objects(self, request: Request, rest: str) -> tuple[int, Any]:
        companies = self._account.companies
        by, names = request.args.get("idProperty", ""), _names(request.args.getlist("properties"))
        match request.method, rest.split("/"):
            case "GET", [""]:
                return 200, self._page(request, names)
            case "POST", [""]:
                made = companies.create(_values(_body(request)))
                return 201, made.as_json([*made.values])
            case "POST", ["search"]:
                behind = timedelta(seconds=self._account.switches.index_seconds)
                return 200, search(_body(request), companies, behind=behind)
            case "POST", ["batch", act]:
                return self._batch(act, _body(request))
            case "POST", ["merge"]:
                body = _body(request)
                stays, goes = (companies.get(str(body.get(key))) for key in ("primaryObjectId", "objectIdToMerge"))
                return 200, companies.merge(stays, goes).as_json()
            case "GET", [named]:
                return 200, companies.get(named, by=by).as_json(names)
            case "PATCH", [named]:
                values = _values(_body(request))
                return 200, companies.update(companies.get(named, by=by), values).as_json([*values])
            case "DELETE", [named]:
                found = companies.find(named)
                if found is not None:
                    companies.archive(found)
                return 204, None
        raise HubSpotError(405, f"{request.method} does nothing here")

    def _page(self, request: Request, names: list[str] | None) -> dict[str, Any]:
        limit, after = int(request.args.get("limit", 10)), int(request.args.get("after", 0))
        if not 0 < limit <= LARGEST_PAGE:
            raise HubSpotError(400, f"A page has at most {LARGEST_PAGE} results")
        archived = request.args.get("archived", "").lower() == "true"
        everybody = self._account.companies.archived() if archived else self._account.companies.everybody()
        rest = [one for one in everybody if int(one.object_id) > after]
        answer: dict[str, Any] = {"results": [one.as_json(names) for one in rest[:limit]]}
        if len(rest) > limit:
            answer["paging"] = {"next": {"after": rest[limit - 1].object_id, "link": ""}}
        return answer

    def _batch(self, act: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        """Each input by itself: what can't be done stands among the errors, beside what was."""
        inputs = body.get("inputs") or []
        if len(inputs) > LARGEST_BATCH:
            raise HubSpotError(400, f"A batch has at most {LARGEST_BATCH} inputs")
        results: list[dict[str, Any]] = []
        missing: list[str] = []
        one_by_one = self._batch_act(act, body)
        for one in inputs:
            try:
                results.append(one_by_one(one))
            except HubSpotError as error:
                if error.status != 404:
                    raise
                missing.append(str(one.get("id")))
        if act == "archive":
            return 204, None
        answer: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": "", "completedAt": ""}
        now = self._clock.now().isoformat()
        answer |= {"startedAt": now, "completedAt": now}
        if not missing:
            return 201 if act == "create" else 200, answer
        gone = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some COMPANY objects",
                "context": {"ids": missing}}  # fmt: skip
        return 207, answer | {"numErrors": 1, "errors": [gone]}

    def _batch_act(self, act: str, body: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        companies = self._account.companies
        by, names = str(body.get("idProperty") or ""), _names(body.get("properties") or [])

        def upserted(one: Mapping[str, Any]) -> dict[str, Any]:
            key = str(one.get("idProperty") or by)
            found, values = companies.find(str(one["id"]), by=key), _values(one)
            done = companies.update(found, values) if found else companies.create({key: one["id"]} | values)
            return done.as_json([*values]) | {"new": found is None}

        def updated(one: Mapping[str, Any]) -> dict[str, Any]:
            values = _values(one)
            found = companies.get(str(one["id"]), by=str(one.get("idProperty") or by))
            return companies.update(found, values).as_json([*values])

        def archived(one: Mapping[str, Any]) -> dict[str, Any]:
            companies.archive(companies.get(str(one["id"])))
            return {}

        known: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "read": lambda one: companies.get(str(one["id"]), by=by).as_json(names),
            "create": lambda one: companies.create(_values(one)).as_json([*_values(one)]),
            "update": updated,
            "upsert": upserted,
            "archive": archived,
        }
        if act not in known:
            raise HubSpotError(404, f"There is no batch/{act}")
        return known[act]


def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.get_data() or b"{}")
    except ValueError as error:
        raise HubSpotError(400, "Invalid input JSON on line 1") from error
    if not isinstance(body, dict):
        raise HubSpotError(400, "Invalid input JSON: an object is due")
    return body


def _values(body: Mapping[str, Any]) -> dict[str, Any]:
    values = body.get("properties")
    if not isinstance(values, dict):
        raise HubSpotError(400, "Invalid input JSON: properties is missing")
    return values


def _names(given: list[str]) -> list[str] | None:
    names = [name for text in given for name in text.split(",") if name]
    return names or None


def _as_state(company: Company) -> dict[str, Any]:
    return company.as_json([*company.values]) | {"merged": company.merged}
