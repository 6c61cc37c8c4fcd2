"""Who keeps the mailboxes of a domain, and on what evidence: also behind a mail filter, where the MX host does not tell.

Beside the provider that is scored, which is always the one of the MX host (domain document, c.1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leads.answers import Answer, NotKnown, is_known, records_of
from leads.confidence import ConfidenceLevel
from leads.lookups import ALIASES_OF_SELECTORS, QUESTIONS
from leads.mailbox_clues import GOOGLE_KEY, SPF_INCLUDES, Clues
from leads.providers import MxProvider, Provider

PROVIDER_NAMES: Mapping[Provider, str] = {
    Provider.M365: "Microsoft 365",
    Provider.GOOGLE: "Google Workspace",
    Provider.LOCAL: "a server of their own or of a local provider",
}
# selector1-firm-com._domainkey.<tenant>.onmicrosoft.com, or since 2025 ….<tenant>.<letter>-v1.dkim.mail.microsoft
TENANT = re.compile(
    r"\._domainkey\.(?P<name>[a-z0-9-]+)\.(?:onmicrosoft\.com|[a-z]-v[0-9]+\.dkim\.mail\.microsoft)", re.IGNORECASE
)
LOWER = {ConfidenceLevel.HIGH: ConfidenceLevel.MEDIUM, ConfidenceLevel.MEDIUM: ConfidenceLevel.LOW}
LONGEST_RECORD = 255


@dataclass(frozen=True, slots=True)
class Evidence:
    """A record that a conclusion rests on: the question, the answer, and what it says."""

    provider: Provider
    asked: str
    record: str
    says: str
    weight: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "provider": self.provider.value,
            "asked": self.asked,
            "record": self.record[:LONGEST_RECORD],
            "says": self.says,
        }


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """The conclusion. `provider` None: not known, or there are none. `also`: records that speak for somebody else."""

    provider: Provider | None
    behind: str | None
    confidence: ConfidenceLevel | None
    tenant: str | None
    rests_on: tuple[Evidence, ...]
    also: tuple[Evidence, ...]
    not_answered: tuple[str, ...]
    sentence: str

    def as_dict(self) -> dict[str, Any]:
        """As it is kept, and shown in the API."""
        return {
            "provider": self.provider.value if self.provider else None,
            "behind": self.behind,
            "confidence": self.confidence.value if self.confidence else None,
            "tenant": self.tenant,
            "rests_on": [one.as_dict() for one in self.rests_on],
            "also": [one.as_dict() for one in self.also],
            "not_answered": list(self.not_answered),
            "sentence": self.sentence,
        }


@dataclass(frozen=True, slots=True)
class Observed:
    """What was asked for: the mail hosts, what the first of them tells, and by lookup the answers that may hold clues."""

    domain: str
    mx: Answer
    first_host: str
    host: MxProvider
    answers: Mapping[str, Answer]

    @property
    def points_at_provider(self) -> bool:
        """Mail goes straight to a provider that keeps mailboxes or hosts them."""
        return not self.host.gateway and self.host.provider not in {Provider.LOCAL, Provider.UNKNOWN}


def conclude_mailboxes(observed: Observed, clues: Clues) -> Mailboxes:
    """Who keeps the mailboxes.

    A provider's own MX host is certain, and less so where much speaks for another one. Behind a filter or another host
    the clues are weighed: the heaviest provider, its confidence by the table's thresholds; one step lower where another
    one weighs something too, never more than medium where no known filter stands before it, not known where two weigh
    the same.
    """
    found = found_clues(observed, clues)
    weights = weights_of(found)
    if observed.points_at_provider:
        provider: Provider | None = observed.host.provider
        rival = max((weight for name, weight in weights.items() if name is not provider), default=0)
        contested = clues.confidence.level(rival) is ConfidenceLevel.HIGH
        confidence: ConfidenceLevel | None = ConfidenceLevel.MEDIUM if contested else ConfidenceLevel.HIGH
    elif is_known(observed.mx) and not observed.first_host:
        provider, confidence = None, None
    else:
        provider, confidence = by_weight(observed, weights, clues)

    own = (of_mail_host(observed),) if observed.points_at_provider or provider is Provider.LOCAL else ()
    return Mailboxes(
        provider=provider,
        behind=behind(observed, provider),
        confidence=confidence,
        tenant=tenant_of(observed.answers),
        rests_on=own + tuple(one for one in found if one.provider is provider),
        also=tuple(one for one in found if one.provider is not provider),
        not_answered=not_answered(observed),
        sentence=sentence_of(observed, provider, confidence),
    )


def found_clues(observed: Observed, clues: Clues) -> tuple[Evidence, ...]:
    """Each clue that a record bears out, once, the heaviest first."""
    found: list[Evidence] = []
    for clue in clues.clue:
        records = ((lookup, record) for lookup in clue.lookups for record in records_of(observed.answers.get(lookup)))
        hit = next(((lookup, record) for lookup, record in records if clue.matches(record)), None)
        if hit:
            asked = question_of(hit[0], observed.domain)
            found.append(Evidence(clue.provider, asked, hit[1], clue.says, clue.weight))
    return tuple(sorted(found, key=lambda one: -one.weight))


def question_of(lookup: str, domain: str) -> str:
    if lookup == SPF_INCLUDES:
        return f"SPF include of {domain}"
    if lookup == GOOGLE_KEY:
        return f"TXT google._domainkey.{domain}"
    return QUESTIONS[lookup].asked(domain)


def weights_of(found: Sequence[Evidence]) -> dict[Provider, int]:
    weights: dict[Provider, int] = {}
    for one in found:
        weights[one.provider] = weights.get(one.provider, 0) + one.weight
    return weights


def by_weight(
    observed: Observed, weights: Mapping[Provider, int], clues: Clues
) -> tuple[Provider | None, ConfidenceLevel | None]:
    """The provider that the clues speak for, where the MX host does not tell. A few words don't move the mailboxes of a
    host that receives the mail itself."""
    ordered = sorted(weights.items(), key=lambda pair: -pair[1])
    if not ordered:
        return without_clues(observed)
    (provider, weight), rival = ordered[0], ordered[1][1] if len(ordered) > 1 else 0
    if weight == rival:
        return None, None
    level = clues.confidence.level(weight)
    if observed.first_host and not observed.host.gateway and level in {None, ConfidenceLevel.LOW}:
        return without_clues(observed)
    if level is ConfidenceLevel.HIGH and not observed.host.gateway:
        level = ConfidenceLevel.MEDIUM
    if level is not None and clues.confidence.level(rival) not in {None, ConfidenceLevel.LOW}:
        level = LOWER.get(level, level)
    return (provider, level) if level else (None, None)


def without_clues(observed: Observed) -> tuple[Provider | None, ConfidenceLevel | None]:
    """A host of their own keeps the mailboxes where nothing speaks for anybody else; behind a filter nobody knows."""
    if observed.host.gateway or not observed.first_host:
        return None, None
    if observed.host.local_provider:
        return Provider.LOCAL, ConfidenceLevel.HIGH
    return Provider.LOCAL, ConfidenceLevel.LOW if not_answered(observed) else ConfidenceLevel.MEDIUM


def of_mail_host(observed: Observed) -> Evidence:
    says = "mail is delivered there"
    return Evidence(observed.host.provider, QUESTIONS["mx"].asked(observed.domain), observed.first_host, says, weight=3)


def behind(observed: Observed, provider: Provider | None) -> str | None:
    """The filter, or the host, that mail passes on its way to the mailboxes."""
    if observed.host.gateway:
        return observed.host.gateway_name
    hidden = not observed.points_at_provider and provider is not Provider.LOCAL
    return observed.first_host or None if hidden else None


def tenant_of(answers: Mapping[str, Answer]) -> str | None:
    """The Microsoft tenant that a DKIM alias names."""
    for lookup in ALIASES_OF_SELECTORS:
        for target in records_of(answers.get(lookup)):
            found = TENANT.search(target)
            if found:
                return f"{found['name'].lower()}.onmicrosoft.com"
    return None


def not_answered(observed: Observed) -> tuple[str, ...]:
    """The questions that nobody answered, so that the conclusion might be another, with the reason."""
    asked = {"mx": observed.mx, **observed.answers}
    return tuple(
        f"{question_of(lookup, observed.domain)} ({answer.reason})"
        for lookup, answer in asked.items()
        if isinstance(answer, NotKnown)
    )


def sentence_of(observed: Observed, provider: Provider | None, confidence: ConfidenceLevel | None) -> str:
    """The conclusion in words."""
    if is_known(observed.mx) and not observed.first_host:
        return "No mailboxes: the domain receives no mail"
    before = behind(observed, provider)
    if provider is None:
        return f"Not known: {before} hides them" if before else "Not known"
    name = PROVIDER_NAMES.get(provider, provider.value)
    if provider is Provider.LOCAL and observed.host.local_provider:
        name = observed.host.local_provider
    return f"{name[0].upper()}{name[1:]}{f' behind {before}' if before else ''} ({confidence} confidence)"
