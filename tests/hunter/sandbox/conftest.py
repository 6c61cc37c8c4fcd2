from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from hunter.sandbox.running import RunningSandbox, running_sandbox
from tests.hunter.sandbox.callers import PartnerCenterCaller

DAY = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    """A small world on a clock that stands still at `DAY`."""
    with running_sandbox(companies=24, referrals=40, fixed_at=DAY) as running:
        yield running


@pytest.fixture
def partner_center(sandbox: RunningSandbox) -> Iterator[PartnerCenterCaller]:
    caller = PartnerCenterCaller(sandbox)
    with caller.session:
        yield caller
