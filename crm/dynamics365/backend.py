"""Dynamics 365 as one of Hunter's CRMs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from crm.backend import CrmBackend
from crm.dynamics365 import checks  # noqa: F401  registers its checks
from crm.dynamics365.authentication import DynamicsTokens
from crm.dynamics365.changes import is_newer
from crm.dynamics365.client import DynamicsCrm
from crm.dynamics365.provisioning.provisioner import DataverseProvisioner
from crm.interface import ColumnValues
from crm.mapping.columns import Mapping
from crm.mapping.loading import load_mapping, load_version
from hunter.remote.gate import Gate
from hunter.remote.lanes import LaneName

MAPPINGS = Path(__file__).parent / "mappings"


def chosen_mapping() -> Mapping:
    """The mapping that D365_MAPPING names: `v1`, or the path of a TOML file. Raises MappingError."""
    chosen = str(settings.D365_MAPPING)
    path = Path(chosen) if chosen.endswith(".toml") else MAPPINGS / f"{chosen}.toml"
    return load_mapping(path, crm="dynamics365")


def mapping_version(version: int) -> Mapping:
    """The mapping `v<version>.toml` beside the chosen one, else of those that come with Hunter. Raises MappingError."""
    return load_version(version, crm="dynamics365", chosen=str(settings.D365_MAPPING), shipped=MAPPINGS)


def connect(gate: Gate, bearer: str, columns: Iterable[str]) -> DynamicsCrm:
    return DynamicsCrm(base_url=settings.D365_URL, gate=gate, bearer=bearer, columns=columns)


def provisioner(gate: Gate, bearer: str) -> DataverseProvisioner:
    return DataverseProvisioner(base_url=settings.D365_URL, gate=gate, bearer=bearer)


def lead_page(lead_id: str, values: ColumnValues | None) -> str:
    return f"{settings.D365_URL.rstrip('/')}/main.aspx?pagetype=entityrecord&etn=lead&id={lead_id}"


BACKEND = CrmBackend(
    name="dynamics365",
    title="Dynamics 365",
    lane=LaneName.DYNAMICS365,
    longest_act=timedelta(seconds=160),
    touch="subject",
    is_enabled=lambda: bool(settings.D365_ENABLED),
    how_to_enable="Set D365_ENABLED=1 with D365_URL, D365_TENANT_ID, D365_CLIENT_ID and D365_CLIENT_SECRET (or a certificate).",
    load_mapping=chosen_mapping,
    token_source=DynamicsTokens,
    connect=connect,
    address_of=lead_page,
    pull_every=lambda: timedelta(minutes=settings.D365_PULL_MINUTES),
    is_newer=is_newer,
    load_version=mapping_version,
    provisioner=provisioner,
)
