"""What one scan brings home: the answers of DNS and of the registry, as they came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

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


class RegistrationSource(StrEnum):
    """Who told of a registration."""

    RDAP = "rdap"
    WHOIS = "whois"


@dataclass(frozen=True, slots=True)
class Registration:
    """Who keeps a domain registered, since when and until when, its name servers, and who told."""

    registrar: str
    expires_at: date | None
    nameservers: tuple[str, ...]
    created_at: date | None = None
    source: RegistrationSource = RegistrationSource.RDAP

    @property
    def tells_something(self) -> bool:
        """One of the three fields is there; without any there is no registration data (b.3)."""
        return bool(self.registrar or self.expires_at or self.nameservers)


@dataclass(frozen=True, slots=True)
class Throttled(NotKnown):
    """The registry asked for fewer calls; `wait` is how long it wants to be left alone, where it said so."""

    wait: timedelta | None = None


RegistrationAnswer = Registration | Absent | NotKnown


@dataclass(frozen=True, slots=True)
class KnownRegistration:
    """Registration data that are known already, and when the registry told them."""

    registration: Registration
    read_at: datetime


@dataclass(frozen=True, slots=True)
class ScanAnswer:
    """What was said of a domain, and by which resolver.

    `registration_read_at` is set where registration data of the last hours were taken over (b.4): their own time.
    `resolver_trouble`: why that resolver answers nothing at all, so that this says nothing of the domain.
    """

    domain: str
    dns: DnsLookups
    registration: RegistrationAnswer
    resolver: str
    registration_read_at: datetime | None = None
    resolver_trouble: str = ""
