"""The other side, for whole ways through Hunter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hunter.sandbox.running import RunningSandbox, running_sandbox


@pytest.fixture
def partner_center(settings) -> Iterator[RunningSandbox]:
    """A sandbox with 300 referrals that this process's settings lead to; sign-in and calls are not held back."""
    with running_sandbox(companies=200, referrals=300) as sandbox:
        for name, value in sandbox.env.items():
            if name.startswith(("PARTNER_CENTER_", "ENTRA_")):
                setattr(settings, name, value)
        settings.PARTNER_CENTER_ENABLED = True
        settings.LANE_LIMITS = {"partner_center": "100000,100000", "entra": "100000,100000"}
        yield sandbox
