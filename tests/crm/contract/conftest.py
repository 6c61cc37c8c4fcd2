"""Every adapter, one after the other: what is written here holds for each (R8.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from crm.interface import Crm
from hunter.sandbox.running import RunningSandbox
from tests.crm.contract.dynamics365_world import DynamicsWorld
from tests.crm.contract.hubspot_world import HubSpotWorld
from tests.crm.contract.world import World

WORLDS: Mapping[str, Callable[[RunningSandbox], World]] = {"dynamics365": DynamicsWorld, "hubspot": HubSpotWorld}


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest, other_side: RunningSandbox) -> World:
    """An empty CRM with one adapter that leads to it."""
    other_side.control.reset(companies=0, referrals=0, seed=1)
    return WORLDS[request.param](other_side)


@pytest.fixture
def crm(world: World) -> Crm:
    return world.connected()
