"""Leads that people make with a company's website alone, and what a person says of them when Hunter asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from crm.push.look_alikes import taken_over, told_apart
from crm.push.record import LeadRecord, LeadState
from tests.crm.interleaving.crm_model import ModelCrm
from tests.simulation.pushing import Records


@dataclass(slots=True)
class Judge:
    """A person who looks at both sides; `taken_over` are the companies whose look-alike he let Hunter have."""

    rng: Random
    taken_over: set[str] = field(default_factory=set)

    def add(self, crm: ModelCrm, *, phone: str) -> None:
        """One for each company at most."""
        if "alike" not in crm.leads:
            crm.add_look_alike("alike", phone)

    def is_asked(self, record: LeadRecord | None) -> bool:
        return record is not None and record.state is LeadState.REVIEW and bool(record.look_alikes)

    def decide(self, domain: str, records: Records) -> None:
        """As the service lets him: a lead that Hunter has is not given up for another one."""
        record = records.of(domain)
        assert record is not None
        if record.known or self.rng.random() < 0.5:
            records.put(told_apart(record))
        else:
            self.taken_over.add(domain)
            records.put(taken_over(record, record.look_alikes[0].lead_id))
