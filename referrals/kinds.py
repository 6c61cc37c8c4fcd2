"""The words that the domain document has for a referral: its type, where its domain came from, how it is linked."""

from __future__ import annotations

from enum import StrEnum


class ReferralType(StrEnum):
    """The class of a referral (e.4)."""

    CO_SELL = "co-sell"
    MARKETPLACE = "marketplace"
    SOLUTION_PROVIDER = "solution-provider"


class DomainSource(StrEnum):
    """The field of a referral that gave its domain (e.3)."""

    CONTACT = "contact"
    TEAM = "team"
    EXTERNAL_ID = "external_id"
    WEBSITE = "website"
    EMAIL = "email"


class LinkStatus(StrEnum):
    """How a referral stands to a company (e.5)."""

    AUTO_LINKED = "auto_linked"
    MULTI_CANDIDATE = "multi_candidate"
    LINKED = "linked"
    UNLINKED = "unlinked"


class LinkOrigin(StrEnum):
    """Who decided on the link; what a person decided, no sync changes (R3.3)."""

    AUTOMATIC = "automatic"
    PERSON = "person"


WITH_COMPANY = frozenset({LinkStatus.AUTO_LINKED, LinkStatus.LINKED})
WITHOUT_COMPANY = frozenset({LinkStatus.MULTI_CANDIDATE, LinkStatus.UNLINKED})
