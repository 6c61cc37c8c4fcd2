"""The simulated HubSpot account: companies and contacts over the CRM API v3, who belongs to whom over v4, in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from threading import Lock
from typing import Any
from uuid import uuid4

from werkzeug import Request, Response

from hunter.sandbox.clock import Clock
from hunter.sandbox.hubspot.account import Account
from hunter.sandbox.hubspot.acts import apply_act
from hunter.sandbox.hubspot.properties import Schema
from hunter.sandbox.hubspot.records import COMPANY, CONTACT, Record, Records
from hunter.sandbox.hubspot.refusals import HubSpotError
from hunter.sandbox.hubspot.searching import search
from hunter.sandbox.identities import HUBSPOT_APP, HUBSPOT_PORTAL, HUBSPOT_TOKEN, HUBSPOT_USER

OBJECTS, PROPERTIES, LINKS = "/crm/v3/objects", "/crm/v3/properties", "/crm/v4/objects"
TOKEN_INFO = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105  an address
ACCOUNT_INFO = "/account-info/v3/details"
WRITES = {"POST": "create", "PATCH": "update", "DELETE": "delete"}
OF_CONTACTS = "contact_"
SCOPES = {
    "read": "crm.objects.{}.read",
    "query": "crm.objects.{}.read",
    "create": "crm.objects.{}.write",
    "update": "crm.objects.{}.write",
    "delete": "crm.objects.{}.write",
    "associate": "crm.objects.{}.write",
    "properties": "crm.schemas.{}.read",
    "customize": "crm.schemas.{}.write",
}
CONTACT_TO_COMPANY, COMPANY_TO_CONTACT = 279, 280
TYPES = (COMPANY.name, CONTACT.name)
LARGEST_BATCH = 100
LARGEST_BATCH_WITH_HISTORY = 50
LARGEST_PAGE = 100


class HubSpotService:
    """One account of a customer with a private app. One lock: each call is done whole or not at all."""

    name = "hubspot"

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        companies, contacts = (Records(one, Schema(one.name), clock.now) for one in (COMPANY, CONTACT))
        self._account = Account(companies, contacts)

    def operation(self, request: Request, path: str) -> str:
        """query, read, create, update, delete, and the same of contacts as contact_query …; associate, properties,
        customize, whoami; "other" for what is none of them."""
        path = path.rstrip("/")
        if path in (TOKEN_INFO, ACCOUNT_INFO):
            return "whoami"
        if path.startswith(LINKS):
            return "contact_read" if request.method == "GET" else "associate"
        named, rest = _split(path)
        if named not in TYPES:
            return "other"
        if path.startswith(PROPERTIES):
            return "properties" if request.method == "GET" else "customize"
        known = {"search": "query", "batch/read": "read", "batch/create": "create", "batch/update": "update",
                 "batch/upsert": "update", "batch/archive": "delete", "merge": "update", "": None}  # fmt: skip
        done = known.get(rest) or ("read" if request.method == "GET" else WRITES.get(request.method, "other"))
        return done if named == COMPANY.name else f"{OF_CONTACTS}{done}"

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
        """Every company and contact with all values, those that were deleted or merged, and who belongs to whom."""
        with self._lock:
            account = self._account
            companies, contacts = account.companies, account.contacts
            return {
                "companies": [_as_state(one) for one in companies.everybody()],
                "contacts": [
                    _as_state(one) | {"companies": _ids(account.linked_to(one))} for one in contacts.everybody()
                ],
                "archived": [_as_state(one) for one in (*companies.archived(), *contacts.archived())],
                "properties": sorted(companies.schema.properties),
                "contact_properties": sorted(contacts.schema.properties),
                "groups": sorted(companies.schema.groups),
                "switches": account.switches.model_dump(mode="json"),
            }

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            return apply_act(change, self._account)

    def _answer(self, request: Request, path: str) -> tuple[int, Any]:
        operation = self.operation(request, path)
        self._check_token(request, operation, path)
        self._account.usage.admit(is_search=operation.removeprefix(OF_CONTACTS) == "query", now=self._clock.now())
        if path == TOKEN_INFO:
            return 200, {
                "userId": HUBSPOT_USER, "hubId": HUBSPOT_PORTAL, "appId": HUBSPOT_APP,
                "scopes": list(self._account.switches.scopes),
            }  # fmt: skip
        if path == ACCOUNT_INFO:
            return 200, {"portalId": HUBSPOT_PORTAL, "accountType": "STANDARD", "timeZone": "Europe/Istanbul"}
        named, rest = _split(path)
        if path.startswith(LINKS):
            return self._links(request, path.removeprefix(LINKS).strip("/").split("/"))
        if named not in TYPES:
            raise HubSpotError(404, f"Nothing is at {path}")
        records = self._account.of_type(named)
        if path.startswith(PROPERTIES):
            return self._properties(request, records.schema, rest)
        return self._objects(request, records, rest)

    def _check_token(self, request: Request, operation: str, path: str) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if token != HUBSPOT_TOKEN or not self._account.switches.token_is_good:
            raise HubSpotError(401, "Authentication credentials not found. This API supports OAuth 2.0 authentication")
        of = CONTACT.name if path.startswith(LINKS) else _split(path)[0]
        scope = SCOPES.get(operation.removeprefix(OF_CONTACTS), "").format(of)
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

    def _properties(self, request: Request, schema: Schema, rest: str) -> tuple[int, Any]:
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

    def _objects(self, request: Request, records: Records, rest: str) -> tuple[int, Any]:
        by, names = request.args.get("idProperty", ""), _names(request.args.getlist("properties"))
        histories = _names(request.args.getlist("propertiesWithHistory")) or []
        match request.method, rest.split("/"):
            case "GET", [""]:
                return 200, self._page(request, records, names)
            case "POST", [""]:
                made = self._created(records, _body(request))
                return 201, made.as_json([*made.values])
            case "POST", ["search"]:
                behind = timedelta(seconds=self._account.switches.index_seconds)
                return 200, search(_body(request), records, behind=behind)
            case "POST", ["batch", act]:
                return self._batch(act, records, _body(request))
            case "POST", ["merge"]:
                body = _body(request)
                primary, other = (records.get(str(body.get(key))) for key in ("primaryObjectId", "objectIdToMerge"))
                return 200, self._account.merge(primary, other).as_json()
            case "GET", [named]:
                return 200, records.get(named, by=by).as_json(names, histories)
            case "PATCH", [named]:
                values = _values(_body(request))
                return 200, records.update(records.get(named, by=by), values).as_json([*values])
            case "DELETE", [named]:
                found = records.find(named)
                if found is not None:
                    self._account.archive(found)
                return 204, None
        raise HubSpotError(405, f"{request.method} does nothing here")

    def _created(self, records: Records, body: Mapping[str, Any]) -> Record:
        """With what it is to belong to: whatever is wrong with that, nothing is made."""
        ids = [str((one.get("to") or {}).get("id")) for one in body.get("associations") or ()]
        others = self._account.contacts if records is self._account.companies else self._account.companies
        found = [others.get(one) for one in ids]
        made = records.create(_values(body))
        for other in found:
            self._link(made, other)
        return made

    def _link(self, one: Record, other: Record) -> None:
        contact, company = (one, other) if one.of is CONTACT else (other, one)
        self._account.link(contact, company)

    def _links(self, request: Request, place: list[str]) -> tuple[int, Any]:
        """Who belongs to whom, without labels: `{type}/{id}/associations/[default/]{type}[/{id}]`."""
        match request.method, place:
            case "PUT", [of, named, "associations", "default", to, other]:
                one, another = self._account.of_type(of).get(named), self._account.of_type(to).get(other)
                self._link(one, another)
                now = self._clock.now().isoformat()
                results = [_default_link(one, another), _default_link(another, one)]
                return 200, {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
            case "GET", [of, named, "associations", to]:
                linked = self._account.linked_to(self._account.of_type(of).get(named))
                types = [{"category": "HUBSPOT_DEFINED", "typeId": _link_type(to), "label": None}]
                return 200, {"results": [{"toObjectId": one.object_id, "associationTypes": types} for one in linked]}
            case "DELETE", [of, named, "associations", to, other]:
                pair = (self._account.of_type(of).get(named), self._account.of_type(to).get(other))
                self._account.unlink(*(pair if of == CONTACT.name else reversed(pair)))
                return 204, None
        raise HubSpotError(405, f"{request.method} does nothing here")

    def _page(self, request: Request, records: Records, names: list[str] | None) -> dict[str, Any]:
        limit, after = int(request.args.get("limit", 10)), int(request.args.get("after", 0))
        if not 0 < limit <= LARGEST_PAGE:
            raise HubSpotError(400, f"A page has at most {LARGEST_PAGE} results")
        archived = request.args.get("archived", "").lower() == "true"
        everybody = records.archived() if archived else records.everybody()
        rest = [one for one in everybody if int(one.object_id) > after]
        answer: dict[str, Any] = {"results": [one.as_json(names) for one in rest[:limit]]}
        if len(rest) > limit:
            answer["paging"] = {"next": {"after": rest[limit - 1].object_id, "link": ""}}
        return answer

    def _batch(self, act: str, records: Records, body: Mapping[str, Any]) -> tuple[int, Any]:
        """Each input by itself: what can't be done stands among the errors, beside what was."""
        inputs = body.get("inputs") or []
        most = LARGEST_BATCH_WITH_HISTORY if body.get("propertiesWithHistory") else LARGEST_BATCH
        if len(inputs) > most:
            raise HubSpotError(400, f"A batch has at most {most} inputs")
        results: list[dict[str, Any]] = []
        missing: list[str] = []
        one_by_one = self._batch_act(act, records, body)
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
        words = f"Could not get some {records.of.title.upper()} objects"
        gone = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": words, "context": {"ids": missing}}
        return 207, answer | {"numErrors": 1, "errors": [gone]}

    def _batch_act(
        self, act: str, records: Records, body: Mapping[str, Any]
    ) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        by, names = str(body.get("idProperty") or ""), _names(body.get("properties") or [])
        histories = _names(body.get("propertiesWithHistory") or []) or []

        def upserted(one: Mapping[str, Any]) -> dict[str, Any]:
            key = str(one.get("idProperty") or by)
            found, values = records.find(str(one["id"]), by=key), _values(one)
            done = records.update(found, values) if found else records.create({key: one["id"]} | values)
            return done.as_json([*values]) | {"new": found is None}

        def updated(one: Mapping[str, Any]) -> dict[str, Any]:
            values = _values(one)
            found = records.get(str(one["id"]), by=str(one.get("idProperty") or by))
            return records.update(found, values).as_json([*values])

        def archived(one: Mapping[str, Any]) -> dict[str, Any]:
            self._account.archive(records.get(str(one["id"])))
            return {}

        known: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "read": lambda one: records.get(str(one["id"]), by=by).as_json(names, histories),
            "create": lambda one: self._created(records, one).as_json([*_values(one)]),
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


def _as_state(record: Record) -> dict[str, Any]:
    return record.as_json([*record.values]) | {"merged": record.merged}


def _ids(records: list[Record]) -> list[str]:
    return [one.object_id for one in records]


def _split(path: str) -> tuple[str, str]:
    """The type of object that a path is about, and what follows it."""
    for place in (OBJECTS, PROPERTIES):
        if path.startswith(f"{place}/"):
            named, _, rest = path.removeprefix(f"{place}/").partition("/")
            return named, rest
    return "", ""


def _link_type(to: str) -> int:
    return CONTACT_TO_COMPANY if to == COMPANY.name else COMPANY_TO_CONTACT


def _default_link(one: Record, other: Record) -> dict[str, Any]:
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _link_type(other.of.name)}
    return {"from": {"id": one.object_id}, "to": {"id": other.object_id}, "associationSpec": spec}
