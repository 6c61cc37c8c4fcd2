"""What the decisions of people about a lead have in common, whatever is decided: the rows they lock, and what they tell."""

from __future__ import annotations

from dataclasses import dataclass

from crm.models import CrmRecord
from leads.models import Company


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision came to."""

    words: str
    failed: bool = False

    def sentence(self) -> str:
        return self.words


def locked(record: CrmRecord) -> tuple[Company, CrmRecord]:
    """The company and the record's row as they are now, locked in the order in which a push locks them.

    Takes part in the caller's transaction.
    """
    company = Company.objects.select_for_update(no_key=True, of=("self",)).get(crm_records=record.pk)
    return company, CrmRecord.objects.select_for_update(no_key=True).get(pk=record.pk)
