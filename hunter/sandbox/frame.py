"""Takes each HTTP request to its service, shows the faults that stand, and writes the call down."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Event

from werkzeug import Request, Response

from hunter.sandbox.clock import Clock
from hunter.sandbox.faults import Fault, FaultBook, FaultKind
from hunter.sandbox.http_server import ConnectionDropped
from hunter.sandbox.journal import Call, Journal, begin_call, headers_to_keep
from hunter.sandbox.refusals import html_answer, json_answer, refusal
from hunter.sandbox.service import Service

GATEWAY_STATUS = 502
CUT_JSON = b'{"value": [{"id": "5f0c1d2e-'


class Frame:
    """The application behind the HTTP port. `/_control/…` goes to `control`, the rest by its first segment."""

    def __init__(
        self,
        *,
        clock: Clock,
        services: Callable[[], Mapping[str, Service]],
        faults: FaultBook,
        journals: Mapping[str, Journal],
        control: Callable[[Request, str], Response],
        expire_token: Callable[[str], None],
    ) -> None:
        self._services = services
        self._clock = clock
        self._faults = faults
        self._journals = journals
        self._control = control
        self._expire_token = expire_token
        self._stopping = Event()

    def stop(self) -> None:
        """Let slow answers go, so that the server can end."""
        self._stopping.set()

    def __call__(self, request: Request) -> Response:
        _, _, rest = request.path.partition("/")
        name, _, path = rest.partition("/")
        if name == "_control":
            return self._control(request, "/" + path)
        services = self._services()
        service = services.get(name)
        if service is None:
            known = ", ".join(f"/{one}" for one in services)
            return json_answer({"error": f"Nothing answers at /{name}; there are {known} and /_control."}, status=404)
        return self._answer_and_note(service, request, "/" + path)

    def _answer_and_note(self, service: Service, request: Request, path: str) -> Response:
        journal = self._journals[service.name]
        call = begin_call(
            journal,
            method=request.method,
            path=path,
            operation=service.operation(request, path),
            now=self._clock.now(),
            query=request.query_string.decode("latin-1"),
            headers=headers_to_keep(dict(request.headers)),
        )
        began = time.monotonic()
        try:
            response = self._answer(service, request, path, call)
            call.status = response.status_code
            return response
        except ConnectionDropped:
            call.outcome = "dropped"
            raise
        finally:
            call.seconds = time.monotonic() - began
            journal.end()

    def _answer(self, service: Service, request: Request, path: str, call: Call) -> Response:
        fault = self._faults.take(service.name, (call.operation.lower(), path.rpartition("/")[2].lower()))
        if fault is None:
            return service.handle(request, path)
        call.fault = fault.fault
        response = self._faulty(fault, service, request, path)
        if fault.retry_after is not None:
            response.headers["Retry-After"] = fault.retry_after
        return response

    def _faulty(self, fault: Fault, service: Service, request: Request, path: str) -> Response:
        match fault.fault:
            case FaultKind.STATUS:
                return refusal(service.name, status=fault.status, code=fault.code)
            case FaultKind.HTML:
                return html_answer(status=fault.status or GATEWAY_STATUS)
            case FaultKind.DROP_BEFORE:
                raise ConnectionDropped
            case FaultKind.EXPIRED_TOKEN:
                self._expire_token(request.headers.get("Authorization", "").removeprefix("Bearer "))
                return service.handle(request, path)
            case _:
                return self._faulty_afterwards(fault, service.handle(request, path))

    def _faulty_afterwards(self, fault: Fault, response: Response) -> Response:
        """The service has done what was asked for; only its answer suffers."""
        if fault.fault is FaultKind.DROP_AFTER:
            raise ConnectionDropped
        if fault.fault is FaultKind.SLOW:
            self._stopping.wait(fault.seconds)
            return response
        body = response.get_data()
        return Response(
            body[: len(body) // 2] or CUT_JSON,
            status=fault.status or (200 if response.status_code == 204 else response.status_code),
            content_type="application/json; charset=utf-8",
        )
