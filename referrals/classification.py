"""The type of a referral (domain document e.4, contract section 3.1)."""

from __future__ import annotations

from collections.abc import Iterable

from referrals.contract import PartnerCenterReferral
from referrals.kinds import ReferralType

SHARED, INDEPENDENT = "shared", "independent"
VISIBILITIES = frozenset({SHARED, INDEPENDENT})  # they only say who sees the deal
CO_SELL_WORDS = ("co-sell", "cosell", "co_sell")
MARKETPLACE_WORDS = ("marketplace", "market_place")
MICROSOFT = "msft"


def referral_type(referral: PartnerCenterReferral) -> ReferralType | None:
    """The type that the referral states, else the one that its circumstances tell, else None."""
    texts = [
        text.strip().lower()
        for text in (referral.type, referral.referral_type, referral.details.type, referral.category)
    ]
    visibility = next((text for text in texts if text in VISIBILITIES), "")
    stated = next((text for text in texts if text and text not in VISIBILITIES), "")
    told = stated_type(stated) if stated else source_type(referral.source.strip().lower())
    if told or (stated and not visibility):
        return told
    return circumstantial_type(referral, visibility=visibility)


def stated_type(text: str) -> ReferralType | None:
    """The type in a lower-case text of one of the type fields."""
    if _has_one_of(text, CO_SELL_WORDS):
        return ReferralType.CO_SELL
    if _has_one_of(text, MARKETPLACE_WORDS):
        return ReferralType.MARKETPLACE
    if text == "sp" or ("solution" in text and "provider" in text):
        return ReferralType.SOLUTION_PROVIDER
    return None


def source_type(text: str) -> ReferralType | None:
    """The type in a lower-case text of the source field, read when no type field says anything."""
    if _has_one_of(text, ("co-sell", "cosell")):
        return ReferralType.CO_SELL
    if "marketplace" in text:
        return ReferralType.MARKETPLACE
    if _has_one_of(text, ("solution", "provider")):
        return ReferralType.SOLUTION_PROVIDER
    return None


def circumstantial_type(referral: PartnerCenterReferral, *, visibility: str) -> ReferralType | None:
    """The type by who sees the deal, who invited and how the deal was qualified; any other combination has none."""
    qualification = referral.qualification.strip().lower()
    inviter = referral.invite_context.invited_by.organization_id.strip().lower()
    if not qualification or (qualification == "none" and not inviter):
        return _unqualified_type(referral, visibility=visibility)
    if visibility == INDEPENDENT and qualification == "direct" and inviter in ("", MICROSOFT):
        return ReferralType.MARKETPLACE
    if visibility == INDEPENDENT and qualification in ("salesqualified", "marketingqualified") and inviter == MICROSOFT:
        return ReferralType.SOLUTION_PROVIDER
    if visibility and qualification in ("salesqualified", "none") and inviter not in ("", MICROSOFT):
        return ReferralType.CO_SELL
    return None


def _unqualified_type(referral: PartnerCenterReferral, *, visibility: str) -> ReferralType | None:
    if referral.referral_source or referral.call_to_action:
        return ReferralType.MARKETPLACE
    return ReferralType.CO_SELL if visibility == SHARED else None


def _has_one_of(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)
