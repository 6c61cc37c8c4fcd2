"""Invents the companies: name, domain, people, and which mail setup each has."""

from __future__ import annotations

import unicodedata
from random import Random
from uuid import UUID

import idna

from hunter.sandbox.world.mail_setups import SETUP_WEIGHTS
from hunter.sandbox.world.model import Person, WorldCompany
from hunter.sandbox.world.words import LANDS, SIZES, SYLLABLES, TITLES, Land

SHARE_DECORATED = 0.35
SHARE_IDN = 0.3  # of those whose name has letters outside ASCII
SHARE_EXAMPLE = 0.05
SHARE_TENANT_KNOWN = 0.5


def guid(rng: Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))


def invent_companies(count: int, *, rng: Random) -> tuple[WorldCompany, ...]:
    """`count` companies with different domains; each mail setup occurs once before any occurs by weight."""
    setups = _setups(count, rng=rng)
    taken: set[str] = set()
    return tuple(_invent_company(setup, taken, rng=rng) for setup in setups)


def _setups(count: int, *, rng: Random) -> list[str]:
    names = list(SETUP_WEIGHTS)
    setups = names[:count] if count >= len(names) else rng.choices(names, list(SETUP_WEIGHTS.values()), k=count)
    setups += rng.choices(names, list(SETUP_WEIGHTS.values()), k=count - len(setups))
    rng.shuffle(setups)
    return setups


def _invent_company(setup: str, taken: set[str], *, rng: Random) -> WorldCompany:
    land = rng.choices(LANDS, [one.weight for one in LANDS])[0]
    name, labels = _name(land, rng=rng)
    ending = "example" if rng.random() < SHARE_EXAMPLE else rng.choice(land.endings)
    domain = f"{labels}.{ending}"
    while domain in taken:
        domain = f"{labels}{rng.randint(2, 99999)}.{ending}"
    taken.add(domain)
    ascii_domain = idna.encode(domain).decode("ascii")
    return WorldCompany(
        domain=ascii_domain,
        name=name,
        country=land.country,
        city=rng.choice(land.cities),
        size=rng.choice(SIZES),
        mail_setup=setup,
        people=tuple(_person(land, ascii_domain, rng=rng) for _ in range(rng.randint(1, 3))),
        tenant_id=guid(rng) if setup.startswith("m365") and rng.random() < SHARE_TENANT_KNOWN else "",
    )


def _name(land: Land, *, rng: Random) -> tuple[str, str]:
    """The company's name, and the label of its domain: with its own letters (IDN) or spelt in ASCII."""
    stem = "".join(rng.sample(SYLLABLES, 3))
    trade = rng.choice(land.trades)
    written, in_domain, own_letters = stem.capitalize(), stem, ""
    if land.decorated and rng.random() < SHARE_DECORATED:
        piece, spelt = rng.choice(land.decorated)
        written = f"{piece}{stem}" if piece[-1] != " " else f"{piece}{stem.capitalize()}"
        in_domain = f"{spelt}{stem}"
        own_letters = _lower(f"{piece}{stem}") if piece.isalpha() else ""
    separator = "-" if rng.random() < 0.25 else ""
    label = f"{own_letters if own_letters and rng.random() < SHARE_IDN else in_domain}{separator}{trade.in_domain}"
    form = rng.choice(land.legal_forms)
    if land.country == "JP":
        return f"{form}{written}{trade.written}", label
    return f"{written} {trade.written} {form}", label


def _lower(text: str) -> str:
    return unicodedata.normalize("NFC", text.replace("İ", "i").lower())


def _person(land: Land, domain: str, *, rng: Random) -> Person:
    first, last = rng.choice(land.first_names), rng.choice(land.last_names)
    return Person(
        first_name=first,
        last_name=last,
        email=f"{_mailbox(first, last, rng=rng)}@{domain}",
        phone=f"{land.phone}{rng.randint(10, 99)} {rng.randint(10, 99)}",
        title=rng.choice(TITLES),
        locale=land.locale,
    )


def _mailbox(first: str, last: str, *, rng: Random) -> str:
    parts = [ascii_letters(part) for part in (first, last)]
    known = [part for part in parts if part]
    return ".".join(known) if known else f"info{rng.randint(1, 99)}"


def ascii_letters(text: str) -> str:
    """The letters and digits of a text, spelt in ASCII where that can be done by taking marks away."""
    plain = unicodedata.normalize("NFKD", text.replace("ı", "i").replace("İ", "i").replace("ß", "ss").lower())
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())
