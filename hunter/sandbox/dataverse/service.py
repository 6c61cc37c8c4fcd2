"""The simulated Dataverse: from a request to an answer, one at a time, all in memory."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from threading import Event, Lock
from typing import Any
from uuid import uuid4

from werkzeug import Request, Response

from hunter.sandbox.clock import Clock
from hunter.sandbox.dataverse import seeding
from hunter.sandbox.dataverse.acts import read_act
from hunter.sandbox.dataverse.addressing import Preferences, read_preferences
from hunter.sandbox.dataverse.answers import json_answer, wrong_method
from hunter.sandbox.dataverse.batch import Batch
from hunter.sandbox.dataverse.customizing.calls import CustomizationCalls, is_customization
from hunter.sandbox.dataverse.customizing.keys import let_indexes_grow
from hunter.sandbox.dataverse.customizing.lock import CustomizationLock
from hunter.sandbox.dataverse.customizing.metadata_cache import CachedMetadata
from hunter.sandbox.dataverse.customizing.solutions import Solutions
from hunter.sandbox.dataverse.directory import BUSINESS_UNIT, ORGANIZATION, Directory
from hunter.sandbox.dataverse.errors import DataverseError, Refusal, bad_request
from hunter.sandbox.dataverse.hands import Hands
from hunter.sandbox.dataverse.lifecycle import Environment
from hunter.sandbox.dataverse.limits import Limits, ServiceProtection
from hunter.sandbox.dataverse.multipart import Inner
from hunter.sandbox.dataverse.record_calls import RecordCalls
from hunter.sandbox.dataverse.records import Lead, LeadStore
from hunter.sandbox.dataverse.requests import PREFIX, Ask, check_length, read_ask, request_of
from hunter.sandbox.dataverse.schema import load_schema
from hunter.sandbox.dataverse.side_tables import TABLES, answer_table
from hunter.sandbox.dataverse.switches import Switches
from hunter.sandbox.service import CheckToken, EditRefused
from hunter.sandbox.world.model import World

VERSION = "9.2.24083.00190"
AUTHORIZATION_URI = "https://login.microsoftonline.com/common/oauth2/authorize"
BYPASS_HEADERS = {
    "MSCRM.BypassBusinessLogicExecution": "prvBypassCustomBusinessLogic",
    "MSCRM.BypassCustomPluginExecution": "prvBypassCustomPlugins",
}
ERROR_DETAILS = "Microsoft.PowerApps.CDS.ErrorDetails.OperationStatus"
WRITES = {"POST": "create", "PATCH": "update", "PUT": "update", "DELETE": "delete"}


class DataverseService:
    """One environment of a customer, with a lead table, behind the Web API v9.2 (contract 12).

    It is safe to call from many threads: writes and reads take one lock, so each is done whole or not at all.
    """

    name = "dataverse"

    def __init__(self, world: World, *, clock: Clock, base_url: str, check_token: CheckToken) -> None:
        self._org = base_url.rstrip("/")
        self._clock = clock
        self._check_token = check_token
        self._lock = Lock()
        schema = load_schema()
        self._environment = Environment(schema, LeadStore(schema), Directory(), Switches())
        self.protection = ServiceProtection(now=clock.now, limits=Limits())
        self._metadata = CachedMetadata(schema, api=self._api)
        self._solutions = Solutions()
        self._customizations = CustomizationCalls(self._environment, self._solutions, self._api)
        self._customization_lock = CustomizationLock()
        self._records = RecordCalls(self._environment, self._api)
        self._hands = Hands(self._environment, self.protection, clock, self._solutions, self._customization_lock)
        for columns in world.existing_leads:
            seeding.add_existing_lead(self._environment, columns, now=clock.now())

    @property
    def _api(self) -> str:
        return f"{self._org}{PREFIX}"

    def operation(self, request: Request, path: str) -> str:
        """query, read, create, update, delete, batch, metadata, customize, whoami; "other" for what is none of them."""
        first = path.removeprefix(PREFIX).strip("/").split("/", 1)[0]
        if is_customization(request.method, first.split("(", 1)[0]):
            return "customize"
        if first.startswith("$batch"):
            return "batch"
        if first.startswith(("EntityDefinitions", "$metadata", "GlobalOptionSetDefinitions")):
            return "metadata"
        if first.startswith("WhoAmI"):
            return "whoami"
        if not first.startswith("leads"):
            return "other"
        if request.method == "PATCH" and request.headers.get("If-None-Match", "").strip() == "*":
            return "create"
        if request.method == "GET":
            return "read" if first.startswith("leads(") else "query"
        return WRITES.get(request.method, "other")

    def handle(self, request: Request, path: str) -> Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        check = self._check_token(token, self._org)
        if not check.is_valid:
            return self._finish(self._unauthenticated(), user="", applied="")
        body = request.get_data()
        preferences = Preferences()
        try:
            preferences = read_preferences(request.headers.get("Prefer", ""))
            with self.protection.admitted(check.client_id):
                response = self._answer(request, path, client_id=check.client_id, body=body, preferences=preferences)
        except DataverseError as error:
            response = _refused(error, preferences)
        applied = preferences.applied if response.status_code in (200, 201) else ""
        return self._finish(response, user=check.client_id, applied=applied)

    def state(self) -> dict[str, Any]:
        """Every lead by property name, with what only the other side knows of it; and the leads that were deleted."""
        with self._lock:
            return {
                "leads": [_as_state(lead) for lead in self._environment.store.all()],
                "deleted": [_as_state(one.lead) for one in self._environment.store.deleted],
                "switches": self._environment.switches.model_dump(mode="json"),
                "solutions": {name: sorted(held) for name, held in self._solutions.components.items()},
                "published": dict(self._customizations.published),
                "limits": self.protection.limits.model_dump(mode="json"),
            }

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """What somebody over there does: `{"act": …}`, see `editing` and `administering`.

        Raises EditRefused and changes nothing.
        """
        act = read_act(change)
        with self._lock:
            try:
                return act.apply(self._hands)
            except DataverseError as error:
                field = "columns" if "columns" in change else "lead"
                raise EditRefused(f"{error.refusal.code} {error.message}", field=field) from error

    def _answer(
        self, request: Request, path: str, *, client_id: str, body: bytes, preferences: Preferences
    ) -> Response:
        check_length(request, path)
        if not path.startswith(f"{PREFIX}/"):
            raise _no_resource(request)
        latency = self._environment.switches.latency_seconds
        if latency:
            Event().wait(latency)
        with self._customizing(request, path), self._lock:
            switches = self._environment.switches
            switches.check_user(client_id)
            self._let_time_pass()
            user_id = self._environment.directory.application_user(client_id)
            for header, privilege in BYPASS_HEADERS.items():
                if header in request.headers:
                    switches.require(privilege, user_id=user_id)
            return self._routed(read_ask(request, path, user_id=user_id, body=body, preferences=preferences))

    def _customizing(self, request: Request, path: str) -> AbstractContextManager[None]:
        """The right to change definitions, where the request does; it is held outside the lock on the data."""
        first = path.removeprefix(PREFIX).strip("/").split("(", 1)[0].split("/", 1)[0]
        if not is_customization(request.method, first):
            return nullcontext()
        switches = self._environment.switches
        return self._customization_lock.held(
            now=self._clock.now(), seconds=switches.metadata_write_seconds, answer=switches.lock_answer
        )

    def _let_time_pass(self) -> None:
        now = self._clock.now()
        self._environment.schema.reveal(now)
        let_indexes_grow(self._environment, now=now)

    def _batch(self, ask: Ask) -> Response:
        if ask.method != "POST":
            raise wrong_method(ask)
        batch = Batch(
            self._environment.store,
            run=lambda inner: self._inner(inner, user_id=ask.user_id),
            continues_on_error=ask.preferences.continues_on_error,
        )
        return batch.answer(ask.body, content_type=ask.request.headers.get("Content-Type", ""))

    def _inner(self, inner: Inner, *, user_id: str) -> Response:
        """The answer to one operation of a batch, as it would be to the request alone."""
        preferences = Preferences()
        try:
            request, path = request_of(inner, api=self._api)
            preferences = read_preferences(request.headers.get("Prefer", ""))
            ask = read_ask(request, path, user_id=user_id, body=inner.body, preferences=preferences)
            if ask.segments[0].name == "$batch":
                raise bad_request("A batch may not hold another batch.")
            response = self._routed(ask)
        except DataverseError as error:
            response = _refused(error, preferences)
        response.headers["OData-Version"] = "4.0"
        return response

    def _routed(self, ask: Ask) -> Response:
        name = ask.segments[0].name
        if name == "leads":
            return self._records.answer(ask, now=self._clock.now())
        if is_customization(ask.method, name):
            return self._customized(ask)
        if name == "EntityDefinitions":
            return self._definitions(ask)
        if name in TABLES:
            return json_answer(answer_table(ask, self._solutions, api=self._api))
        if name in ("WhoAmI", "RetrieveVersion"):
            if ask.method != "GET":
                raise _no_resource(ask.request)
            return json_answer(self._who_am_i(ask) if name == "WhoAmI" else self._version())
        if name == "$batch":
            return self._batch(ask)
        raise DataverseError(Refusal.NO_SUCH_SEGMENT, f"Resource not found for the segment '{name}'.")

    def _definitions(self, ask: Ask) -> Response:
        for privilege in ("prvReadEntity", "prvReadAttribute"):
            self._environment.switches.require(privilege, user_id=ask.user_id)
        is_strong = ask.request.headers.get("Consistency", "").lower() == "strong"
        catalog = self._metadata.catalog(now=self._clock.now(), is_strong=is_strong)
        return json_answer(catalog.answer(ask.segments, ask.options))

    def _customized(self, ask: Ask) -> Response:
        now, before = self._clock.now(), self._environment.schema.copied()
        answer = self._customizations.answer(ask, now=now)
        cached = timedelta(seconds=self._environment.switches.metadata_cache_seconds)
        if cached:
            self._metadata.remember(before, until=now + cached)
        return answer

    def _who_am_i(self, ask: Ask) -> dict[str, str]:
        return {
            "@odata.context": f"{self._api}/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse",
            "BusinessUnitId": BUSINESS_UNIT,
            "UserId": ask.user_id,
            "OrganizationId": ORGANIZATION,
        }

    def _version(self) -> dict[str, str]:
        context = f"{self._api}/$metadata#Microsoft.Dynamics.CRM.RetrieveVersionResponse"
        return {"@odata.context": context, "Version": VERSION}

    def _unauthenticated(self) -> Response:
        challenge = f"Bearer authorization_uri={AUTHORIZATION_URI}, resource_id={self._org}/"
        return Response(status=401, headers={"WWW-Authenticate": challenge})

    def _finish(self, response: Response, *, user: str, applied: str) -> Response:
        request_id = str(uuid4())
        response.headers["OData-Version"] = "4.0"
        response.headers["x-ms-service-request-id"] = request_id
        response.headers["REQ_ID"] = request_id
        response.headers.add("Set-Cookie", "ARRAffinity=simulated; path=/; HttpOnly")
        for name, value in self.protection.headers(user).items():
            response.headers[name] = value
        if applied:
            response.headers["Preference-Applied"] = applied
        if response.status_code in (204, 304):
            response.headers.pop("Content-Type", None)
        return response


def _refused(error: DataverseError, preferences: Preferences) -> Response:
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    content = error.envelope(annotated=preferences.annotates(ERROR_DETAILS))
    return json_answer(content, status=error.refusal.status, headers=headers)


def _no_resource(request: Request) -> DataverseError:
    return DataverseError(
        Refusal.NO_SUCH_RESOURCE, f"No HTTP resource was found that matches the request URI '{request.url}'."
    )


def _as_state(lead: Lead) -> dict[str, Any]:
    return {
        **lead.values,
        "_etag": lead.etag,
        "_writes": lead.writes,
        "_edits": lead.edits,
        "_created_by_api": lead.created_by_api,
    }
