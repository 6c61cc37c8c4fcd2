"""What the registries know: RDAP answers for the endings that have RDAP (domain document b.3)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import idna

from hunter.sandbox.world.mail_setups import UNREGISTERED
from hunter.sandbox.world.model import Json, WorldCompany

RDAP_ENDINGS = frozenset(
    ["com", "net", "org", "io", "co", "uk", "de", "fr", "nl", "au", "ca", "jp", "br", "in", "it", "es"]
)
REGISTRARS = (
    "Örnek Kayıt A.Ş.",
    "Example Registrar, LLC",
    "Beispiel Registrar GmbH",
    "Lodos Alan Adları",
    "見本レジストラ",
)
STATUSES = ("active", "client transfer prohibited", "client update prohibited")
SHARE_WITHOUT_EXPIRY = 0.08
SHARE_SOON = 0.08
SHARE_UNKNOWN = 0.05


def write_registrations(companies: Iterable[WorldCompany], *, today: date, rng: Random) -> dict[str, Json]:
    """Domain -> the RDAP answer. Domains that don't exist, a few others, and endings without RDAP have none."""
    registrations: dict[str, Json] = {}
    for company in companies:
        known = company.domain.rpartition(".")[2] in RDAP_ENDINGS and company.mail_setup != UNREGISTERED
        if known and rng.random() >= SHARE_UNKNOWN:
            registrations[company.domain] = _registration(company, today=today, rng=rng)
    return registrations


def _registration(company: WorldCompany, *, today: date, rng: Random) -> Json:
    domain = company.domain
    answer: Json = {
        "rdapConformance": ["rdap_level_0", "redacted", "icann_rdap_response_profile_1"],
        "objectClassName": "domain",
        "handle": f"{rng.randint(10_000_000, 99_999_999)}_DOMAIN",
        "ldhName": domain.upper() if rng.random() < 0.5 else domain,
        "status": list(STATUSES[: rng.randint(1, 3)]),
        "events": _events(today=today, rng=rng),
        "entities": _entities(company, rng=rng),
        "nameservers": [
            {"objectClassName": "nameserver", "ldhName": f"NS{number}.CLOUDNS.EXAMPLE{rng.choice(('', '.'))}"}
            for number in (1, 2)
        ],
        "secureDNS": {"delegationSigned": rng.random() < 0.2},
        "links": [{"rel": "self", "href": f"https://rdap.example/domain/{domain}", "type": "application/rdap+json"}],
        "notices": [{"title": "Terms of Use", "description": ["For lawful purposes only."]}],
    }
    if "xn--" in domain:
        answer["unicodeName"] = idna.decode(domain)
    return answer


def _events(*, today: date, rng: Random) -> list[Json]:
    registered = today - timedelta(days=rng.randint(200, 9000))
    if rng.random() < SHARE_SOON:
        expires = today + timedelta(days=rng.randint(0, 29))
    else:
        expires = today + timedelta(days=rng.randint(-20, 1500))
    events = [{"eventAction": "registration", "eventDate": _moment(registered, rng=rng)}]
    if rng.random() >= SHARE_WITHOUT_EXPIRY:
        events.append({"eventAction": "expiration", "eventDate": _moment(expires, rng=rng)})
    events.append({"eventAction": "last changed", "eventDate": _moment(registered, rng=rng)})
    rng.shuffle(events)
    return events


def _moment(day: date, *, rng: Random) -> str:
    at = datetime(day.year, day.month, day.day, rng.randint(4, 20), rng.randint(0, 59), tzinfo=UTC)
    form = rng.choice(("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.000Z", "%Y-%m-%dT%H:%M:%S+00:00"))
    return at.strftime(form)


def _entities(company: WorldCompany, *, rng: Random) -> list[Json]:
    registrar: dict[str, Any] = {
        "objectClassName": "entity",
        "handle": "9999",
        "roles": ["registrar"],
        "publicIds": [{"type": "IANA Registrar ID", "identifier": "9999"}],
        "vcardArray": _card("org" if rng.random() < 0.15 else "fn", rng.choice(REGISTRARS)),
        "entities": [{"objectClassName": "entity", "roles": ["abuse"], "vcardArray": _card("fn", "Abuse Desk")}],
    }
    registrant = {"objectClassName": "entity", "roles": ["registrant"], "vcardArray": _card("fn", "REDACTED")}
    if rng.random() < 0.1:
        return [{**registrant, "entities": [registrar]}]
    return [registrant, registrar] if company.country != "US" else [registrar, registrant]


def _card(member: str, text: str) -> list[Any]:
    return ["vcard", [["version", {}, "text", "4.0"], [member, {}, "text", text]]]
