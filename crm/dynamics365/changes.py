"""What changed in Dataverse: by change tracking, or by the time of the last change where that is off (contract 9).

A cursor says which way it goes and where it stands: `tracked?…` or `polled?…` with the query of the next page, or
`since <moment>` where the next pass of polling begins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from crm.dynamics365.answers import LeadAnswer
from crm.dynamics365.calls import API, DataverseCalls, as_model
from crm.interface import Changes, CursorLost
from hunter.remote.errors import AuthenticationFailed, PermissionMissing, RateLimited, RemoteError, TransientFailure

TRACKED, POLLED, SINCE = "tracked?", "polled?", "since "
PAGE_SIZE: Final = 500
OVERLAP: Final = timedelta(minutes=5)  # times have whole seconds, and writes surface late (9.2)
NOT_TRACKED: Final = "change tracking is not enabled"
VERSION: Final = re.compile(r'W/"(\d+)"')
GO_ON: Final = (AuthenticationFailed, PermissionMissing, RateLimited, TransientFailure)


class ChangePage(BaseModel):
    """A page of leads and of deletions, in the order in which they are told."""

    model_config = ConfigDict(extra="ignore")

    value: list[dict[str, Any]]
    next_link: str = Field(default="", alias="@odata.nextLink")
    delta_link: str = Field(default="", alias="@odata.deltaLink")


def read_changes(calls: DataverseCalls, cursor: str, *, columns: Sequence[str], select: str) -> Changes:
    """The page behind the cursor. Raises CursorLost when the service does not know the place any more."""
    if cursor.startswith((TRACKED, POLLED)):
        way, _, query = cursor.partition("?")
        return _page(calls, f"{API}/leads?{query}", tracked=way == TRACKED.rstrip("?"), columns=columns, goes_on=True)
    if cursor.startswith(SINCE):
        return _poll(calls, cursor.removeprefix(SINCE), columns=columns, select=select)
    try:
        return _page(calls, f"{API}/leads", tracked=True, columns=columns, params={"$select": select})
    except RemoteError as error:
        if NOT_TRACKED not in error.message.lower():
            raise
        return _poll(calls, "", columns=columns, select=select)


def _poll(calls: DataverseCalls, since: str, *, columns: Sequence[str], select: str) -> Changes:
    params = {"$select": select, "$orderby": "modifiedon asc,leadid asc"}
    if since:
        params["$filter"] = f"modifiedon ge {since}"
    return _page(calls, f"{API}/leads", tracked=False, columns=columns, params=params, since=since)


def _page(  # noqa: PLR0913  one name for each thing that differs between the two ways
    calls: DataverseCalls,
    url: str,
    *,
    tracked: bool,
    columns: Sequence[str],
    params: dict[str, str] | None = None,
    since: str = "",
    goes_on: bool = False,
) -> Changes:
    prefer = f"odata.maxpagesize={PAGE_SIZE}" + (",odata.track-changes" if tracked and not goes_on else "")
    try:
        answer = calls.call("GET", url, operation="changes", params=params, headers={"Prefer": prefer})
    except GO_ON:
        raise
    except RemoteError as error:
        if goes_on:
            raise CursorLost(f"Dynamics 365 no longer knows how far its changes were read. {error.message}") from error
        raise
    page = as_model(ChangePage, answer)
    leads = [LeadAnswer.model_validate(entry) for entry in page.value if "leadid" in entry]
    way, link = (TRACKED, page.next_link or page.delta_link) if tracked else (POLLED, page.next_link)
    return Changes(
        rows=tuple(lead.row(columns) for lead in leads),
        deleted=tuple(str(entry["id"]).lower() for entry in page.value if entry.get("reason") == "deleted"),
        cursor=f"{way}{urlsplit(link).query}" if link else f"{SINCE}{_next_since(leads, since)}",
        is_last=not page.next_link,
        tells_deletions=tracked,
    )


def _next_since(leads: Sequence[LeadAnswer], since: str) -> str:
    """Where the next pass of polling begins: a little before the newest change, or where this one did."""
    changed = [lead.modifiedon for lead in leads if lead.modifiedon is not None]
    if not changed:
        return since
    return (max(changed) - OVERLAP).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_newer(etag: str, than: str) -> bool:
    """Versions of a row rise with each write; where they can't be read, what is another state counts as newer."""
    one, other = VERSION.fullmatch(etag), VERSION.fullmatch(than)
    if one is None or other is None:
        return etag != than
    return int(one[1]) > int(other[1])
