"""What would move a company: each single thing that it could put right, and the score and classes it would have then.

Pure, over the rules in force: nothing is looked up and nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from leads.rules import Rules
from leads.scoring import Score, ScoreFacts, score
from leads.signals import DmarcPolicy, count_includes

PLAIN_SPF = "v=spf1 -all"


@dataclass(frozen=True, slots=True)
class Improvement:
    """One thing that a company could put right, in words, and the facts that would hold then."""

    words: str
    facts: ScoreFacts


@dataclass(frozen=True, slots=True)
class Consequence:
    """What an improvement leads to, beside what is so now."""

    words: str
    now: Score
    then: Score

    @property
    def points(self) -> int:
        return self.then.score - self.now.score

    @property
    def moves_segment(self) -> bool:
        return self.then.classes.segment != self.now.classes.segment

    @property
    def moves_category(self) -> bool:
        return self.then.classes.priority_category != self.now.classes.priority_category

    @property
    def moves_priority(self) -> bool:
        return self.then.classes.priority != self.now.classes.priority

    @property
    def moves(self) -> bool:
        """Whether more than the number of points would change."""
        return self.moves_segment or self.moves_category or self.moves_priority


def improvements(facts: ScoreFacts, *, rules: Rules) -> Iterator[Improvement]:
    """What could be put right, one thing at a time; nothing for a company without mail."""
    if facts.hard_fail:
        return
    if not facts.spf:
        yield Improvement("it publishes an SPF record", replace(facts, spf=True, spf_record=PLAIN_SPF))
    elif count_includes(facts.spf_record) > rules.score.many_includes:
        most = rules.score.many_includes
        yield Improvement(f"its SPF record has at most {most} includes", replace(facts, spf_record=PLAIN_SPF))
    if not facts.dkim:
        yield Improvement("it publishes a DKIM key", replace(facts, dkim=True))
    for policy in (DmarcPolicy.QUARANTINE, DmarcPolicy.REJECT):
        if facts.known_policy not in {policy, DmarcPolicy.REJECT}:
            yield Improvement(f"its DMARC policy is {policy.value}", replace(facts, dmarc_policy=policy.value))


def consequences(facts: ScoreFacts, *, rules: Rules) -> list[Consequence]:
    """Each single improvement with what it leads to: those that move a class first, then those with most points."""
    now = score(facts, rules)
    found = [Consequence(one.words, now, score(one.facts, rules)) for one in improvements(facts, rules=rules)]
    return sorted(found, key=lambda one: (not one.moves, -one.points))
