"""The referrals that the simulated Partner Center holds."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from datetime import datetime
from random import Random
from typing import Any

from hunter.sandbox import identities
from hunter.sandbox.partner_center.filters import Row
from hunter.sandbox.partner_center.listing import Query, in_order
from hunter.sandbox.partner_center.moments import later_than, written
from hunter.sandbox.partner_center.patching import known_paths
from hunter.sandbox.world.companies import guid

MOST_ORDERS_KEPT = 32
ROWS_READ_FOR_PATHS = 2000  # every member occurs in them


class Store:
    """Rows in memory, with the order of each list kept until a row changes. The service locks it.

    A row is never changed in place: the world that it came from stays as it was made.
    """

    def __init__(self, rows: Iterable[Row], hidden: Iterable[Row], *, seed: int) -> None:
        self._rows = list(rows)
        self._hidden = list(hidden)
        self._at = {row["id"]: number for number, row in enumerate(self._rows) if row.get("id")}
        self._orders: dict[tuple[Any, ...], list[Row]] = {}
        self._rng = Random(f"{seed}:partner-center")  # noqa: S311  ids of new rows, the same for each seed
        sound = [row for row in self._rows if isinstance(row.get("customerProfile"), dict)]
        self.known_paths = known_paths([_fresh("", "", ""), *sound[:ROWS_READ_FOR_PATHS]])
        self.members = frozenset(path[0] for path in self.known_paths) | {"id", "eTag"}

    def find(self, ident: str) -> Row | None:
        """A row by its id; the marketplace's leads can be read, only no list shows them."""
        if (number := self._at.get(ident)) is not None:
            return self._rows[number]
        return next((row for row in self._hidden if row["id"] == ident), None)

    def rows(self) -> tuple[Row, ...]:
        """Every row that lists may show, as they are now."""
        return tuple(self._rows)

    def ordered(self, query: Query, *, with_hidden: bool, member: str) -> list[Row]:
        """The rows of a list in order; only those with `member` in the team, where one is given (P13)."""
        key = (query.filter, query.order_by, query.descending, with_hidden, member)
        if key not in self._orders:
            rows = [*self._rows, *self._hidden] if with_hidden else self._rows
            seen = [row for row in rows if not member or _has_member(row, member)]
            if len(self._orders) >= MOST_ORDERS_KEPT:
                self._orders.clear()
            self._orders[key] = in_order(seen, query)
        return self._orders[key]

    def change(self, row: Row, *, now: datetime) -> Row:
        """Put this form of a row in the place of the last, with a new eTag and a later time."""
        previous = self.find(row["id"])
        if previous is not None and row.get("updatedDateTime") == previous.get("updatedDateTime"):
            row["updatedDateTime"] = later_than(previous.get("updatedDateTime"), now)
        row["eTag"] = f'"{guid(self._rng)}"'
        self._orders.clear()
        if row["id"] in self._at:
            self._rows[self._at[row["id"]]] = row
        else:
            self._hidden = [row if one["id"] == row["id"] else one for one in self._hidden]
        return row

    def add(self, members: Row, *, now: datetime) -> Row:
        """A new incoming referral, as when a customer has asked; `members` go over what is usual."""
        row = {**_fresh(guid(self._rng), guid(self._rng), written(now)), **members}
        row.setdefault("eTag", f'"{guid(self._rng)}"')
        self._orders.clear()
        if row.get("id"):
            self._at[row["id"]] = len(self._rows)
        self._rows.append(row)
        return row

    def remove(self, ident: str) -> None:
        """The row leaves our scope: no list shows it, reading it gives 404."""
        self._orders.clear()
        self._rows = [row for row in self._rows if row.get("id") != ident]
        self._at = {row["id"]: number for number, row in enumerate(self._rows) if row.get("id")}

    def has_reference(self, reference: str) -> bool:
        """Whether a referral has this external reference already."""
        return any(row.get("externalReferenceId") == reference for row in self._rows)

    def as_dict(self) -> dict[str, Any]:
        return {"referrals": copy.deepcopy(self._rows), "marketplace_leads": copy.deepcopy(self._hidden)}


def _has_member(row: Row, email: str) -> bool:
    team = row.get("team")
    return isinstance(team, list) and any(isinstance(one, dict) and one.get("email") == email for one in team)


def _fresh(ident: str, engagement: str, now: str) -> Row:
    return {
        "id": ident,
        "engagementId": engagement,
        "organizationId": identities.TENANT_ID,
        "organizationName": identities.PARTNER_NAME,
        "name": "New referral",
        "externalReferenceId": "",
        "createdDateTime": now,
        "updatedDateTime": now,
        "expirationDateTime": None,
        "acceptedDateTime": None,
        "status": "New",
        "substatus": "Pending",
        "statusReason": None,
        "qualification": "SalesQualified",
        "type": "Independent",
        "direction": "Incoming",
        "customerProfile": {"name": "", "address": {"country": "TR"}, "size": "", "team": [], "ids": []},
        "consent": {"consentToContact": True},
        "details": {"notes": "", "dealValue": None, "currency": "USD"},
        "team": [],
        "inviteContext": {"notes": "", "invitedBy": {"organizationId": "msft", "organizationName": "Microsoft"}},
        "target": [],
    }
