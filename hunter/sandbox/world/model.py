"""What the simulated other side consists of. One seed and one day give one world, byte for byte."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a company."""

    first_name: str
    last_name: str
    email: str
    phone: str
    title: str
    locale: str


@dataclass(frozen=True, slots=True)
class WorldCompany:
    """A company with its domain (ASCII form) and how its mail is set up, in the words of the generator's tables."""

    domain: str
    name: str
    country: str
    city: str
    size: str
    mail_setup: str
    people: tuple[Person, ...]
    tenant_id: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """Everything that the services start with.

    `dns_records` is name -> record type -> presentation forms; `dns_failures` is a name -> "SERVFAIL", "REFUSED" or
    "TIMEOUT", for it and everything below it; `registrations` is domain -> the RDAP answer, `whois` is domain -> the
    facts that WHOIS tells; `existing_leads` are leads by
    Dataverse column name (leadid, statecode, statuscode and createdon always set) that were there before Hunter came.
    """

    seed: int
    today: date
    companies: tuple[WorldCompany, ...]
    referrals: tuple[Json, ...]
    marketplace_leads: tuple[Json, ...]
    dns_records: dict[str, dict[str, tuple[str, ...]]]
    dns_failures: dict[str, str]
    registrations: dict[str, Json]
    whois: dict[str, Json]
    existing_leads: list[Json]
