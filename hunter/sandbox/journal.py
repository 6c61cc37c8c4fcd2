"""The calls that a simulated service has received, so that tests can assert on them (contract P41, N17)."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

MOST_CALLS_KEPT = 50_000
HEADERS_LEFT_OUT = frozenset({"authorization", "cookie", "user-agent", "accept-encoding", "connection", "host"})


@dataclass(slots=True)
class Call:
    """One call as it came in; `status` is 0 while it is open and where no answer was sent.

    `open` says how many calls were open at the service when this one had come, itself counted. For DNS the method is
    the record type, the path the name asked for, and `transport` says udp or tcp.
    """

    method: str
    path: str
    operation: str
    at: str
    open: int
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    transport: str = "http"
    status: int = 0
    outcome: str = ""
    seconds: float = 0.0
    fault: str = ""


class Journal:
    """Keeps the newest calls of one service and counts all of them by path."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: deque[Call] = deque(maxlen=MOST_CALLS_KEPT)
        self._by_path: Counter[str] = Counter()
        self._open = 0
        self._most_open = 0

    def begin(self, call: Call) -> None:
        with self._lock:
            self._open += 1
            self._most_open = max(self._most_open, self._open)
            call.open = self._open
            self._calls.append(call)
            self._by_path[f"{call.method} {call.path}"] += 1

    def end(self) -> None:
        with self._lock:
            self._open -= 1

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()
            self._by_path.clear()
            self._most_open = self._open

    def as_dict(self) -> dict[str, Any]:
        with self._lock:
            calls = [asdict(call) for call in self._calls]
            return {"calls": calls, "count": self._by_path.total(), "most_open": self._most_open}

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(sorted(self._by_path.items()))


def begin_call(journal: Journal, *, method: str, path: str, operation: str, now: datetime, **more: Any) -> Call:
    """Write a call down as it comes in. `Journal.end` must follow when it is over."""
    call = Call(method=method, path=path, operation=operation, at=now.isoformat(), open=0, **more)
    journal.begin(call)
    return call


def headers_to_keep(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers without secrets and without what every client sends."""
    return {name: value for name, value in headers.items() if name.lower() not in HEADERS_LEFT_OUT}
