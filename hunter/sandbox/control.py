"""The way to look behind the sandbox's curtain: state, calls, faults, edits, reset. In-process and at /_control/."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug import Request, Response

from hunter.sandbox.faults import SERVICES, Fault, FaultBook, FieldRefused
from hunter.sandbox.journal import Journal
from hunter.sandbox.refusals import json_answer
from hunter.sandbox.service import EditRefused

Model = TypeVar("Model", bound=BaseModel)


class ControlRefused(ValueError):
    """A wish that can't be granted; names the field that is wrong."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class Reset(BaseModel):
    """Which world to make."""

    model_config = ConfigDict(extra="forbid", strict=True)

    companies: int = Field(default=200, ge=0, le=1_000_000)
    referrals: int = Field(default=300, ge=0, le=1_000_000)
    seed: int = 1


class Controlled(Protocol):
    """What control works on."""

    faults: FaultBook
    journals: dict[str, Journal]

    def state(self, service: str) -> dict[str, Any]: ...
    def edit(self, service: str, change: Mapping[str, Any]) -> dict[str, Any]: ...
    def reset(self, *, companies: int, referrals: int, seed: int) -> None: ...


class Control:
    """Every act raises ControlRefused for a service, fault or value that it does not know."""

    def __init__(self, other_side: Controlled) -> None:
        self._other_side = other_side

    def state(self, service: str) -> dict[str, Any]:
        return self._other_side.state(_known(service))

    def calls(self, service: str) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = self.journal(service)["calls"]
        return calls

    def journal(self, service: str) -> dict[str, Any]:
        """{"calls", "count", "most_open"}"""
        return self._other_side.journals[_known(service)].as_dict()

    def faults(self) -> list[dict[str, Any]]:
        return self._other_side.faults.as_list()

    def add_fault(self, **wanted: Any) -> dict[str, Any]:
        """`service`, `fault` and what else `Fault` has."""
        fault = _read(Fault, wanted)
        self._other_side.faults.add(fault)
        return fault.model_dump(mode="json")

    def clear_faults(self) -> None:
        self._other_side.faults.clear()

    def reset(self, **wanted: Any) -> dict[str, Any]:
        """`companies`, `referrals`, `seed`."""
        asked = _read(Reset, wanted)
        self._other_side.reset(companies=asked.companies, referrals=asked.referrals, seed=asked.seed)
        return asked.model_dump()

    def edit(self, service: str, change: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self._other_side.edit(_known(service), change)
        except EditRefused as error:
            raise ControlRefused(str(error), field=error.field) from error


class ControlRoutes:
    """The same acts over HTTP."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def __call__(self, request: Request, path: str) -> Response:
        try:
            return self._answer(request, path)
        except ControlRefused as error:
            return json_answer({"error": str(error), "field": error.field}, status=HTTPStatus.BAD_REQUEST)

    def _answer(self, request: Request, path: str) -> Response:
        act, _, service = path.strip("/").partition("/")
        control = self._control
        match request.method, act:
            case "GET", "state":
                return json_answer(control.state(service))
            case "GET", "calls":
                return json_answer(control.journal(service))
            case "GET", "faults":
                return json_answer({"faults": control.faults()})
            case "POST", "faults":
                return json_answer(control.add_fault(**_members(request)), status=HTTPStatus.CREATED)
            case "DELETE", "faults":
                control.clear_faults()
                return Response(status=HTTPStatus.NO_CONTENT)
            case "POST", "reset":
                return json_answer(control.reset(**_members(request)))
            case "POST", "edit":
                return json_answer(control.edit(service, _members(request)))
            case _:
                known = "GET state, GET calls, GET POST DELETE faults, POST reset, POST edit"
                error = f"There is no {request.method} {path}; control has {known}."
                return json_answer({"error": error, "field": "path"}, status=HTTPStatus.NOT_FOUND)


def _known(service: str) -> str:
    if service not in SERVICES:
        raise ControlRefused(
            f"There is no service {service!r}; there are {', '.join(sorted(SERVICES))}.", field="service"
        )
    return service


def _read(model: type[Model], values: Mapping[str, Any]) -> Model:
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        cause = first.get("ctx", {}).get("error")
        field = cause.field if isinstance(cause, FieldRefused) else ".".join(str(part) for part in first["loc"])
        raise ControlRefused(f"{field}: {first['msg']}", field=field) from error


def _members(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.get_data() or b"{}")
    except ValueError as error:
        raise ControlRefused("The body is no JSON.", field="body") from error
    if not isinstance(body, dict):
        raise ControlRefused("The body must be one JSON object.", field="body")
    return body
