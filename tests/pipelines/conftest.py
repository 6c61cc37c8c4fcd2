"""The other side, for whole ways through Hunter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.conf import LazySettings

from hunter.sandbox.running import RunningSandbox, running_sandbox
from tests.pipelines.alerts import lead_messages_to
from tests.pipelines.crms import lead_to_hubspot, learn_kinds_of

MAY_CALL_FREELY = dict.fromkeys(("partner_center", "dynamics365", "hubspot", "entra"), "100000,100000")


@pytest.fixture
def partner_center_with(settings: LazySettings) -> Iterator[Callable[[int], RunningSandbox]]:
    """Makes a sandbox with so many referrals that this process's settings lead to; calls are not held back."""
    with ExitStack() as stack:

        def make(referrals: int) -> RunningSandbox:
            sandbox = stack.enter_context(running_sandbox(companies=20, referrals=referrals))
            for name, value in sandbox.env.items():
                if name.startswith(("PARTNER_CENTER_", "ENTRA_")):
                    setattr(settings, name, value)
            settings.PARTNER_CENTER_ENABLED = True
            settings.LANE_LIMITS = MAY_CALL_FREELY
            return sandbox

        yield make


@pytest.fixture
def partner_center(partner_center_with: Callable[[int], RunningSandbox]) -> RunningSandbox:
    """A sandbox with 30 referrals, which fit on one page."""
    return partner_center_with(30)


@pytest.fixture
def partner_center_with_pages(partner_center_with: Callable[[int], RunningSandbox]) -> RunningSandbox:
    """A sandbox with 300 referrals, on three pages."""
    return partner_center_with(300)


@pytest.fixture
def dynamics(settings: LazySettings) -> Iterator[RunningSandbox]:
    """A sandbox with a CRM that this process's settings lead to; calls are not held back."""
    with running_sandbox(companies=20, referrals=0) as sandbox:
        for name, value in sandbox.env.items():
            if name.startswith(("D365_", "ENTRA_")):
                setattr(settings, name, value)
        settings.D365_ENABLED = True
        settings.LANE_LIMITS = MAY_CALL_FREELY
        yield sandbox


@pytest.fixture
def hubspot(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningSandbox]:
    """A sandbox with a HubSpot account as the one CRM of this process; calls are not held back."""
    settings.CRM_BACKEND = "hubspot"
    learn_kinds_of("hubspot", monkeypatch)
    with running_sandbox(companies=0, referrals=0) as sandbox:
        lead_to_hubspot(sandbox, settings)
        yield sandbox


@pytest.fixture
def receivers(settings: LazySettings) -> Iterator[RunningSandbox]:
    """A sandbox whose webhook, Slack channel and mail server this process may send to, without being held back."""
    with running_sandbox(companies=0, referrals=0) as sandbox:
        lead_messages_to(sandbox, settings)
        yield sandbox
