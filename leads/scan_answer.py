"""What one scan brings home: the answers of DNS and of the registry, as they came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from leads.answers import Absent, Answer, NotKnown
from leads.signals import DnsEvidence
from leads.spf import SpfEvaluation


@dataclass(frozen=True, slots=True)
class DnsLookups:
    """What DNS said of a domain. `addresses`: up to one IPv4 for each mail host, then the domain's own, no repeats.

    `beside`: the lookups that no score rests on, by their names. `spf`: the record followed to its end.
    """

    evidence: DnsEvidence
    nameservers: Answer
    addresses: tuple[str, ...]
    beside: Mapping[str, Answer] = field(default_factory=dict)
    spf: SpfEvaluation | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """Who keeps a domain registered, until when, and its name servers."""

    registrar: str
    expires_at: date | None
    nameservers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Throttled(NotKnown):
    """The registry asked for fewer calls; `wait` is how long it wants to be left alone, where it said so."""

    wait: timedelta | None = None


RegistrationAnswer = Registration | Absent | NotKnown


@dataclass(frozen=True, slots=True)
class ScanAnswer:
    """What was said of a domain, and by which resolver."""

    domain: str
    dns: DnsLookups
    registration: RegistrationAnswer
    resolver: str
