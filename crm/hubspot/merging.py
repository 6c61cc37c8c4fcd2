"""Which leads a company was made of. HubSpot merges two companies into a new one, and only that one tells of it: by the
numbers of both, and by what its properties held before (docs/explanation/hubspot.md says what of this is relied on).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from crm.hubspot.answers import MERGED, RecordAnswer, RecordPage
from crm.hubspot.calls import COMPANIES, LARGEST_BATCH, HubSpotCalls
from crm.hubspot.ids import KEY, id_of_number

LARGEST_WITH_HISTORY: Final = 50
NEWEST: Final = 100  # companies that were merged, among which a lead that is gone is looked for


class MergedLeads:
    """The leads of one account that go on in another company. `names`: the properties of a company that is found."""

    def __init__(self, calls: HubSpotCalls, names: Sequence[str]) -> None:
        self._calls = calls
        self._names = names

    def gone_into(self, companies: Iterable[RecordAnswer]) -> Mapping[str, frozenset[str]]:
        """By the company's number the ids of the leads that it stands for besides its own."""
        merged = [one for one in companies if one.merged_numbers]
        hunters = self.hunters_in(merged)
        former = {
            one.number: {*map(id_of_number, one.merged_numbers), *hunters[one.number]} - {one.lead_id} for one in merged
        }
        held = self._held(sorted(set().union(*former.values())))
        return {number: frozenset(ids - held) for number, ids in former.items()}

    def hunters_in(self, merged: Sequence[RecordAnswer]) -> Mapping[str, frozenset[str]]:
        """By the company's number the ids of Hunter's that it holds or held, whichever of the two brought them."""
        ids = {one.number: frozenset(_ids([one.held_id])) for one in merged}
        for numbers in _blocks([one.number for one in merged], LARGEST_WITH_HISTORY):
            told = self._calls.read_several(
                COMPANIES, numbers, [KEY], by="", histories=[KEY], operation="read what was merged"
            )
            ids |= {one.number: ids.get(one.number, frozenset()) | set(_ids(one.history_of(KEY))) for one in told}
        return ids

    def successors(self, lead_ids: Collection[str]) -> Mapping[str, RecordAnswer]:
        """The company that each lead went into, of those that were merged and changed last; the others are left out."""
        body = {
            "filterGroups": [{"filters": [{"propertyName": MERGED, "operator": "HAS_PROPERTY"}]}],
            "sorts": [{"propertyName": "hs_lastmodifieddate", "direction": "DESCENDING"}],
            "properties": list(self._names),
            "limit": NEWEST,
            "after": "0",
        }
        newest = self._calls.search(RecordPage, COMPANIES, body, operation="look for what was merged").results
        gone = self.gone_into(newest)
        return {lead_id: one for one in newest for lead_id in gone.get(one.number, ()) if lead_id in lead_ids}

    def _held(self, lead_ids: Sequence[str]) -> set[str]:
        """Those that a company holds now: whoever held one before is not meant by it."""
        operation = "read whose they are"
        found = [
            one
            for block in _blocks(lead_ids, LARGEST_BATCH)
            for one in self._calls.read_several(COMPANIES, block, [KEY], by=KEY, operation=operation)
        ]
        return set(_ids(one.held_id for one in found))


def _ids(held: Iterable[str]) -> Iterator[str]:
    """What is an id, in the form that ids have."""
    for text in held:
        try:
            yield str(UUID(text))
        except ValueError:
            continue


def _blocks(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))
