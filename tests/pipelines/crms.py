"""Other CRMs than the one that is set for the tests: their work made known, their settings filled."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from crm.provision_kind import provision_kind
from crm.pull_kind import pull_kind
from crm.push_kind import push_kind
from crm.registry import crm_backend
from hunter.sandbox.running import RunningSandbox
from hunter.work import kinds


def learn_kinds_of(crm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the CRM's kinds of work known for one test, as its app does when the settings name it."""
    backend = crm_backend(crm)
    for kind in (push_kind(backend), pull_kind(backend), provision_kind(backend)):
        monkeypatch.setitem(kinds._kinds, kind.name, kind)


def lead_to_hubspot(sandbox: RunningSandbox, settings: LazySettings) -> None:
    """The account of this sandbox, which counts no calls."""
    for name, value in sandbox.env.items():
        if name.startswith(("HUBSPOT_", "ENTRA_")):
            setattr(settings, name, value)
    settings.HUBSPOT_ENABLED = True
    settings.LANE_LIMITS = dict.fromkeys(("dynamics365", "hubspot", "entra"), "100000,100000")
    sandbox.control.edit("hubspot", {"act": "limit", "limits": {"requests": 100_000, "searches": 100_000}})
