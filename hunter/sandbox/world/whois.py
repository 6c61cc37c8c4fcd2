"""What the registries tell over WHOIS: the same as over RDAP, and alone for the endings without it (domain document b.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from random import Random

from hunter.sandbox.world.mail_setups import UNREGISTERED
from hunter.sandbox.world.model import Json, WorldCompany
from hunter.sandbox.world.registrations import RDAP_ENDINGS, REGISTRARS, SHARE_SOON, SHARE_UNKNOWN

SHARE_THIN = 0.06
SHARE_HIDDEN = 0.3
WITHOUT_DATA = frozenset({"example"})  # nobody can register below it


def write_whois(
    companies: Iterable[WorldCompany], registrations: Mapping[str, Json], *, today: date, rng: Random
) -> dict[str, Json]:
    """Domain -> facts. A domain that RDAP does not know is not known here either, where its ending has RDAP."""
    told: dict[str, Json] = {}
    for company in companies:
        ending = company.domain.rpartition(".")[2]
        if ending in RDAP_ENDINGS:
            if company.domain in registrations:
                told[company.domain] = _as_over_rdap(registrations[company.domain], company)
        elif ending not in WITHOUT_DATA and company.mail_setup != UNREGISTERED and rng.random() >= SHARE_UNKNOWN:
            told[company.domain] = _facts(company, today=today, rng=rng)
    return told


def _facts(company: WorldCompany, *, today: date, rng: Random) -> Json:
    created = today - timedelta(days=rng.randint(200, 9000))
    days_left = rng.randint(0, 29) if rng.random() < SHARE_SOON else rng.randint(-20, 1500)
    return {
        "registrar": rng.choice(REGISTRARS),
        "created": created.isoformat(),
        "expires": (today + timedelta(days=days_left)).isoformat(),
        "nameservers": ["ns1.clouddns.example", "ns2.clouddns.example"],
        "holder": "" if rng.random() < SHARE_HIDDEN else company.name,
        "thin": rng.random() < SHARE_THIN,
    }


def _as_over_rdap(answer: Json, company: WorldCompany) -> Json:
    days = {event["eventAction"]: event["eventDate"][:10] for event in answer["events"]}
    entities = [*answer["entities"], *(inner for one in answer["entities"] for inner in one.get("entities", ()))]
    registrar = next(one for one in entities if "registrar" in one["roles"])
    return {
        "registrar": registrar["vcardArray"][1][1][3],
        "created": days.get("registration", ""),
        "expires": days.get("expiration", ""),
        "nameservers": [server["ldhName"].rstrip(".").lower() for server in answer["nameservers"]],
        "holder": company.name,
        "thin": False,
    }
