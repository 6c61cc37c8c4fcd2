"""HubSpot as one of Hunter's CRMs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from crm.backend import CrmBackend
from crm.hubspot.authentication import HubSpotTokens
from crm.hubspot.client import HubSpotCrm
from crm.hubspot.columns import LeadColumns, can_be_kept
from crm.hubspot.ids import number_of
from crm.hubspot.provisioner import HubSpotProvisioner
from crm.hubspot.rows import is_newer
from crm.interface import ColumnValues
from crm.mapping.columns import Mapping
from crm.mapping.loading import load_mapping, load_version
from hunter.remote.gate import Gate
from hunter.remote.lanes import LaneName

MAPPINGS = Path(__file__).parent / "mappings"


def chosen_mapping() -> Mapping:
    """The mapping that HUBSPOT_MAPPING names: `v1`, or the path of a TOML file. Raises MappingError."""
    chosen = str(settings.HUBSPOT_MAPPING)
    path = Path(chosen) if chosen.endswith(".toml") else MAPPINGS / f"{chosen}.toml"
    return load_mapping(path, crm="hubspot", rules=can_be_kept)


def mapping_version(version: int) -> Mapping:
    """The mapping of that version, which need not be in force. Raises MappingError."""
    chosen = str(settings.HUBSPOT_MAPPING)
    return load_version(version, crm="hubspot", chosen=chosen, shipped=MAPPINGS, rules=can_be_kept)


def connect(gate: Gate, bearer: str, columns: Iterable[str]) -> HubSpotCrm:
    wanted = LeadColumns.of(chosen_mapping().column, columns)
    return HubSpotCrm(base_url=settings.HUBSPOT_URL, gate=gate, bearer=bearer, columns=wanted)


def provisioner(gate: Gate, bearer: str) -> HubSpotProvisioner:
    return HubSpotProvisioner(base_url=settings.HUBSPOT_URL, gate=gate, bearer=bearer)


def company_page(lead_id: str, values: ColumnValues | None) -> str:
    """The company's page; the list of companies while its number is not known."""
    number = str((values or {}).get("hs_object_id") or (number_of(lead_id) if lead_id else ""))
    root = f"{settings.HUBSPOT_APP_URL.rstrip('/')}/contacts/{settings.HUBSPOT_PORTAL_ID}"
    return f"{root}/record/0-2/{number}" if number else f"{root}/objects/0-2"


BACKEND = CrmBackend(
    name="hubspot",
    title="HubSpot",
    lane=LaneName.HUBSPOT,
    longest_act=timedelta(seconds=150),
    touch="domain",
    is_enabled=lambda: bool(settings.HUBSPOT_ENABLED),
    how_to_enable="Set HUBSPOT_ENABLED=1 with HUBSPOT_TOKEN and HUBSPOT_PORTAL_ID.",
    load_mapping=chosen_mapping,
    token_source=HubSpotTokens,
    connect=connect,
    address_of=company_page,
    pull_every=lambda: timedelta(minutes=settings.HUBSPOT_PULL_MINUTES),
    is_newer=is_newer,
    load_version=mapping_version,
    provisioner=provisioner,
)
