"""The words of `referrals.kinds` with what sales ops read in their place."""

from __future__ import annotations

from referrals.kinds import DomainSource, LinkOrigin, LinkStatus, ReferralType

REFERRAL_TYPES = [
    (ReferralType.CO_SELL.value, "Co-sell"),
    (ReferralType.MARKETPLACE.value, "Marketplace"),
    (ReferralType.SOLUTION_PROVIDER.value, "Solution provider"),
]
DOMAIN_SOURCES = [
    (DomainSource.CONTACT.value, "Contact's e-mail"),
    (DomainSource.TEAM.value, "E-mail of the customer's team"),
    (DomainSource.EXTERNAL_ID.value, "External id"),
    (DomainSource.WEBSITE.value, "Website"),
    (DomainSource.EMAIL.value, "E-mail"),
]
LINK_STATUSES = [
    (LinkStatus.AUTO_LINKED.value, "Linked by its domain"),
    (LinkStatus.MULTI_CANDIDATE.value, "Several candidates"),
    (LinkStatus.LINKED.value, "Linked by a person"),
    (LinkStatus.UNLINKED.value, "Needs a company"),
]
LINK_ORIGINS = [(LinkOrigin.AUTOMATIC.value, "Automatic"), (LinkOrigin.PERSON.value, "A person")]
