"""Calls to one Dataverse environment: its session, its headers, and answers in a known form (contract 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from crm.dynamics365.answers import read_error
from crm.dynamics365.columns_named import column_named
from crm.dynamics365.statuses import PAYLOAD_NOT_UNDERSTOOD, TABLE
from hunter.remote.errors import Misconfigured, NotFound, RemoteError, TransientFailure, ValueRefused
from hunter.remote.gate import Gate
from hunter.remote.session import READING, Answer, RemoteSession, TimeLimits

API: Final = "/api/data/v9.2"
# The server itself gives up after two minutes; a shorter limit here would call writes unknown that are merely slow.
WRITE_LIMITS: Final = TimeLimits(connect=5, read=125, total=130)
READ_LIMITS: Final = TimeLimits(connect=5, read=25, total=30)
ODATA: Final = {"OData-Version": "4.0", "OData-MaxVersion": "4.0"}
WRONG_SCHEMA: Final = ("undeclared property", "invalid property", "could not find a property", "no http resource")

M = TypeVar("M", bound=BaseModel)


class DataverseCalls:
    """Safe to use from several threads. Raises the class of the contract's table, Deferred when none may go out."""

    def __init__(self, *, base_url: str, gate: Gate, bearer: str) -> None:
        self._reading = _session(base_url, gate, bearer, READ_LIMITS)
        self._writing = _session(base_url, gate, bearer, WRITE_LIMITS)

    def call(self, method: str, path: str, **request: Any) -> Answer:
        """One request; a known refusal leaves no doubt about a write."""
        session = self._reading if method in READING else self._writing
        request["headers"] = ODATA | (request.get("headers") or {})
        try:
            return session.call(method, path, **request)
        except RemoteError as error:
            if error.code and not isinstance(error, TransientFailure):
                error.outcome_unknown = False  # the server said why it refused: nothing was stored (contract, D50)
            error.field = error.field or column_named(error.message)  # errors of one column are one cause
            if _names_the_schema(error):
                raise _schema_differs(error) from error
            raise

    def read_as(
        self,
        model: type[M],
        path: str,
        *,
        operation: str,
        params: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
    ) -> M:
        """What is at the path, in this form."""
        return as_model(model, self.call("GET", path, operation=operation, params=params, headers=headers))


def as_model(model: type[M], answer: Answer) -> M:
    """The answer in this form. Raises TransientFailure when it has another."""
    raw = answer.json()
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise TransientFailure(
            f"Dynamics 365 answered {answer.call.operation} in a form that Hunter does not know.",
            call=answer.call,
            outcome_unknown=answer.call.method == "PATCH",
        ) from error


def _session(base_url: str, gate: Gate, bearer: str, limits: TimeLimits) -> RemoteSession:
    return RemoteSession(
        service="dynamics365",
        base_url=base_url,
        gate=gate,
        table=TABLE,
        limits=limits,
        bearer=bearer,
        read_error=read_error,
    )


def _names_the_schema(error: RemoteError) -> bool:
    unclear = isinstance(error, ValueRefused | NotFound) and error.code in {"", PAYLOAD_NOT_UNDERSTOOD}
    return unclear and any(words in error.message.lower() for words in WRONG_SCHEMA)


def _schema_differs(error: RemoteError) -> Misconfigured:
    return Misconfigured(
        f"{error.message} The mapping names a column that the CRM no longer has, or in another type; "
        "`manage.py check_crm` says which.",
        call=error.call,
        code=error.code,
        field=error.field,
    )
