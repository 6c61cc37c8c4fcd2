"""Dynamics 365 over its Web API: leads written under a fence, and the columns they have.

Contract: `leads` is addressed by primary key only; a create carries `If-None-Match: *`, a change the eTag that was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import quote
from uuid import UUID

from crm.dynamics365.answers import AttributePage, KeyPage, LeadAnswer, LeadPage, WhoAmI
from crm.dynamics365.calls import API, DataverseCalls, as_model
from crm.dynamics365.changes import read_changes
from crm.dynamics365.statuses import DOMAIN_TAKEN, ID_TAKEN, NO_SUCH_ROW, VERSION_DIFFERS
from crm.interface import (
    AccessReport,
    Changes,
    ColumnFacts,
    ColumnType,
    ColumnValues,
    CrmRow,
    Refused,
    TableFacts,
    Whereabouts,
)
from crm.locating import SharedLook
from crm.sites import websites_of
from hunter.errors import HunterError
from hunter.remote.errors import Conflict, Duplicate, Misconfigured, NotFound
from hunter.remote.gate import Gate
from hunter.remote.session import Answer

LEAD: Final = f"{API}/EntityDefinitions(LogicalName='lead')"
MOST_TOGETHER: Final = 40  # twelve conditions each, with look-alikes
MOST_CONDITIONS: Final = 490  # the query engine takes about 500
LONGEST_FILTER: Final = 28_000  # of an address that has 32 KB
STATE_COLUMNS: Final = ("leadid", "statecode", "merged", "_masterid_value", "modifiedon")
TELLING_COLUMNS: Final = ("hnt_domain", "websiteurl", "companyname")
CASTS: Final[Mapping[str, tuple[ColumnType, str]]] = {
    "String": (ColumnType.TEXT, "MaxLength"),
    "Memo": (ColumnType.LINES, "MaxLength"),
    "Integer": (ColumnType.WHOLE, "MinValue,MaxValue"),
    "Decimal": (ColumnType.DECIMAL, "MinValue,MaxValue"),
    "Boolean": (ColumnType.YES_NO, ""),
    "DateTime": (ColumnType.MOMENT, ""),
    "Picklist": (ColumnType.CHOICE, ""),
}


class DynamicsCrm:
    """One organisation's leads. Safe to use from several threads.

    `columns` are read with every lead: those of the mapping that the CRM has.
    """

    name = "dynamics365"

    def __init__(self, *, base_url: str, gate: Gate, bearer: str, columns: Iterable[str] = ()) -> None:
        self._columns = tuple(dict.fromkeys(columns))
        self._calls = DataverseCalls(base_url=base_url, gate=gate, bearer=bearer)
        self._look = SharedLook(self._located, most_together=MOST_TOGETHER)

    def describe(self) -> TableFacts:
        """Seven queries, one for each type of column, and one for the keys (contract 10.2)."""
        columns: dict[str, ColumnFacts] = {}
        for cast_name, (column_type, properties) in CASTS.items():
            select = ",".join(
                part for part in ("LogicalName,AttributeType,IsValidForCreate,IsValidForUpdate", properties) if part
            )
            params = {"$select": select}
            if cast_name == "Picklist":
                params["$expand"] = "OptionSet($select=Options),GlobalOptionSet($select=Options)"
            path = f"{LEAD}/Attributes/Microsoft.Dynamics.CRM.{cast_name}AttributeMetadata"
            page = self._calls.read_as(AttributePage, path, operation="describe", params=params)
            columns |= {attribute.name: attribute.facts(column_type) for attribute in page.value}
        keys = self._calls.read_as(
            KeyPage, f"{LEAD}/Keys", operation="describe", params={"$select": "KeyAttributes,EntityKeyIndexStatus"}
        )
        unique = any(key.columns == ["hnt_domain"] and key.status == "Active" for key in keys.value)
        return TableFacts(columns=columns, domain_is_unique=unique)

    def locate(self, where: Whereabouts) -> Sequence[CrmRow]:
        """By id or domain, closed leads too, and look-alikes; looks of several threads go out as one query."""
        return self._look.ask(where)

    def read(self, lead_id: str) -> CrmRow | None:
        try:
            answer = self._calls.call("GET", lead_path(lead_id), operation="read", params={"$select": self._selected()})
        except NotFound:
            return None
        return self._row(answer)

    def create(self, lead_id: str, values: ColumnValues) -> CrmRow | Refused:
        try:
            return self._written(lead_id, values, {"If-None-Match": "*"}, operation="create")
        except (Duplicate, Conflict) as error:
            if error.code == DOMAIN_TAKEN:
                return Refused.DOMAIN_TAKEN
            if error.code in {ID_TAKEN, ""} and error.call.status == 412:
                return Refused.ID_TAKEN
            raise

    def change(self, lead_id: str, values: ColumnValues, *, etag: str) -> CrmRow | Refused:
        try:
            return self._written(lead_id, values, {"If-Match": etag}, operation="change")
        except Duplicate as error:
            if error.code == DOMAIN_TAKEN:
                return Refused.DOMAIN_TAKEN
            raise
        except Conflict as error:
            if error.code in {VERSION_DIFFERS, ""} and error.call.status == 412:
                return Refused.STALE
            raise
        except NotFound as error:
            if error.code in {NO_SUCH_ROW, ""} and lead_id in error.message.lower():
                return Refused.MISSING
            raise _another_table(error) from error

    def changes(self, cursor: str) -> Changes:
        return read_changes(self._calls, cursor, columns=self._columns, select=self._selected())

    def check_access(self) -> AccessReport:
        answer = self._calls.call("GET", f"{API}/WhoAmI", operation="who_am_i")
        who = as_model(WhoAmI, answer)
        return AccessReport(user=who.user, organisation=who.organisation)

    def _located(self, wheres: Sequence[Whereabouts]) -> Sequence[CrmRow]:
        """In one query, or in several where one would be too long or would have too many conditions."""
        wanted, count = _filter(wheres)
        if len(wheres) > 1 and (count > MOST_CONDITIONS or len(quote(wanted)) > LONGEST_FILTER):
            half = len(wheres) // 2
            return [*self._located(wheres[:half]), *self._located(wheres[half:])]
        params = {"$select": self._selected(), "$filter": wanted, "$orderby": "createdon asc,leadid asc"}
        page = self._calls.read_as(LeadPage, f"{API}/leads", operation="locate", params=params)
        return [lead.row(self._columns) for lead in page.value]

    def _written(self, lead_id: str, values: ColumnValues, fence: Mapping[str, str], *, operation: str) -> CrmRow:
        answer = self._calls.call(
            "PATCH",
            lead_path(lead_id),
            operation=operation,
            params={"$select": self._selected()},
            json=dict(values),
            headers={"Prefer": "return=representation", **fence},
        )
        return self._row(answer)

    def _row(self, answer: Answer) -> CrmRow:
        return as_model(LeadAnswer, answer).row(self._columns)

    def _selected(self) -> str:
        return ",".join(dict.fromkeys((*STATE_COLUMNS, *self._columns, *TELLING_COLUMNS)))


def lead_path(lead_id: str) -> str:
    """A lead's address. Raises ValueError for what is no GUID."""
    return f"{API}/leads({UUID(lead_id)})"


def _filter(wheres: Sequence[Whereabouts]) -> tuple[str, int]:
    """The leads at all these whereabouts, and of how many conditions that is made: each value of a list counts as one."""
    conditions = dict.fromkeys(
        condition
        for where in wheres
        for condition in (
            *(f"leadid eq {UUID(lead_id)}" for lead_id in where.lead_ids),
            f"hnt_domain eq '{_quoted(where.domain)}'",
        )
    )
    sites = dict.fromkeys(site for where in wheres if where.look_alikes for site in websites_of(_quoted(where.domain)))
    if not sites:
        return " or ".join(conditions), len(conditions)
    values = ",".join(f"'{site}'" for site in sites)
    among = f"Microsoft.Dynamics.CRM.In(PropertyName='websiteurl',PropertyValues=[{values}])"
    alike = f"(hnt_domain eq null and statecode eq 0 and {among})"
    return " or ".join([*conditions, alike]), len(conditions) + len(sites) + 2


def _quoted(domain: str) -> str:
    if "'" in domain:
        raise HunterError(f"{domain!r} is no domain: it holds a quote.", field="domain")
    return domain


def _another_table(error: NotFound) -> Misconfigured:
    """The missing row is one that the lead points to: not a sign that the lead is gone (contract, trap 46)."""
    return Misconfigured(
        f"{error.message.rstrip('.')}. The lead itself is there; what it refers to is not.", call=error.call
    )
