"""The leads that the CRM holds before Hunter comes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from hunter.sandbox.world.companies import guid
from hunter.sandbox.world.model import Json, WorldCompany

FEWEST_COMPANIES = 10
OPEN, QUALIFIED, DISQUALIFIED = 0, 1, 2
NEW, CONTACTED, QUALIFIED_STATUS, LOST, CANNOT_CONTACT = 1, 2, 3, 4, 5


def write_leads(companies: Sequence[WorldCompany], *, today: date, rng: Random) -> list[Json]:
    """Some to be adopted (open, with hnt_domain), some candidates only (a website), some closed, one qualified.

    One company has two leads: one with hnt_domain, and one that only its website ties to it. Two with the same
    hnt_domain can't be: the column is an alternate key, closed rows included.
    """
    if len(companies) < FEWEST_COMPANIES:
        return []
    chosen = list(companies)
    rng.shuffle(chosen)
    share = max(1, len(chosen) // 25)
    closed = (LOST, CANNOT_CONTACT)
    adoptable = [_lead(one, today, rng, hnt_domain=one.domain) for one in _take(chosen, 2 * share)]
    candidates = [_lead(one, today, rng, statuscode=CONTACTED) for one in _take(chosen, share)]
    disqualified = [
        _lead(one, today, rng, hnt_domain=one.domain, statecode=DISQUALIFIED, statuscode=rng.choice(closed))
        for one in _take(chosen, max(1, share // 2))
    ]
    won, doubled = _take(chosen, 2)
    return [
        *adoptable,
        *candidates,
        *disqualified,
        _lead(won, today, rng, hnt_domain=won.domain, statecode=QUALIFIED, statuscode=QUALIFIED_STATUS),
        _lead(doubled, today, rng, hnt_domain=doubled.domain),
        _lead(doubled, today, rng, subject=f"{doubled.name} (fair)"),
    ]


def _take(companies: list[WorldCompany], count: int) -> list[WorldCompany]:
    taken, companies[:count] = companies[:count], []
    return taken


def _lead(company: WorldCompany, today: date, rng: Random, **more: Any) -> Json:
    person = company.people[0]
    created = datetime.combine(today, time(9), tzinfo=UTC) - timedelta(days=rng.randint(30, 700))
    return {
        "leadid": guid(rng),
        "subject": f"{company.name}: enquiry",
        "companyname": company.name[:100],
        "firstname": person.first_name,
        "lastname": person.last_name,
        "emailaddress1": person.email,
        "telephone1": person.phone,
        "websiteurl": f"https://www.{company.domain}",
        "address1_city": company.city,
        "statecode": OPEN,
        "statuscode": NEW,
        "createdon": f"{created:%Y-%m-%dT%H:%M:%SZ}",
        **more,
    }
