"""The readiness score of a company, 0 to 100, and all that follows from it (domain document, d).

A pure function of facts and rules: it can be asked "what if".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from leads.classes import Segment
from leads.providers import Provider
from leads.rules import Rules, ScoreRules
from leads.segments import Classes, classes_in, segment_reason, segment_row
from leads.signals import DmarcPolicy, count_includes


class HardFail(StrEnum):
    """What makes every other fact count for nothing (d.1)."""

    INVALID_DOMAIN = "invalid_domain"
    NO_MX = "no_mx"


HARD_FAIL_REASONS = {
    HardFail.INVALID_DOMAIN: "Skip: the domain is not valid, so it can't receive mail.",
    HardFail.NO_MX: "Skip: no MX host, so the domain receives no mail.",
}


@dataclass(frozen=True, slots=True)
class ScoreFacts:
    """All that a score depends on. `dmarc_policy` is None where there is no DMARC record.

    `dkim_selector` and `dmarc_record` only say where it was found.
    """

    mx_hosts: tuple[str, ...]
    provider: str
    spf: bool
    dkim: bool
    spf_record: str | None = None
    dmarc_policy: str | None = None
    domain_valid: bool = True
    dkim_selector: str | None = None
    dmarc_record: str | None = None

    @property
    def hard_fail(self) -> HardFail | None:
        if not self.domain_valid:
            return HardFail.INVALID_DOMAIN
        return None if self.mx_hosts else HardFail.NO_MX

    @property
    def known_policy(self) -> DmarcPolicy | None:
        """The policy, in any case; one of another name counts as no record."""
        name = (self.dmarc_policy or "").strip().lower()
        return DmarcPolicy(name) if name in list(DmarcPolicy) else None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The parts of a score: every part that is there, by its name."""

    base: int
    provider: str
    provider_points: int
    signal_points: dict[str, int]
    risk_points: dict[str, int]
    total: int
    hard_fail: HardFail | None = None

    @property
    def sum_before_clamping(self) -> int:
        return self.base + self.provider_points + sum(self.signal_points.values()) + sum(self.risk_points.values())

    def as_dict(self) -> dict[str, Any]:
        """The breakdown as it is kept and shown (d.1)."""
        told: dict[str, Any] = {
            "base_score": self.base,
            "provider": {"name": self.provider, "points": self.provider_points},
            "signal_points": self.signal_points,
            "risk_points": self.risk_points,
            "total_score": self.total,
        }
        return told | ({"hard_fail": self.hard_fail.value} if self.hard_fail else {})


@dataclass(frozen=True, slots=True)
class Score:
    """A score with its classes, its reason, and the version of the rules that made it."""

    score: int
    classes: Classes
    breakdown: Breakdown
    segment_reason: str
    rules_version: str


def score(facts: ScoreFacts, rules: Rules) -> Score:
    """The score and all classes of a company with these facts."""
    failed = facts.hard_fail
    if failed:
        breakdown = Breakdown(0, facts.provider, 0, {}, {}, total=0, hard_fail=failed)
        classes = classes_in(Segment.SKIP, facts.provider, score=0, rules=rules)
        return Score(0, classes, breakdown, HARD_FAIL_REASONS[failed], rules.version)

    breakdown = breakdown_of(facts, rules=rules.score)
    row = segment_row(provider=facts.provider, score=breakdown.total, rules=rules)
    return Score(
        score=breakdown.total,
        classes=classes_in(row.outcome, facts.provider, score=breakdown.total, rules=rules),
        breakdown=breakdown,
        segment_reason=segment_reason(row, provider=facts.provider, score=breakdown.total, rules=rules),
        rules_version=rules.version,
    )


def breakdown_of(facts: ScoreFacts, *, rules: ScoreRules) -> Breakdown:
    """The parts that make up the sum, which is then held between lowest and highest."""
    points = {provider.value: value for provider, value in rules.providers.items()}.get(facts.provider, 0)
    signals, risks = signal_points(facts, rules=rules), risk_points(facts, rules=rules)
    total = rules.base + points + sum(signals.values()) + sum(risks.values())
    clamped = max(rules.lowest, min(rules.highest, total))
    return Breakdown(rules.base, facts.provider, points, signals, risks, total=clamped)


def signal_points(facts: ScoreFacts, *, rules: ScoreRules) -> dict[str, int]:
    """What is there, in the order SPF, DKIM, DMARC. No DMARC record gives no part at all."""
    policy = facts.known_policy
    present = {"spf": facts.spf, "dkim": facts.dkim} | ({f"dmarc_{policy.value}": True} if policy else {})
    return {name: getattr(rules.signals, name) for name, there in present.items() if there}


def risk_points(facts: ScoreFacts, *, rules: ScoreRules) -> dict[str, int]:
    """The risks that apply, in the order SPF, DKIM, DMARC, mail host."""
    applies = {
        "no_spf": not facts.spf,
        "no_dkim": not facts.dkim,
        "dkim_none": not facts.dkim,
        "dmarc_none": facts.known_policy is DmarcPolicy.NONE,
        "hosting_mx_weak": facts.provider == Provider.HOSTING and not facts.spf and not facts.dkim,
        "spf_multiple_includes": facts.spf and count_includes(facts.spf_record) > rules.many_includes,
    }
    return {name: getattr(rules.risks, name) for name, so in applies.items() if so}
