"""On which record each part of a score rests: a lookup of DNS and what it answered, kept beside the points (d.1). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypedDict

from leads.providers import Provider, classify_mx
from leads.scoring import Breakdown, HardFail, ScoreFacts


class Basis(TypedDict):
    """What a part rests on. `lookup` is the name of an answer in the signals, or null where no lookup of today says it;
    `record` is null where the lookup found none: a part for what is absent.
    """

    lookup: str | None
    record: str | None


def bases_of(facts: ScoreFacts, breakdown: Breakdown) -> dict[str, Basis]:
    """The basis of every part of the breakdown, by the part's name."""
    if breakdown.hard_fail is HardFail.INVALID_DOMAIN:
        return {"hard_fail": Basis(lookup=None, record=None)}
    if breakdown.hard_fail is HardFail.NO_MX:
        return {"hard_fail": Basis(lookup="mx", record=None)}
    names = ("provider", *breakdown.signal_points, *breakdown.risk_points)
    return {name: BASES[name](facts) for name in dict.fromkeys(names)}


def provider(facts: ScoreFacts) -> Basis:
    """The first mail host, where it is the one that says who the provider is: a person or a referral may have."""
    host = facts.mx_hosts[0] if facts.mx_hosts else None
    says_so = host is not None and classify_mx(host).provider.value == facts.provider
    return Basis(lookup="mx", record=host) if says_so else Basis(lookup=None, record=None)


def spf(facts: ScoreFacts) -> Basis:
    return Basis(lookup="txt", record=facts.spf_record if facts.spf else None)


def dkim(facts: ScoreFacts) -> Basis:
    name = f"{facts.dkim_selector}._domainkey" if facts.dkim_selector else None
    return Basis(lookup="dkim", record=name if facts.dkim else None)


def dmarc(facts: ScoreFacts) -> Basis:
    return Basis(lookup="dmarc", record=facts.dmarc_record)


def weak_host(facts: ScoreFacts) -> Basis:
    return provider(facts) if facts.provider == Provider.HOSTING else Basis(lookup="mx", record=None)


BASES: Mapping[str, Callable[[ScoreFacts], Basis]] = {
    "provider": provider,
    "spf": spf,
    "dkim": dkim,
    "dmarc_none": dmarc,
    "dmarc_quarantine": dmarc,
    "dmarc_reject": dmarc,
    "no_spf": spf,
    "no_dkim": dkim,
    "dkim_none": dkim,
    "hosting_mx_weak": weak_host,
    "spf_multiple_includes": spf,
}
