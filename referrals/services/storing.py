"""Rows of a page into the table of referrals: one statement, which writes only what is new (R3.1)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction

from referrals.kinds import LinkOrigin, LinkStatus
from referrals.link_rules import HeldLink
from referrals.models import Referral
from referrals.reading import ReferralFields

COLUMNS = tuple(field.name for field in dataclasses.fields(ReferralFields) if field.name != "raw_json")
AS_JSON = frozenset({"contacts", "consent", "warnings"})
PLAIN = tuple(column for column in COLUMNS if column not in AS_JSON and column != "raw_data")
IN_ORDER = (*PLAIN, *sorted(AS_JSON), "raw_data")
plain_values = attrgetter(*PLAIN)
json_values = attrgetter(*sorted(AS_JSON))
LINK_COLUMNS = ("company_id", "link_status", "candidates", "linked_at")
ON_INSERT = {"version": "1", "link_origin": "'automatic'"}

# The guard for two syncs at once: an answer older than the stored one changes nothing, nor does the same content.
# One that had vanished is back, whatever its content. A new row has its link from the start, so that it is written once.
UPSERT = """
insert into referrals_referral as r ({columns}, synced_at, created_at) values {rows}
on conflict (referral_id) do update set {updates}, synced_at = excluded.synced_at, vanished_at = null
where (r.content_hash is distinct from excluded.content_hash or r.vanished_at is not null)
  and (r.updated_at_source <= excluded.updated_at_source) is not false
returning r.id, r.referral_id, (xmax = 0) as created
""".format(
    columns=", ".join([*IN_ORDER, *LINK_COLUMNS, *ON_INSERT]),
    rows="{rows}",
    updates=", ".join(f"{column} = excluded.{column}" for column in COLUMNS if column != "referral_id"),
)
EMPTY: dict[type, str] = {list: "[]", dict: "{}"}
LINKED_AT = "case when %s then now() end"
ROW = f"({', '.join(['%s'] * (len(COLUMNS) + 3))}, {LINKED_AT}, {', '.join(ON_INSERT.values())}, now(), now())"


@dataclass(frozen=True, slots=True)
class Stored:
    """What the table holds of a referral before a page is written."""

    pk: int
    content_hash: str
    updated_at_source: datetime | None
    domain: str | None
    company_name: str
    azure_tenant_id: str
    link_status: str
    link_origin: str
    linked_to: str | None
    is_vanished: bool = False

    @property
    def is_automatic(self) -> bool:
        """Whether no person has decided on its link."""
        return self.link_origin == LinkOrigin.AUTOMATIC

    @property
    def held_link(self) -> HeldLink | None:
        """The automatic link it has, if it has one."""
        return HeldLink(self.domain, self.linked_to) if self.linked_to and self.is_automatic else None


@dataclass(frozen=True, slots=True)
class FirstLink:
    """The link that a referral has when it is stored for the first time."""

    company_id: int | None = None
    status: LinkStatus = LinkStatus.UNLINKED
    candidates: tuple[str, ...] = ()

    def values(self) -> tuple[Any, ...]:
        return self.company_id, self.status.value, _json(list(self.candidates)), self != NO_LINK


NO_LINK = FirstLink()


@dataclass(frozen=True, slots=True)
class Written:
    """What the upsert did: the ids it inserted and updated with their keys, and the rows that the database refused."""

    created: Mapping[str, int]
    updated: Mapping[str, int]
    refused: tuple[tuple[ReferralFields, str], ...] = ()


def stored_referrals(referral_ids: Iterable[str]) -> dict[str, Stored]:
    """What the table holds of these referrals, by id."""
    rows = Referral.objects.filter(referral_id__in=list(referral_ids)).values_list(
        "referral_id", "pk", "content_hash", "updated_at_source", "domain", "company_name", "azure_tenant_id",
        "link_status", "link_origin", "company__domain", "vanished_at",
    )  # fmt: skip
    return {row[0]: Stored(*row[1:-1], is_vanished=row[-1] is not None) for row in rows}


def upsert_referrals(rows: Sequence[ReferralFields], *, links: Mapping[str, FirstLink] | None = None) -> Written:
    """Insert or update by id, in id order so that two syncs can't deadlock (R3.1, R3.6). `links` are for new rows only.

    Takes part in the caller's transaction; a row that the database refuses costs a savepoint and itself only (R3.5).
    """
    ordered = sorted(rows, key=lambda row: row.referral_id)
    try:
        with transaction.atomic():
            return _upsert(ordered, links=links or {})
    except (DataError, IntegrityError) as error:
        if len(ordered) == 1:
            return Written({}, {}, ((ordered[0], str(error).splitlines()[0]),))
        parts = [upsert_referrals([row], links=links) for row in ordered]
        return Written(
            {one: pk for part in parts for one, pk in part.created.items()},
            {one: pk for part in parts for one, pk in part.updated.items()},
            tuple(refused for part in parts for refused in part.refused),
        )


def _upsert(rows: Sequence[ReferralFields], *, links: Mapping[str, FirstLink]) -> Written:
    if not rows:
        return Written({}, {})
    statement = UPSERT.format(rows=", ".join([ROW] * len(rows)))
    with connection.cursor() as cursor:
        cursor.execute(
            statement, [value for row in rows for value in _values(row, links.get(row.referral_id, NO_LINK))]
        )
        returned = cursor.fetchall()
    return Written(
        {referral_id: pk for pk, referral_id, created in returned if created},
        {referral_id: pk for pk, referral_id, created in returned if not created},
    )


def _values(row: ReferralFields, link: FirstLink) -> Iterable[Any]:
    return (*plain_values(row), *map(_json, json_values(row)), row.raw_json, *link.values())


def _json(value: Any) -> str:
    return json.dumps(value) if value else EMPTY[type(value)]
