"""What a page would change, decided before anything is written; a dry run ends here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from referrals.contract import UnreadableReferral
from referrals.link_rules import AutomaticLink, NamedDomains, automatic_link
from referrals.reading import ReferralReading, StorableRow, read_storable, storable
from referrals.services.companies import known_domains
from referrals.services.storing import Stored, stored_referrals

KEPT_BY_HASH = "row without id "
NO_ID = "The referral has no id, so it can't be stored. A later sync takes it in once Partner Center gives it one."


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that can't be stored: under which key it is kept, why, what of it can be shown, and what it was."""

    key: str
    error: UnreadableReferral
    row: Any
    as_sent: Any


@dataclass(frozen=True, slots=True)
class PagePlan:
    """A page, sorted: rows that are new or changed, their links where no person decided, and rows that need nothing."""

    fetched: int
    changed: dict[str, ReferralReading]
    links: dict[str, AutomaticLink]
    stored: dict[str, Stored]
    unchanged: Counter[str]
    skipped: Counter[str] = field(default_factory=Counter)
    faults: tuple[Fault, ...] = ()
    newest: datetime | None = None


@dataclass(slots=True)
class _Sorting:
    readings: dict[str, ReferralReading] = field(default_factory=dict)
    occurrences: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)


def plan_page(rows: Sequence[Any], *, consumer_domains: AbstractSet[str]) -> PagePlan:
    """Compare the rows with what is held, and read those that differ; two queries, whatever the number of rows."""
    sorting = _Sorting()
    storable_rows = [one for row in rows if (one := _storable(row, into=sorting)) is not None]
    named = [(one.given_id, one) for one in storable_rows]
    stored = stored_referrals({name for name, _ in named if name})
    same: Counter[str] = Counter()
    for name, one in named:
        if _is_same(one, stored.get(name)):
            same[name] += 1
        else:
            _sort(one, into=sorting, consumer_domains=consumer_domains)

    if unread := sorting.readings.keys() - {name for name, _ in named}:  # ids that were no plain text
        stored |= stored_referrals(unread)
    changed = {
        referral_id: reading
        for referral_id, reading in sorting.readings.items()
        if _is_news(reading, stored.get(referral_id))
    }
    free = {one: reading for one, reading in changed.items() if not (held := stored.get(one)) or held.is_automatic}
    known = known_domains(domain for reading in free.values() for domain in _named(reading).candidates)
    links = {
        referral_id: automatic_link(
            _named(reading), known=known, held=stored[referral_id].held_link if referral_id in stored else None
        )
        for referral_id, reading in free.items()
    }
    met = same + sorting.occurrences
    return PagePlan(
        fetched=len(rows),
        changed=changed,
        links=links,
        stored={one: held for one, held in stored.items() if one in met},
        unchanged=met - Counter(changed.keys()),
        skipped=sorting.skipped,
        faults=tuple(sorting.faults),
        newest=_newest(sorting.readings.values(), same=(stored[one] for one in same)),
    )


def fault_of(row: Any, *, referral_id: str, error: UnreadableReferral) -> Fault:
    """A fault under the referral's id, or under the hash of a row that has none."""
    try:
        cleaned = storable(row)
    except UnreadableReferral:
        return Fault(referral_id or f"{KEPT_BY_HASH}nested too deeply", error, None, None)
    return Fault(referral_id or f"{KEPT_BY_HASH}{cleaned.content_hash[:16]}", error, cleaned.raw, row)


def _storable(row: Any, *, into: _Sorting) -> StorableRow | None:
    try:
        return storable(row)
    except UnreadableReferral as error:
        into.faults.append(fault_of(row, referral_id="", error=error))
        return None


def _is_same(row: StorableRow, held: Stored | None) -> bool:
    """Whether the very content is stored already, so that it need not be read."""
    return held is not None and held.content_hash == row.content_hash and not held.is_vanished


def _sort(row: StorableRow, *, into: _Sorting, consumer_domains: AbstractSet[str]) -> None:
    try:
        reading = read_storable(row, consumer_domains=consumer_domains)
    except UnreadableReferral as error:
        into.faults.append(fault_of(row.sent, referral_id="", error=error))
        return

    taken = reading.admission
    if taken.ingested:
        referral_id = reading.fields.referral_id
        into.occurrences[referral_id] += 1
        if not _is_older(reading, into.readings.get(referral_id)):
            into.readings[referral_id] = reading
    elif taken.reason == "direction":
        into.skipped[taken.reason] += 1
    else:
        into.faults.append(fault_of(row.sent, referral_id="", error=UnreadableReferral(NO_ID, field="id")))


def _is_older(reading: ReferralReading, other: ReferralReading | None) -> bool:
    if other is None:
        return False
    mine, theirs = reading.fields.updated_at_source, other.fields.updated_at_source
    return mine is not None and theirs is not None and mine < theirs


def _is_news(reading: ReferralReading, held: Stored | None) -> bool:
    if held is None:
        return True
    mine, theirs = reading.fields.updated_at_source, held.updated_at_source
    outdated = mine is not None and theirs is not None and mine < theirs
    return not outdated and (held.is_vanished or reading.fields.content_hash != held.content_hash)


def _named(reading: ReferralReading) -> NamedDomains:
    return NamedDomains(reading.fields.domain, reading.contact_domains)


def _newest(readings: Iterable[ReferralReading], *, same: Iterable[Stored]) -> datetime | None:
    read = [reading.fields.updated_at_source for reading in readings]
    return max(filter(None, [*read, *(held.updated_at_source for held in same)]), default=None)
