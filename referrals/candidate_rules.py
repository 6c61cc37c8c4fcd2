"""How much speaks for a company being a referral's: clues, their weights, and the words for them.

For people only: no sync links by these (e.5). A mail domain of private persons is no clue, whoever has it (a.5).
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from referrals.kinds import DomainSource

MOST_CANDIDATES = 9  # as many as there are keys to press
LEAST_SCORE = 20  # below it, it is chance: a name half alike and nothing else
LEAST_LIKENESS = 0.5


class Clue(enum.StrEnum):
    """What speaks for a company, the strongest first."""

    TENANT = "same_tenant"
    ADDRESS = "same_address"
    NAMED = "named_domain"
    CONTACT = "contact_domain"
    MAIL_DOMAIN = "mail_domain_known_there"
    SISTER = "other_referrals"
    REGISTRABLE = "same_registrable_domain"
    NAME = "similar_name"
    COUNTRY = "same_country"
    CITY = "same_city"


WEIGHTS: Mapping[Clue, int] = {
    Clue.TENANT: 60,
    Clue.ADDRESS: 55,
    Clue.NAMED: 50,
    Clue.CONTACT: 45,
    Clue.MAIL_DOMAIN: 40,
    Clue.SISTER: 40,
    Clue.REGISTRABLE: 35,
    Clue.NAME: 40,  # times the likeness
    Clue.COUNTRY: 5,
    Clue.CITY: 5,
}
NAMED_IN: Mapping[str, str] = {
    DomainSource.CONTACT.value: "same mail domain",
    DomainSource.TEAM.value: "same mail domain",
    DomainSource.EXTERNAL_ID.value: "the domain of its external id",
    DomainSource.WEBSITE.value: "its website",
    DomainSource.EMAIL.value: "same mail domain",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A clue in words."""

    clue: Clue
    words: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is, as far as it is known."""

    country: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found for one domain. `likeness` is that of the names, 0 to 1."""

    clues: frozenset[Clue]
    likeness: float = 0.0
    place: Place = Place()
    is_company: bool = True

    def score(self, *, customer: Place) -> int:
        """0 to 100."""
        weights = [WEIGHTS[clue] for clue in self.clues if clue is not Clue.NAME]
        weights.append(round(WEIGHTS[Clue.NAME] * self.likeness) if self.likeness >= LEAST_LIKENESS else 0)
        weights += [WEIGHTS[clue] for clue in shared(self.place, customer)]
        return min(100, sum(weights))

    def reasons(self, *, customer: Place, source: str = "", about: str = "") -> tuple[Reason, ...]:
        """Everything that speaks for it, the strongest first. `source` is the field that named the referral's domain."""
        found = set(self.clues - {Clue.NAME}) | shared(self.place, customer)
        if self.likeness >= LEAST_LIKENESS:
            found.add(Clue.NAME)
        return tuple(Reason(clue, self._words(clue, source=source, about=about)) for clue in Clue if clue in found)

    def _words(self, clue: Clue, *, source: str, about: str) -> str:
        return {
            Clue.TENANT: "same Azure tenant",
            Clue.ADDRESS: "a contact's mail address is known there",
            Clue.NAMED: NAMED_IN.get(source, "the domain the referral names"),
            Clue.CONTACT: "another contact's mail domain",
            Clue.MAIL_DOMAIN: "people there have mail addresses of the same domain",
            Clue.SISTER: "other referrals of the same domain are linked to it",
            Clue.REGISTRABLE: f"same registrable domain{f' as {about}' if about else ''}",
            Clue.NAME: f"name {round(100 * self.likeness)} % alike",
            Clue.COUNTRY: "same country",
            Clue.CITY: "same city",
        }[clue]


def shared(one: Place, other: Place) -> set[Clue]:
    """What two places have in common; what is not known is nothing in common."""
    same: set[Clue] = set()
    if one.country and one.country == other.country:
        same.add(Clue.COUNTRY)
    if one.city and one.city.strip().casefold() == other.city.strip().casefold():
        same.add(Clue.CITY)
    return same


def ranked(found: Mapping[str, Evidence], *, customer: Place) -> list[tuple[str, int]]:
    """The domains worth a look with their scores, best first; of equals the known company, then by domain."""
    scored = ((domain, one.score(customer=customer), one) for domain, one in found.items())
    worth = [entry for entry in scored if entry[1] >= LEAST_SCORE]
    worth.sort(key=lambda entry: (-entry[1], not entry[2].is_company, entry[0]))
    return [(domain, score) for domain, score, _ in worth]


def merged(pairs: Iterable[tuple[str, Clue]]) -> dict[str, frozenset[Clue]]:
    """The clues of each domain."""
    found: dict[str, set[Clue]] = {}
    for domain, clue in pairs:
        found.setdefault(domain, set()).add(clue)
    return {domain: frozenset(clues) for domain, clues in found.items()}
