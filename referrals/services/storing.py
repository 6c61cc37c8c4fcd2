"""Rows of a page into the table of referrals: one statement, which writes only what is new (R3.1)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction

from referrals.kinds import LinkOrigin
from referrals.link_rules import HeldLink
from referrals.models import Referral
from referrals.reading import ReferralFields

COLUMNS = tuple(field.name for field in dataclasses.fields(ReferralFields))
AS_JSON = frozenset({"contacts", "consent", "raw_data", "warnings"})
ON_INSERT = {"version": "1", "link_status": "'unlinked'", "link_origin": "'automatic'", "candidates": "'[]'"}

# The guard for two syncs at once: an answer older than the stored one changes nothing, nor does the same content.
UPSERT = """
insert into referrals_referral as r ({columns}, synced_at, created_at) values {rows}
on conflict (referral_id) do update set {updates}, synced_at = excluded.synced_at
where r.content_hash is distinct from excluded.content_hash
  and (r.updated_at_source <= excluded.updated_at_source) is not false
returning r.referral_id, (xmax = 0) as created
""".format(
    columns=", ".join([*COLUMNS, *ON_INSERT]),
    rows="{rows}",
    updates=", ".join(f"{column} = excluded.{column}" for column in COLUMNS if column != "referral_id"),
)
ROW = f"({', '.join(['%s'] * len(COLUMNS))}, {', '.join(ON_INSERT.values())}, now(), now())"


@dataclass(frozen=True, slots=True)
class Stored:
    """What the table holds of a referral before a page is written."""

    content_hash: str
    updated_at_source: datetime | None
    domain: str | None
    company_name: str
    azure_tenant_id: str
    link_status: str
    link_origin: str
    linked_to: str | None

    @property
    def is_automatic(self) -> bool:
        """Whether no person has decided on its link."""
        return self.link_origin == LinkOrigin.AUTOMATIC

    @property
    def held_link(self) -> HeldLink | None:
        """The automatic link it has, if it has one."""
        return HeldLink(self.domain, self.linked_to) if self.linked_to and self.is_automatic else None


@dataclass(frozen=True, slots=True)
class Written:
    """What the upsert did: the ids it inserted and updated, and the rows that the database refused."""

    created: frozenset[str]
    updated: frozenset[str]
    refused: tuple[tuple[ReferralFields, str], ...] = ()


def stored_referrals(referral_ids: Iterable[str]) -> dict[str, Stored]:
    """What the table holds of these referrals, by id."""
    rows = Referral.objects.filter(referral_id__in=list(referral_ids)).values_list(
        "referral_id", "content_hash", "updated_at_source", "domain", "company_name", "azure_tenant_id",
        "link_status", "link_origin", "company__domain",
    )  # fmt: skip
    return {row[0]: Stored(*row[1:]) for row in rows}


def upsert_referrals(rows: Sequence[ReferralFields]) -> Written:
    """Insert or update by id, in id order so that two syncs can't deadlock (R3.1, R3.6).

    Takes part in the caller's transaction; a row that the database refuses costs a savepoint and itself only (R3.5).
    """
    ordered = sorted(rows, key=lambda row: row.referral_id)
    try:
        with transaction.atomic():
            return _upsert(ordered)
    except (DataError, IntegrityError) as error:
        if len(ordered) == 1:
            return Written(frozenset(), frozenset(), ((ordered[0], str(error).splitlines()[0]),))
        parts = [upsert_referrals([row]) for row in ordered]
        return Written(
            frozenset().union(*(part.created for part in parts)),
            frozenset().union(*(part.updated for part in parts)),
            tuple(refused for part in parts for refused in part.refused),
        )


def _upsert(rows: Sequence[ReferralFields]) -> Written:
    if not rows:
        return Written(frozenset(), frozenset())
    statement = UPSERT.format(rows=", ".join([ROW] * len(rows)))
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in rows for value in _values(row)])
        returned = cursor.fetchall()
    return Written(
        frozenset(referral_id for referral_id, created in returned if created),
        frozenset(referral_id for referral_id, created in returned if not created),
    )


def _values(row: ReferralFields) -> Iterable[Any]:
    for column in COLUMNS:
        value = getattr(row, column)
        yield json.dumps(value) if column in AS_JSON else value
