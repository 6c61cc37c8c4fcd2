"""A company and its contact as one lead: its values, its columns that no record holds, and its eTag.

HubSpot has no version but the time of the last change: the eTag is that of the company, and behind it the contact's
number and time where there is one: `2026-05-04T12:00:00+00:00 5001@2026-05-04T12:00:01+00:00`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from crm.hubspot.answers import RecordAnswer
from crm.hubspot.columns import CONTACT, LeadColumns
from crm.interface import CrmRow, Standing
from crm.sites import site_of

BETWEEN: Final = " "


def lead_row(
    company: RecordAnswer, contact: RecordAnswer | None, columns: LeadColumns, *, owed: frozenset[str] = frozenset()
) -> CrmRow:
    """The lead with the columns of the mapping. `owed`: what a write left for the next one."""
    values = company.values(columns.company) | {"hs_object_id": company.number}
    if contact is not None:
        values |= {f"{CONTACT}{name}": value for name, value in contact.values(columns.contact).items()}
    domain = company.domain
    return CrmRow(
        lead_id=company.lead_id,
        etag=etag_of(company, contact),
        values=values,
        domain=domain,
        site="" if domain else site_of(company.properties.get("website")),
        name=company.properties.get("name") or "",
        changed_at=max(one.updated for one in (company, contact) if one is not None),
        owed=owed,
        unheld=columns.of_contact if contact is None else frozenset(),
    )


def merged_row(lead_id: str, company: RecordAnswer, columns: LeadColumns) -> CrmRow:
    """A lead that was merged into the company: no lead by itself any more."""
    row = lead_row(company, None, columns)
    return replace(row, lead_id=lead_id, standing=Standing.MERGED, master_id=company.lead_id, domain="", site="")


def etag_of(company: RecordAnswer, contact: RecordAnswer | None) -> str:
    behind = f"{BETWEEN}{contact.number}@{contact.updated.isoformat()}" if contact is not None else ""
    return f"{company.updated.isoformat()}{behind}"


def tells_of_contact(etag: str) -> bool:
    """Whether the lead had a contact in that state."""
    return BETWEEN in etag


def is_newer(etag: str, than: str) -> bool:
    """Whether one of the two records was changed later, and neither earlier. A contact that only one state has is not
    compared: HubSpot counts contacts in the company, which is later changed thereby. What can't be read as times and is
    another state counts as newer.
    """
    if not than or not etag:
        return etag != than
    pairs = [(etag.split(BETWEEN)[0], than.split(BETWEEN)[0])]
    one, other = _contact_in(etag), _contact_in(than)
    if one and other and one[0] == other[0]:
        pairs.append((one[1], other[1]))
    told = [_order(later, earlier) for later, earlier in pairs]
    return etag != than if None in told else 1 in told and -1 not in told


def _order(one: str, other: str) -> int | None:
    """1 where the first time is later, -1 where it is earlier; None where one of them can't be read."""
    later, earlier = _moment(one), _moment(other)
    return None if later is None or earlier is None else (later > earlier) - (later < earlier)


def _contact_in(etag: str) -> tuple[str, str] | None:
    number, at, moment = etag.partition(BETWEEN)[2].partition("@")
    return (number, moment) if at else None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
