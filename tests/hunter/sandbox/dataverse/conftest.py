from __future__ import annotations

import pytest

from tests.hunter.sandbox.dataverse.environment import Dataverse


@pytest.fixture
def dataverse() -> Dataverse:
    return Dataverse(existing_leads=[])
