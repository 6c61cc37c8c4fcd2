"""The mapping that Hunter comes with, a company's values, and HubSpot on the other side."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from crm.dynamics365.backend import MAPPINGS
from crm.mapping.columns import Mapping
from crm.mapping.loading import load_mapping
from crm.mapping.payload import Payload, lead_payload
from crm.mapping.resolving import ResolvedMapping, by_itself
from crm.mapping.values import CompanyValues, read_values
from hunter.sandbox.running import RunningSandbox, running_sandbox
from tests.crm.contract.hubspot_world import HubSpotWorld

NOW = datetime(2026, 5, 4, 9, 30, 15, tzinfo=UTC)


def company(**known: Any) -> CompanyValues:
    return read_values({"domain": "contoso.com"} | known)


def columns_of(values: CompanyValues, mapping: ResolvedMapping, **known: Any) -> dict[str, Any]:
    """The columns that are sent for these values."""
    payload = lead_payload(values, mapping, **known)
    assert isinstance(payload, Payload), payload
    return dict(payload.columns)


@pytest.fixture
def mapping() -> Mapping:
    return load_mapping(MAPPINGS / "v1.toml", crm="dynamics365")


@pytest.fixture
def resolved(mapping: Mapping) -> ResolvedMapping:
    return by_itself(mapping)


@pytest.fixture(scope="module")
def other_side() -> Iterator[RunningSandbox]:
    """The other side, without anybody in it."""
    with running_sandbox(companies=0, referrals=0) as sandbox:
        yield sandbox


@pytest.fixture
def world(other_side) -> HubSpotWorld:
    """HubSpot, emptied: the contract's tests have both CRMs in its place."""
    other_side.control.reset(companies=0, referrals=0, seed=1)
    return HubSpotWorld(other_side)


@pytest.fixture
def edit(other_side):
    """An edit by a person in HubSpot."""
    return lambda act, **members: other_side.control.edit("hubspot", {"act": act, **members})
