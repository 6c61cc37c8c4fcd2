"""What a domain publishes about mail on its way: MTA-STS, TLS reports, BIMI. None of them counts in the score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leads.answers import Answer, Known, NotKnown, records_of
from leads.lookups import Lookup
from leads.signals import dmarc_tags

VERSIONS: Mapping[Lookup, str] = {
    Lookup.MTA_STS: "v=stsv1",  # RFC 8461, 3.1
    Lookup.TLS_RPT: "v=tlsrptv1",  # RFC 8460, 3
    Lookup.BIMI: "v=bimi1",
}


@dataclass(frozen=True, slots=True)
class MailPolicy:
    """Whether there is a policy, the record that says so, and what a person should know of it."""

    state: Known
    record: str = ""
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {"state": self.state.value, "record": self.record or None, "note": self.note or None}


def read_policies(answers: Mapping[str, Answer]) -> dict[Lookup, MailPolicy]:
    """Every policy by its lookup."""
    return {lookup: read_policy(lookup, answers.get(lookup, NotKnown("not asked"))) for lookup in VERSIONS}


def read_policy(lookup: Lookup, answer: Answer) -> MailPolicy:
    """Exactly one record counts: of two, servers pass over both."""
    if isinstance(answer, NotKnown):
        return MailPolicy(Known.NOT_KNOWN, note=answer.reason)
    version = VERSIONS[lookup]
    records = [text for text in records_of(answer) if text.partition(";")[0].strip().lower() == version]
    if len(records) > 1:
        return MailPolicy(Known.NO, records[0], f"{len(records)} records: servers pass over all of them")
    if not records:
        return MailPolicy(Known.NO)
    if lookup is Lookup.BIMI and not any(dmarc_tags(records[0]).get(tag) for tag in ("l", "a")):
        return MailPolicy(Known.NO, records[0], "the record says that there is no picture")
    return MailPolicy(Known.YES, records[0])
