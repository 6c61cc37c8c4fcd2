"""Between which bounds a score lies where a fact that it rests on is not known.

Not known is neither yes nor no: every value that the fact may have is tried, and what holds in every case is certain.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

from leads import scoring
from leads.providers import Provider
from leads.rules import Rules
from leads.scoring import Score, ScoreFacts
from leads.signals import DmarcPolicy, DnsSignals

SOME_HOST = "mail.example"
MAILBOX_PROVIDERS = tuple(one.value for one in Provider if one is not Provider.UNKNOWN)


class Fact(StrEnum):
    """The facts that a score rests on, by the names of `explain_score`."""

    MX = "mx"
    PROVIDER = "provider"
    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"


FACT_WORDS: Mapping[Fact, str] = {
    Fact.MX: "the mail host",
    Fact.PROVIDER: "who keeps the mailboxes",
    Fact.SPF: "SPF",
    Fact.DKIM: "DKIM",
    Fact.DMARC: "DMARC",
}


@dataclass(frozen=True, slots=True)
class ScoreRange:
    """The bounds, the segments that come into question from the lowest score up, and the facts that are not known.

    `because` takes the place of "not known" in the sentence, where it is known and yet counts otherwise.
    """

    lowest: int
    highest: int
    segments: tuple[str, ...]
    not_known: tuple[Fact, ...]
    cases: tuple[Score, ...]
    because: str = ""

    def sentence(self) -> str:
        """The range in words."""
        missing = [FACT_WORDS[fact] for fact in self.not_known]
        told = " and ".join([", ".join(missing[:-1]), missing[-1]] if len(missing) > 1 else missing)
        verb = "are" if len(missing) > 1 else "is"
        if self.lowest == self.highest and len(self.segments) == 1:
            because = self.because or f"though {told} {verb} not known"
            return f"{self.lowest} ({self.segments[0]}) in any case, {because}."
        segments = " or ".join([", ".join(self.segments[:-1]), self.segments[-1]][len(self.segments) == 1 :])
        return f"Between {self.lowest} and {self.highest} ({segments}): {self.because or f'{told} {verb} not known'}."

    def as_dict(self) -> dict[str, Any]:
        """As the API and `explain_score` show it."""
        return {
            "lowest": self.lowest,
            "highest": self.highest,
            "segments": list(self.segments),
            "not_known": [fact.value for fact in self.not_known],
            "sentence": self.sentence(),
        }


def score_range(
    facts: ScoreFacts, *, not_known: Collection[Fact], rules: Rules, providers: Sequence[str] = MAILBOX_PROVIDERS
) -> ScoreRange:
    """The range over all values of the facts that are not known; `providers` are those that come into question."""
    return range_once(facts, frozenset(not_known), tuple(providers), ByIdentity(id(rules), rules))


@dataclass(frozen=True, slots=True)
class ByIdentity:
    """Rules that can be compared; whoever keeps them keeps their number from being given to others."""

    number: int
    rules: Rules = field(compare=False)


@lru_cache(maxsize=1024)
def range_once(facts: ScoreFacts, not_known: frozenset[Fact], providers: tuple[str, ...], by: ByIdentity) -> ScoreRange:
    """Kept, because a silent domain leaves two hundred cases, and a page may hold a hundred of them."""
    rules = by.rules
    cases = dict.fromkeys(possible_facts(facts, not_known=not_known, rules=rules, providers=providers))
    scores = sorted((scoring.score(one, rules) for one in cases), key=lambda one: one.score)
    segments = dict.fromkeys(one.classes.segment.value for one in scores)
    unknown = tuple(fact for fact in Fact if fact in not_known)
    return ScoreRange(scores[0].score, scores[-1].score, tuple(segments), unknown, tuple(scores))


def possible_facts(
    facts: ScoreFacts, *, not_known: Collection[Fact], rules: Rules, providers: Sequence[str]
) -> Iterable[ScoreFacts]:
    """The facts once for each combination of what is not known."""
    many = "v=spf1" + " include:x.example" * (rules.score.many_includes + 1)
    alternatives: Mapping[Fact, Sequence[dict[str, Any]]] = {
        Fact.MX: [{"mx_hosts": ()}, {"mx_hosts": facts.mx_hosts or (SOME_HOST,)}],
        Fact.PROVIDER: [{"provider": name} for name in providers],
        Fact.SPF: [
            {"spf": there, "spf_record": record} for there, record in ((False, None), (True, None), (True, many))
        ],
        Fact.DKIM: [{"dkim": False}, {"dkim": True}],
        Fact.DMARC: [{"dmarc_policy": policy} for policy in (None, *DmarcPolicy)],
    }
    for chosen in itertools.product(*(alternatives[fact] for fact in Fact if fact in not_known)):
        case = replace(facts, **{name: value for part in chosen for name, value in part.items()})
        # Without a mail host nothing else counts, so those cases are one.
        yield case if case.mx_hosts else ScoreFacts((), Provider.UNKNOWN, spf=False, dkim=False)


def newest_facts(read: DnsSignals, *, provider: str) -> dict[str, Any]:
    """What a scan learnt that DNS answered in part, as it is kept. `provider` is a person's word, if there is one."""
    unknown = [fact.value for fact in Fact if fact in read.unanswered]
    if Fact.MX in unknown and not provider:
        unknown.insert(1, Fact.PROVIDER.value)
    return {
        "not_known": unknown,
        "facts": {
            "mx_hosts": list(read.mx_hosts),
            "provider": provider or read.mx.provider.value,
            "spf": read.spf,
            "spf_record": read.spf_record,
            "dkim": read.dkim,
            "dmarc_policy": read.dmarc.policy.value if read.dmarc else None,
        },
    }


def range_of_newest(newest: Mapping[str, Any], *, rules: Rules) -> ScoreRange:
    """The range that those facts leave open."""
    kept = newest["facts"]
    facts = ScoreFacts(
        mx_hosts=tuple(kept["mx_hosts"]),
        provider=kept["provider"],
        spf=bool(kept["spf"]),
        spf_record=kept["spf_record"],
        dkim=bool(kept["dkim"]),
        dmarc_policy=kept["dmarc_policy"],
    )
    return score_range(facts, not_known=[Fact(name) for name in newest["not_known"]], rules=rules)


def range_behind(facts: ScoreFacts, *, mailboxes: Mapping[str, Any], rules: Rules) -> ScoreRange | None:
    """The range of a company whose mailboxes lie behind a filter or another host; None where the MX host tells.

    The score counts the MX host (c.1). Where the evidence is strong only its provider comes into question beside.
    """
    if not mailboxes.get("behind"):
        return None
    told, is_certain = mailboxes.get("provider"), mailboxes.get("confidence") == "high"
    if not (told and is_certain):
        return score_range(facts, not_known=[Fact.PROVIDER], rules=rules)
    found = score_range(facts, not_known=[Fact.PROVIDER], rules=rules, providers=(facts.provider, str(told)))
    return replace(found, because=f"the mail host counts as {facts.provider}, while the mailboxes are with {told}")
