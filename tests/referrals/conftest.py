"""Partner Center and its sign-in, for tests without a database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from hunter.remote.gate import OpenGate
from hunter.sandbox.running import RunningSandbox, running_sandbox
from referrals.authentication import PartnerCenterSignIn
from referrals.client import PartnerCenterClient


@pytest.fixture
def partner_center_settings(settings: LazySettings) -> Iterator[RunningSandbox]:
    """A sandbox that this process's settings lead to."""
    with running_sandbox(companies=5, referrals=10) as sandbox:
        for name, value in sandbox.env.items():
            if name.startswith(("PARTNER_CENTER_", "ENTRA_")):
                setattr(settings, name, value)
        yield sandbox


@pytest.fixture
def partner_center_alone(partner_center_settings: RunningSandbox) -> tuple[RunningSandbox, PartnerCenterClient]:
    """The sandbox, and a client that has signed in there and waits at no gate."""
    token = PartnerCenterSignIn().fetch(OpenGate(), None).access_token
    url = partner_center_settings.env["PARTNER_CENTER_URL"]
    return partner_center_settings, PartnerCenterClient(base_url=url, gate=OpenGate(), bearer=token)
