"""Leads that were in the CRM before Hunter came: made by people, with times and states of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from hunter.sandbox.dataverse import dates, lifecycle
from hunter.sandbox.dataverse.directory import SALES_PERSON
from hunter.sandbox.dataverse.lifecycle import Author, Environment
from hunter.sandbox.dataverse.records import Lead
from hunter.sandbox.dataverse.schema import Scalar
from hunter.sandbox.dataverse.writing import NumberTexts, WriteKind, read_body, read_value

SERVER_SET = ("statecode", "statuscode", "createdon", "modifiedon")


def add_existing_lead(environment: Environment, columns: Mapping[str, Any], *, now: datetime) -> Lead:
    """Put a lead in as people left it. Its values are checked like any other's; state and times are taken as given."""
    plain = {name: value for name, value in columns.items() if name not in SERVER_SET}
    values = read_body(plain, environment.schema, kind=WriteKind.CREATE, texts=NumberTexts.REFUSED)
    author = Author(user_id=SALES_PERSON, at=dates.moment_text(now), by_api=False)
    made = lifecycle.create_lead(environment, values, author=author)
    given: dict[str, Scalar] = {
        name: read_value(environment.schema.columns[name], columns[name]) for name in SERVER_SET if name in columns
    }
    given.setdefault("modifiedon", given.get("createdon", made.values["modifiedon"]))
    lead = replace(made, values=MappingProxyType({**made.values, **given}), edits=0)
    environment.store.replace(lead)
    return lead
