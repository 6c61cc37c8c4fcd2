"""ETag and If-Match: who changes a row says which version of it was read (R3.3).

An ETag holds the version and two bytes for each column. So a stale caller can be told what changed since, without
Hunter keeping old versions.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.utils.http import parse_etags
from rest_framework import status
from rest_framework.exceptions import APIException

from hunter.versioning import SET_BY_TRIGGER, StaleVersion, VersionedModel

DIGEST_BYTES = 2


class VersionRequired(APIException):
    """A write that does not name the version it rests on."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = (
        "Say which version you read: send its ETag as If-Match. Read the row first; its answer has the ETag."
    )
    default_code = "version_required"


def etag_of(row: VersionedModel) -> str:
    """The row's ETag, of the values it has in the database: don't ask for it after assigning to its fields."""
    digests = b"".join(_digest(row, column) for column in _columns(row))
    return f'"{row.version}.{base64.urlsafe_b64encode(digests).decode().rstrip("=")}"'


def require_current(row: VersionedModel, *, if_match: str | None) -> None:
    """Raises VersionRequired without a version, StaleVersion when the row has another one by now."""
    tags = [tag.removeprefix("W/") for tag in parse_etags(if_match or "")]
    if not tags or tags == ["*"]:
        raise VersionRequired
    if all(_version(tag) != str(row.version) for tag in tags):
        raise StaleVersion(row, changed=changed_since(tags[0], row))


def changed_since(tag: str, row: VersionedModel | models.Model) -> tuple[str, ...]:
    """The names of the columns in which the row differs from when it had this ETag; none when the tag can't tell."""
    _, _, encoded = tag.strip().removeprefix("W/").strip('"').partition(".")
    try:
        digests = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except (binascii.Error, ValueError):
        return ()
    columns = list(_columns(row))
    if len(digests) != DIGEST_BYTES * len(columns):
        return ()
    return tuple(
        column.name
        for place, column in enumerate(columns)
        if digests[place * DIGEST_BYTES : (place + 1) * DIGEST_BYTES] != _digest(row, column)
    )


def _version(tag: str) -> str:
    return tag.strip('"').partition(".")[0]


def _columns(row: models.Model) -> Iterator[models.Field[Any, Any]]:
    return (column for column in row._meta.concrete_fields if column.name not in SET_BY_TRIGGER)


def _digest(row: models.Model, column: models.Field[Any, Any]) -> bytes:
    value = json.dumps(getattr(row, column.attname), sort_keys=True, default=str)
    return hashlib.blake2b(value.encode(), digest_size=DIGEST_BYTES).digest()
