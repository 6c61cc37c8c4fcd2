"""Writes the referrals as Partner Center sends them: every kind, every form of a member, a few broken ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import cycle, islice
from random import Random

from hunter.sandbox.world import referral_rows
from hunter.sandbox.world.model import Json, WorldCompany
from hunter.sandbox.world.referral_rows import Row

SHARES = {"no_domain": 0.08, "outgoing": 0.08, "multi_candidate": 0.03}
SHARE_MARKETPLACE = 0.04
BROKEN = ("without_id", "of_wrong_types", "without_id")
FEWEST_FOR_BROKEN = 10


def write_referrals(
    companies: Sequence[WorldCompany], *, count: int, today: date, rng: Random
) -> tuple[tuple[Json, ...], tuple[Json, ...]]:
    """`count` rows of the list in the order of their making, and the marketplace leads that no list shows (P22)."""
    if not companies:
        return (), ()
    kinds = _kinds(count, companies=len(companies), rng=rng)
    spare = 2 * kinds.count("multi_candidate")
    lent, others = companies[:spare], companies[spare:] or companies
    pairs = iter(zip(lent[::2], lent[1::2], strict=True))
    subjects = _subjects(others, rng=rng)
    draw = _Draw(others, subjects, pairs)
    rows = tuple(_row(kind, draw, Row(number, today, rng)) for number, kind in enumerate(kinds))
    hidden = tuple(
        referral_rows.marketplace_lead(rng.choice(others), Row(count + number, today, rng))
        for number in range(round(count * SHARE_MARKETPLACE))
    )
    return referral_rows.with_odd_members(rows), hidden


def _kinds(count: int, *, companies: int, rng: Random) -> list[str]:
    kinds: list[str] = []
    for kind, share in SHARES.items():
        kinds += [kind] * round(count * share)
    if count >= FEWEST_FOR_BROKEN:
        kinds += BROKEN if count >= 100 else BROKEN[:2]
    multi = kinds.count("multi_candidate")
    spared = max(0, companies // 4)  # a pair for each, and most companies stay with one referral of their own
    for _ in range(max(0, multi - spared // 2)):
        kinds.remove("multi_candidate")
    kinds += ["company"] * (count - len(kinds))
    rng.shuffle(kinds)
    return kinds


def _subjects(companies: Sequence[WorldCompany], *, rng: Random) -> Iterator[WorldCompany]:
    """Every company once, then again those that come back with another deal."""
    first = list(companies)
    rng.shuffle(first)
    yield from first
    yield from cycle(list(islice(first, max(1, len(first) // 3))))


@dataclass(frozen=True, slots=True)
class _Draw:
    """Whom the next row is about: any company, the next that a sound referral is due to name, or the next pair."""

    others: Sequence[WorldCompany]
    subjects: Iterator[WorldCompany]
    pairs: Iterator[tuple[WorldCompany, WorldCompany]]


def _row(kind: str, draw: _Draw, row: Row) -> Json:
    match kind:
        case "no_domain":
            return referral_rows.without_domain(row)
        case "outgoing":
            return referral_rows.outgoing(row.rng.choice(draw.others), row)
        case "multi_candidate":
            return referral_rows.of_two(*next(draw.pairs), row)
        case "without_id":
            return referral_rows.without_id(row.rng.choice(draw.others), row)
        case "of_wrong_types":
            return referral_rows.of_wrong_types(row.rng.choice(draw.others), row)
        case _:
            return referral_rows.of_company(next(draw.subjects), row)
