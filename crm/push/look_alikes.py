"""Leads that a company's website alone ties to it: shown to a person, and nothing else before he decides (f.7).

Hunter neither writes to one nor makes a lead beside it unasked; what a person said of one holds for every later look.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from crm.interface import CrmRow
from crm.push.record import LeadRecord, LeadState, LookAlike

ONE_ALIKE = (
    "The CRM has a lead with this company's website, but without its domain: {names}. Take it over, or have Hunter make a "
    "lead of its own."
)
SEVERAL_ALIKE = (
    "The CRM has leads with this company's website, but without its domain: {names}. Take one of them over, or have Hunter "
    "make a lead of its own."
)
BESIDE = (
    "Beside this lead the CRM has another one with the company's website, but without its domain: {names}. Merge it into "
    "this one there and push again, or say that it is another company's."
)


def look_alikes_of(record: LeadRecord, rows: Iterable[CrmRow]) -> tuple[LookAlike, ...]:
    """Those of the rows that nobody has decided about; never a lead of the company's own."""
    known = record.kept_apart | {record.lead_id, record.own_id}
    return tuple(
        LookAlike(row.lead_id, row.name)
        for row in sorted(rows, key=lambda row: row.lead_id)
        if row.is_look_alike and row.lead_id not in known
    )


def words_for(look_alikes: Sequence[LookAlike], *, beside: bool) -> str:
    """What is to be decided. `beside`: the company has a lead already."""
    names = ", ".join(f"{one.name} ({one.lead_id})" if one.name else one.lead_id for one in look_alikes)
    sentence = BESIDE if beside else ONE_ALIKE if len(look_alikes) == 1 else SEVERAL_ALIKE
    return sentence.format(names=names)


def taken_over(record: LeadRecord, lead_id: str) -> LeadRecord:
    """A person says that it is the company's: from the next look on as any lead that was adopted."""
    return replace(_looked_at_anew(record), lead_id=lead_id)


def told_apart(record: LeadRecord) -> LeadRecord:
    """A person says that none of them is the company's: the next look passes them over."""
    others = frozenset(one.lead_id for one in record.look_alikes)
    return replace(_looked_at_anew(record), kept_apart=record.kept_apart | others)


def _looked_at_anew(record: LeadRecord) -> LeadRecord:
    return replace(
        record, state=LeadState.PENDING, etag="", look_alikes=(), words="", result=None, absent_at=None, hops=0
    )
