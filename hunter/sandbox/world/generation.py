"""Makes a world from a seed."""

from __future__ import annotations

from datetime import date
from random import Random

from hunter.sandbox.world.companies import invent_companies
from hunter.sandbox.world.dns_records import write_records
from hunter.sandbox.world.leads import write_leads
from hunter.sandbox.world.model import World
from hunter.sandbox.world.referrals import write_referrals
from hunter.sandbox.world.registrations import write_registrations
from hunter.sandbox.world.tenant_records import add_tenants
from hunter.sandbox.world.whois import write_whois


def make_world(*, companies: int, referrals: int, seed: int, today: date) -> World:
    """The same numbers and the same day give the same world, byte for byte.

    Each part draws on a chance of its own, so that more referrals don't change the companies.
    """
    firms = invent_companies(companies, rng=_chance(seed, "companies"))
    rows, hidden = write_referrals(firms, count=referrals, today=today, rng=_chance(seed, "referrals"))
    registrations = write_registrations(firms, today=today, rng=_chance(seed, "registrations"))
    records, failures = write_records(firms, rng=_chance(seed, "dns"))
    records, failures = add_tenants(firms, records, failures, rng=_chance(seed, "tenants"))
    return World(
        seed=seed,
        today=today,
        companies=firms,
        referrals=rows,
        marketplace_leads=hidden,
        dns_records=records,
        dns_failures=failures,
        registrations=registrations,
        whois=write_whois(firms, registrations, today=today, rng=_chance(seed, "whois")),
        existing_leads=write_leads(firms, today=today, rng=_chance(seed, "leads")),
    )


def _chance(seed: int, part: str) -> Random:
    return Random(f"{seed}:{part}")  # noqa: S311  a reproducible world, no secret
