"""Change tracking: all rows with a first token, then only what changed or was deleted since (contract 9.1, D38)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from hunter.sandbox.dataverse.addressing import LARGEST_PAGE
from hunter.sandbox.dataverse.errors import DataverseError, Refusal, bad_request
from hunter.sandbox.dataverse.lifecycle import Environment
from hunter.sandbox.dataverse.records import Deletion, Lead
from hunter.sandbox.dataverse.representing import represented, selected_columns
from hunter.sandbox.dataverse.requests import Ask

TOKEN = re.compile(r"(\d+)!(\d{8}T\d{6}Z)")
PLACE = re.compile(r"(\d+)!(\d+)!(\d+)!([01])")
ALLOWED = frozenset({"$select", "$count", "$deltatoken", "$skiptoken"})
Change = Lead | Deletion


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pass stands. It began when `upto` was the newest version, and tells what is newer than `since`: first the
    rows, then, `among_deletions`, what was deleted; this page begins after the version `behind`. A row that changes
    meanwhile moves to the end and is told again."""

    since: int
    upto: int
    behind: int
    among_deletions: bool = False

    @property
    def is_first_pass(self) -> bool:
        return self.since == 0

    @property
    def text(self) -> str:
        return f"{self.since}!{self.upto}!{self.behind}!{self.among_deletions:d}"


def is_about_changes(ask: Ask) -> bool:
    """Whether a query is one of change tracking: it asks for it, or goes on with a pass."""
    goes_on = "$deltatoken" in ask.options or PLACE.fullmatch(ask.options.get("$skiptoken", ""))
    return ask.preferences.tracks_changes or bool(goes_on)


def answer_changes(ask: Ask, environment: Environment, *, api: str, now: datetime) -> dict[str, Any]:
    """One page. Raises DataverseError for what tracking does not support, and for a token that is too old."""
    _refuse_unsupported(ask, environment)
    place = _place(ask, environment, now=now)
    changes = _changes(environment, place)
    size = ask.preferences.page_size or LARGEST_PAGE
    page, rest = changes[:size], changes[size:]

    selected = ask.options.get("$select", "")
    context = f"{api}/$metadata#leads{f'({selected})' if selected else ''}"
    content: dict[str, Any] = {"@odata.context": context if place.is_first_pass else f"{context}/$delta"}
    kept = {"$select": selected} if selected else {}
    if rest:
        last = page[-1]
        behind = Place(place.since, place.upto, last.version, among_deletions=isinstance(last, Deletion))
        content["@odata.nextLink"] = f"{api}/leads?{_query({**kept, '$skiptoken': behind.text})}"
    else:
        token = f"{place.upto}!{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        content["@odata.deltaLink"] = f"{api}/leads?{_query({**kept, '$deltatoken': token})}"
    content["value"] = [_shown(one, ask, environment, api=api) for one in page]
    return content


def _refuse_unsupported(ask: Ask, environment: Environment) -> None:
    for name in ask.options:
        if name not in ALLOWED:
            raise bad_request(f'The "{name}" query parameter isn\'t supported when Change Tracking is enabled.')
    if not environment.switches.change_tracking:
        raise bad_request("Change tracking is not enabled for the entity 'lead'.")


def _place(ask: Ask, environment: Environment, *, now: datetime) -> Place:
    newest = environment.store.version
    if "$skiptoken" in ask.options:
        found = PLACE.fullmatch(ask.options["$skiptoken"])
        if found is None:
            raise bad_request("Invalid value of the query option $skiptoken.")
        since, upto, behind, phase = map(int, found.groups())
        return Place(since, upto, behind, among_deletions=bool(phase))
    if "$deltatoken" not in ask.options:
        return Place(0, newest, 0)
    found = TOKEN.fullmatch(ask.options["$deltatoken"])
    if found is None or int(found[1]) > newest:
        raise bad_request("Invalid value of the query option $deltatoken.")
    issued = datetime.strptime(found[2], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    switches = environment.switches
    if now - issued > timedelta(days=switches.tracking_days):
        refusal = Refusal.EXPIRED_TOKEN if switches.expired_token_status == 400 else Refusal.EXPIRED_TOKEN_410
        raise DataverseError(
            refusal, "Version stamp associated with the client has expired. Please perform a full sync."
        )
    return Place(int(found[1]), newest, int(found[1]))


def _changes(environment: Environment, place: Place) -> list[Change]:
    """What is still to be told, in its order; the first pass tells of no deletion."""
    store = environment.store
    rows: list[Change] = [] if place.among_deletions else [one for one in store.all() if one.version > place.behind]
    told_from = place.behind if place.among_deletions else place.since
    latest = {one.lead.lead_id: one for one in store.deleted if store.get(one.lead.lead_id) is None}
    gone = [] if place.is_first_pass else [one for one in latest.values() if one.version > told_from]
    return [*sorted(rows, key=_version_of), *sorted(gone, key=_version_of)]


def _version_of(change: Change) -> int:
    return change.version


def _shown(change: Change, ask: Ask, environment: Environment, *, api: str) -> dict[str, Any]:
    if isinstance(change, Deletion):
        context = f"{api}/$metadata#leads/$deletedEntity"
        return {"@odata.context": context, "id": change.lead.lead_id, "reason": "deleted"}
    columns = selected_columns(ask.options.get("$select"), environment.schema)
    chosen = environment.schema.columns.values() if columns is None else columns
    return represented(change, chosen, directory=environment.directory, preferences=ask.preferences)


def _query(options: dict[str, str]) -> str:
    return urlencode(options, safe="$,", quote_via=quote)
