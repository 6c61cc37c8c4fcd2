"""What a person at Partner Center can do, and how the service can be told to behave.

{"id", "set": {"status": "Active", "/details/notes": "…"}}    change a referral; names, or JSON pointers
{"add": {…}}                                                  a new incoming referral with these members
{"remove": id}                                                it leaves our scope
{"next_link": "own" | "documented" | "relative" | "foreign"}  the form of @odata.nextLink (P16)
{"marketplace_listed": true}                                  lists show the marketplace's leads
{"refuse_duplicates": true}                                   a second POST with the same externalReferenceId is 409 (P30)
{"webhook": {"url", "header"?}}                               changes are told there from now on; see `webhooks`
{"sign": {"id", "event"?, "forge"?, …}}                       a signed message, not sent: {"headers", "body"}
{"deliver": {"id", "event"?, "forge"?, "times"?, …}}          send one now: {"statuses": [[…]]}
{"expire_skiptokens": true}                                   the skiptokens given so far are refused (P17)
{"strict_request_ids": true}                                  calls without a client-request-id are refused (P23)
{"expire_unanswered": true}                                   New rows whose 14 days are over become Closed/Expired (P31)
{"between_pages": [edit, …]}                                  one edit before each further page, in this order (P36)
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from hunter.sandbox.partner_center.moments import comparable, written
from hunter.sandbox.partner_center.store import Store
from hunter.sandbox.service import EditRefused

ANSWER_WITHIN = timedelta(days=14)
LINKS = ("own", "documented", "relative", "foreign")


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service behaves where the contract leaves a choice."""

    next_link: str = "own"
    marketplace_listed: bool = False
    strict_request_ids: bool = False
    between_pages: tuple[Mapping[str, Any], ...] = ()
    refuse_duplicates: bool = False

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def link(self, base_url: str, collection: str, token: str) -> str:
        query = f"?$skiptoken={quote(token)}"
        match self.next_link:
            case "documented":
                return f"{base_url.replace('https://', 'http://')}/v1.0/referrals{query}"
            case "relative":
                return f"{collection.removeprefix('/v1.0/engagements/')}{query}"
            case "foreign":
                return f"https://api.partner.microsoft.com.evil.example{collection}{query}"
            case _:
                return f"{base_url}{collection}{query}"


def settings_after(settings: Settings, change: Mapping[str, Any]) -> Settings | None:
    """The settings after this change; None where it is about a referral."""
    if "next_link" in change:
        if change["next_link"] not in LINKS:
            raise EditRefused(f"next_link is one of {', '.join(LINKS)}.", field="next_link")
        return replace(settings, next_link=change["next_link"])
    for name in ("marketplace_listed", "strict_request_ids", "refuse_duplicates"):
        if name in change:
            if not isinstance(change[name], bool):
                raise EditRefused(f"{name} is true or false.", field=name)
            return replace(settings, **{name: change[name]})
    if "between_pages" in change:
        edits = change["between_pages"]
        if not isinstance(edits, list) or not all(isinstance(one, dict) for one in edits):
            raise EditRefused("between_pages is a list of edits.", field="between_pages")
        return replace(settings, between_pages=tuple(edits))
    return None


def edit_store(store: Store, change: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """Change, add or remove a referral; what it is then."""
    if change.get("expire_unanswered"):
        return {"expired": expire_unanswered(store, now=now)}
    if "add" in change:
        if not isinstance(change["add"], dict):
            raise EditRefused("add holds the members of a referral.", field="add")
        return copy.deepcopy(store.add(copy.deepcopy(change["add"]), now=now))
    if "remove" in change:
        store.remove(_known_id(store, change["remove"], field="remove"))
        return {"removed": change["remove"]}
    row = copy.deepcopy(store.find(_known_id(store, change.get("id"), field="id")) or {})
    values = change.get("set")
    if not isinstance(values, dict) or not values:
        raise EditRefused("set holds what is to be changed, by name or JSON pointer.", field="set")
    for name, value in values.items():
        _set(row, name.strip("/").split("/"), value)
    return copy.deepcopy(store.change(row, now=now))


def expire_unanswered(store: Store, *, now: datetime) -> list[str]:
    """Close what nobody has answered for 14 days (P31); the ids."""
    deadline, expired = comparable(written(now - ANSWER_WITHIN)) or "", []
    for row in store.rows():
        if (
            row.get("status") == "New"
            and row.get("id")
            and (comparable(row.get("createdDateTime")) or deadline) < deadline
        ):
            store.change({**row, "status": "Closed", "substatus": "Expired"}, now=now)
            expired.append(row["id"])
    return expired


def _known_id(store: Store, ident: Any, *, field: str) -> str:
    if not isinstance(ident, str) or store.find(ident) is None:
        raise EditRefused(f"There is no referral {ident!r}.", field=field)
    return ident


def _set(row: Any, path: list[str], value: Any) -> None:
    for part in path[:-1]:
        row = row[int(part)] if isinstance(row, list) else row.setdefault(part, {})
    if isinstance(row, list):
        row[int(path[-1])] = value
    else:
        row[path[-1]] = value
