"""How a company's score came about, and what would move it: the section "Score" of its page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString

from hunter.ops.showing import piece
from leads.assessment import facts_of
from leads.classes import plain_word
from leads.models import Company, Signals
from leads.rules import Rules, load_rules
from leads.services.company_rows import kept_findings, score_range_of
from leads.what_if import Consequence, consequences

PART_NAMES = {
    "base": "base",
    "spf": "SPF",
    "dkim": "DKIM",
    "dmarc_none": "DMARC policy none",
    "dmarc_quarantine": "DMARC quarantine",
    "dmarc_reject": "DMARC reject",
    "no_spf": "no SPF record",
    "no_dkim": "no DKIM key",
    "dkim_none": "no DKIM, in addition",
    "hosting_mx_weak": "hosted mail without SPF and DKIM",
    "spf_multiple_includes": "SPF with many includes",
}
LOOKUP_NAMES = {"mx": "MX", "txt": "TXT", "dkim": "DKIM", "dmarc": "_dmarc TXT"}
NOT_FOUND = {"mx": "no MX record", "txt": "no SPF record among the TXT records", "dkim": "no key at the usual selectors",
             "dmarc": "no DMARC record"}  # fmt: skip
NOT_BY_DNS = "not by the mail host of today: by a person, a referral or an earlier scan"
MOST_CONSEQUENCES = 4


@dataclass(frozen=True, slots=True)
class ScorePart:
    """One part of the score, drawn as a bar, with the record it rests on."""

    name: str
    points: int
    rests_on: str = ""

    @property
    def width(self) -> int:
        return min(100, abs(self.points) * 2)

    @property
    def is_less(self) -> bool:
        return self.points < 0


def score(company: Company, request: HttpRequest) -> SafeString:
    """A bar for each part, where the score may lie if it rests on something not known, and what would move it."""
    parts = list(parts_of(company.score_breakdown)) if company.is_scored else []
    total = sum(part.points for part in parts)
    rules = load_rules()
    signals = Signals.objects.filter(company=company).first()
    between = score_range_of(company, signals, rules=rules)
    return piece(
        "admin/company_score.html",
        {
            "company": company,
            "sales_view": ", heat ".join(
                plain_word(word) for word in (company.commercial_segment, company.commercial_heat)
            ),
            "parts": parts,
            "clamped_from": total if parts and total != company.score else None,
            "between": between.sentence() if between else "",
            "is_newer": bool(signals and signals.unanswered),
            "behind": signals.mailboxes.get("behind") if signals else None,
            "moves": moves(company, signals, rules=rules),
            "is_outdated": company.is_scored and company.rules_version != rules.version,
            "rules": rules.version,
        },
    )


def parts_of(breakdown: Mapping[str, Any]) -> Iterator[ScorePart]:
    """The parts that have points, in the order of the domain document: base, provider, signals, risks (d.1)."""
    evidence: Mapping[str, Any] = breakdown.get("evidence") or {}
    provider = breakdown.get("provider") or {}
    groups = (breakdown.get("signal_points") or {}, breakdown.get("risk_points") or {})
    told = [
        ("base", PART_NAMES["base"], breakdown.get("base_score", 0)),
        ("provider", str(provider.get("name") or "no provider"), provider.get("points", 0)),
        *(
            (key, PART_NAMES.get(key, key.replace("_", " ")), points)
            for group in groups
            for key, points in group.items()
        ),
    ]
    for key, name, points in told:
        if points:
            yield ScorePart(name, int(points), rests_on(evidence.get(key)))


def rests_on(basis: Mapping[str, Any] | None) -> str:
    """The record of a part in words; nothing for a score that was made before records were kept with it."""
    if basis is None:
        return ""
    lookup, record = basis.get("lookup"), basis.get("record")
    if lookup is None:
        return NOT_BY_DNS
    return f"{LOOKUP_NAMES.get(lookup, lookup)}: {record}" if record else NOT_FOUND.get(lookup, "no record")


def moves(company: Company, signals: Signals | None, *, rules: Rules) -> list[str]:
    """What a single improvement would lead to by the rules in force, in words; the first ones only."""
    if not company.is_scored or signals is None or not signals.scan_count:
        return []
    facts = facts_of(kept_findings(signals), provider=company.provider)
    moving = [one for one in consequences(facts, rules=rules) if one.moves]
    return [in_words(one) for one in moving[:MOST_CONSEQUENCES]]


def in_words(one: Consequence) -> str:
    """Like: once it publishes a DKIM key: score 70 (+25), Migration instead of Cold, P2, priority 2."""
    now, then = one.now.classes, one.then.classes
    told = [f"score {one.then.score} ({one.points:+})"]
    if one.moves_segment:
        told.append(f"{then.segment.value} instead of {now.segment.value}")
    if one.moves_category:
        told.append(f"{then.priority_category.value} {then.priority_label}")
    if one.moves_priority:
        told.append(f"priority {then.priority} instead of {now.priority}")
    return f"once {one.words}: {', '.join(told)}"
