"""The mapping that Hunter comes with, and a company's values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from crm.dynamics365.backend import MAPPINGS
from crm.mapping.columns import Mapping
from crm.mapping.loading import load_mapping
from crm.mapping.payload import Payload, lead_payload
from crm.mapping.resolving import ResolvedMapping, by_itself
from crm.mapping.values import CompanyValues, read_values

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
