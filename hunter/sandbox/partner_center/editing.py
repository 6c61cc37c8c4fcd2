"""What a person at Partner Center can do, and how the service can be told to behave.

{"id", "set": {"status": "Active", "/details/notes": "…"}}    change a referral; names, or JSON pointers
{"add": {…}}                                                  a new incoming referral with these members
{"remove": id}                                                it leaves our scope
{"next_link": "own" | "documented" | "relative" | "foreign"}  the form of @odata.nextLink (P16)
{"marketplace_listed": true}                                  lists show the marketplace's leads
{"expire_skiptokens": true}                                   the skiptokens given so far are refused (P17)
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from hunter.sandbox.partner_center.store import Store
from hunter.sandbox.service import EditRefused

LINKS = ("own", "documented", "relative", "foreign")


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service behaves where the contract leaves a choice."""

    next_link: str = "own"
    marketplace_listed: bool = False

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
    if "marketplace_listed" in change:
        if not isinstance(change["marketplace_listed"], bool):
            raise EditRefused("marketplace_listed is true or false.", field="marketplace_listed")
        return replace(settings, marketplace_listed=change["marketplace_listed"])
    return None


def edit_store(store: Store, change: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """Change, add or remove a referral; what it is then."""
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
