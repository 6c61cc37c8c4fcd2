"""Which company a referral is tied to without a person (domain document e.5)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from referrals.kinds import LinkStatus


@dataclass(frozen=True, slots=True)
class NamedDomains:
    """What a referral says: its domain by the chain of e.3, and the company domains of its contacts."""

    domain: str | None
    contacts: tuple[str, ...]

    @property
    def candidates(self) -> tuple[str, ...]:
        """Every domain that its company may have."""
        return self.contacts if len(self.contacts) > 1 else tuple(filter(None, [self.domain]))


@dataclass(frozen=True, slots=True)
class AutomaticLink:
    """How a referral stands to a company, and the domain of that company where there is one."""

    status: LinkStatus
    domain: str | None = None
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldLink:
    """The automatic link that a referral has already: to the company of `linked_to`, when it spoke of `domain`."""

    domain: str | None
    linked_to: str


def automatic_link(named: NamedDomains, *, known: AbstractSet[str], held: HeldLink | None = None) -> AutomaticLink:
    """The link by what the referral names and which of these domains are companies already.

    A link stays where it is as long as the referral names the same domain and still that company: that another of its
    contacts' firms became a company meanwhile is no reason to take it away.
    """
    if named.domain is None:
        return AutomaticLink(LinkStatus.UNLINKED)
    if held and held.domain == named.domain and held.linked_to in named.candidates:
        return AutomaticLink(LinkStatus.AUTO_LINKED, held.linked_to)
    if len(named.candidates) == 1:
        return AutomaticLink(LinkStatus.AUTO_LINKED, named.domain)

    companies = [domain for domain in named.candidates if domain in known]
    if len(companies) == 1:
        return AutomaticLink(LinkStatus.AUTO_LINKED, companies[0])
    return AutomaticLink(LinkStatus.MULTI_CANDIDATE, candidates=named.candidates)
