"""Calls to one HubSpot account: its session, what its answers mean, and how often it may be searched."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from crm.hubspot.answers import RecordAnswer, RecordPage, read_error
from crm.hubspot.statuses import NO_SUCH_PROPERTY, TABLE
from hunter.remote.errors import Misconfigured, RateLimited, RemoteError, TransientFailure
from hunter.remote.gate import Gate
from hunter.remote.session import Answer, RemoteSession, TimeLimits

COMPANIES: Final = "/crm/v3/objects/companies"
CONTACTS: Final = "/crm/v3/objects/contacts"
LINKS: Final = "/crm/v4/objects"
PROPERTIES: Final = "/crm/v3/properties"
TOKEN_INFO: Final = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105  an address
LIMITS: Final = TimeLimits(connect=5, read=15, total=20)  # HubSpot itself gives up after ten seconds
LARGEST_BATCH: Final = 100
# Five searches a second are allowed, of all workers together: (8 × 2 s + 4) / 4 = 5 with the lane's 8 calls a second.
A_SEARCH_COUNTS_FOR: Final = 4
IN_DOUBT: Final = frozenset({520, 522, 524})  # the network in front of HubSpot gave up: it may have been done
WAITS: Final[Mapping[str, timedelta]] = {
    "TEN_SECONDLY_ROLLING": timedelta(seconds=10),
    "SECONDLY": timedelta(seconds=1),
    "DAILY": timedelta(hours=1),
}

M = TypeVar("M", bound=BaseModel)


class HubSpotCalls:
    """Safe to use from several threads. Raises the class of the table, Deferred when no call may go out."""

    def __init__(self, *, base_url: str, gate: Gate, bearer: str) -> None:
        self._bearer = bearer
        self._gate = gate
        self._session = RemoteSession(
            service="hubspot",
            base_url=base_url,
            gate=gate,
            table=TABLE,
            limits=LIMITS,
            bearer=bearer,
            read_error=read_error,
        )

    def read(self, model: type[M], method: str, path: str, *, operation: str, **request: Any) -> M:
        """What is there, in this form. HubSpot asks some questions by POST: a lost answer leaves no doubt of a write."""
        try:
            return _as_model(model, self._call(method, path, operation=operation, **request))
        except RemoteError as error:
            error.outcome_unknown = False
            raise

    def search(self, model: type[M], objects: str, body: Mapping[str, Any], *, operation: str) -> M:
        """A search, which may be made less often than other calls."""
        for _ in range(A_SEARCH_COUNTS_FOR - 1):
            self._gate.pass_(deadline=time.monotonic() + LIMITS.gate)
        return self.read(model, "POST", f"{objects}/search", operation=operation, json=body)

    def read_several(
        self, objects: str, ids: Sequence[str], names: Sequence[str], *, by: str, operation: str,
        histories: Sequence[str] = (),
    ) -> list[RecordAnswer]:  # fmt: skip
        """Those that are there, by their numbers, or `by` a property that takes each value once."""
        if not ids:
            return []
        body = {
            "inputs": [{"id": one} for one in ids],
            "properties": list(names),
            "propertiesWithHistory": list(histories),
        }
        body |= {"idProperty": by} if by else {}
        return self.read(RecordPage, "POST", f"{objects}/batch/read", operation=operation, json=body).results

    def write(self, model: type[M], method: str, path: str, *, operation: str, **request: Any) -> M:
        """One write. A known refusal leaves no doubt; an answer that can't be read does."""
        return _as_model(model, self._call(method, path, operation=operation, **request))

    def about_token(self, model: type[M]) -> M:
        """Whose token this is."""
        return self.read(model, "POST", TOKEN_INFO, operation="who_am_i", json={"tokenKey": self._bearer})

    def _call(self, method: str, path: str, *, operation: str, **request: Any) -> Answer:
        try:
            return self._session.call(method, path, operation=operation, **request)
        except RateLimited as error:
            error.retry_after = error.retry_after or WAITS.get(error.code)
            raise
        except Misconfigured as error:
            raise _schema_differs(error) if error.code == NO_SUCH_PROPERTY else error from error
        except RemoteError as error:
            if error.call.status in IN_DOUBT:
                error.outcome_unknown = True
            elif error.code and not isinstance(error, TransientFailure):
                error.outcome_unknown = False  # HubSpot said why it refused: nothing was stored
            raise


def _as_model(model: type[M], answer: Answer) -> M:
    raw = answer.json()
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise TransientFailure(
            f"HubSpot answered {answer.call.operation} in a form that Hunter does not know.",
            call=answer.call,
            outcome_unknown=True,
        ) from error


def _schema_differs(error: RemoteError) -> Misconfigured:
    return Misconfigured(
        f"{error.message} The mapping names a property that HubSpot does not have; "
        "`manage.py check_crm --crm hubspot` says which.",
        call=error.call,
        code=error.code,
    )
