"""Alternate keys made by API: their index is built by a job, and fails where values occur twice (contract 16.7, D59)."""

from __future__ import annotations

from datetime import datetime, timedelta

from hunter.sandbox.dataverse.customizing.bodies import KeyBody
from hunter.sandbox.dataverse.errors import DataverseError, Refusal, bad_request, no_such_record
from hunter.sandbox.dataverse.lifecycle import Environment
from hunter.sandbox.dataverse.schema import AlternateKey

MOST_KEYS = 10
BUILDING = ("Pending", "InProgress")


def add_key(environment: Environment, body: KeyBody, *, now: datetime) -> AlternateKey:
    """Define the key; its index comes later. Raises DataverseError."""
    schema, name, columns = environment.schema, body.schema_name.lower(), body.key_attributes
    if name in schema.keys:
        raise DataverseError(Refusal.KEY_NAME_EXISTS, f"An entity key with the name {name} already exists.")
    if schema.key_of(columns) is not None:
        raise DataverseError(Refusal.KEY_COLUMNS_EXIST, "An entity key with the selected attributes already exists.")
    for column in columns:
        if column not in schema.columns:
            raise no_such_record("Attribute", column)
    if len(schema.keys) >= MOST_KEYS:
        raise bad_request(f"The entity has {MOST_KEYS} keys already.")
    key = AlternateKey(name=name, columns=columns, status="Pending", requested_at=now)
    schema.put_key(key)
    return key


def reactivate_key(environment: Environment, name: str, *, now: datetime) -> None:
    """Let the index be built once more. Raises DataverseError unless the last attempt failed."""
    key = environment.schema.keys.get(name.lower())
    if key is None:
        raise no_such_record("EntityKey", name)
    if key.status != "Failed":
        raise DataverseError(Refusal.KEY_NOT_FAILED, "Reactivate entity key is only supported for failed jobs.")
    environment.schema.put_key(key.model_copy(update={"status": "Pending", "requested_at": now}))


def let_indexes_grow(environment: Environment, *, now: datetime) -> None:
    """Take the keys' jobs as far as the time has come: Pending, half the time later InProgress, then Active or Failed."""
    whole = timedelta(seconds=environment.switches.key_index_seconds)
    for key in list(environment.schema.keys.values()):
        if key.status not in BUILDING or key.requested_at is None:
            continue
        status = _status(environment, key, waited=now - key.requested_at, whole=whole)
        if status != key.status:
            environment.schema.put_key(key.model_copy(update={"status": status}))


def _status(environment: Environment, key: AlternateKey, *, waited: timedelta, whole: timedelta) -> str:
    if waited < whole:
        return "Pending" if waited < whole / 2 else "InProgress"
    return "Failed" if environment.store.duplicates_of(key) else "Active"
