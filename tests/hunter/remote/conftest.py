"""A server at the other side of the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hunter.remote.gate import OpenGate
from hunter.remote.session import RemoteSession, TimeLimits
from hunter.remote.statuses import StatusTable
from tests.hunter.remote.server import ToyServer, toy_server
from tests.waiting import PATIENCE


@pytest.fixture
def server() -> Iterator[ToyServer]:
    with toy_server() as running:
        yield running


@pytest.fixture
def session(server: ToyServer) -> Callable[..., RemoteSession]:
    """Sessions to the server, in no hurry, and with changes to what a session is made of."""

    def make(**changes: Any) -> RemoteSession:
        made_of: dict[str, Any] = {
            "service": "toys", "base_url": f"{server.url}/api", "gate": OpenGate(), "table": StatusTable("toys"),
            "limits": TimeLimits(connect=PATIENCE, read=PATIENCE, total=PATIENCE, gate=PATIENCE),
            "bearer": "s3cret", "correlation_id": "corr-1",
        }  # fmt: skip
        return RemoteSession(**made_of | changes)

    return make
