"""The type of a referral (domain document e.4, contract section 3.1)."""

from __future__ import annotations

import pytest

from referrals.classification import referral_type
from referrals.contract import read_contract


def deal(kind: str, qualification: str | None = None, inviter: str | None = None, **more: object) -> dict[str, object]:
    return {
        "type": kind,
        "qualification": qualification,
        "inviteContext": {"invitedBy": {"organizationId": inviter}} if inviter else None,
        **more,
    }


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        pytest.param({"type": "Co-Sell deal"}, "co-sell", id="co-sell, in any case"),
        pytest.param({"type": "cosell"}, "co-sell", id="cosell"),
        pytest.param({"type": "CO_SELL"}, "co-sell", id="co_sell"),
        pytest.param({"type": "Azure Marketplace"}, "marketplace", id="marketplace"),
        pytest.param({"type": "market_place"}, "marketplace", id="market_place"),
        pytest.param({"type": "co-sell marketplace"}, "co-sell", id="co-sell before marketplace"),
        pytest.param({"type": "Provider of solutions"}, "solution-provider", id="solution and provider"),
        pytest.param({"type": "SP"}, "solution-provider", id="sp alone"),
        pytest.param({"type": "solution"}, None, id="solution alone is none"),
        pytest.param({"type": "spare"}, None, id="sp within a word is none"),
        pytest.param({"referralType": "marketplace"}, "marketplace", id="the second field"),
        pytest.param({"details": {"type": "cosell"}}, "co-sell", id="the third field"),
        pytest.param({"category": "sp"}, "solution-provider", id="the fourth field"),
        pytest.param({"type": "other", "category": "sp"}, None, id="the first that is not empty decides"),
        pytest.param({"type": "other", "source": "marketplace"}, None, id="source is for when all are empty"),
        pytest.param({"type": "  ", "category": "sp"}, "solution-provider", id="blanks are empty"),
        pytest.param({"source": "cosell"}, "co-sell", id="source says co-sell"),
        pytest.param({"source": "The Marketplace"}, "marketplace", id="source says marketplace"),
        pytest.param({"source": "solution page"}, "solution-provider", id="in source one of the two words is enough"),
        pytest.param({"source": "provider"}, "solution-provider", id="or the other"),
        pytest.param({"source": "web"}, None, id="source says nothing"),
        pytest.param({}, None, id="nothing at all"),
        pytest.param({"type": ["Shared"]}, None, id="a list where a text is due"),
        pytest.param(
            deal("Shared", category="marketplace"), "marketplace", id="Shared is passed over for the next field"
        ),
        pytest.param(deal("Independent", source="co-sell"), "co-sell", id="Independent is passed over for source"),
        pytest.param(deal("Shared"), "co-sell", id="Shared alone"),
        pytest.param(deal("Independent"), None, id="Independent alone"),
        pytest.param(
            deal("Independent", referralSource="AppSource"), "marketplace", id="a referral source, unqualified"
        ),
        pytest.param(deal("Shared", callToAction="Contact me"), "marketplace", id="a call to action, unqualified"),
        pytest.param(deal("Independent", "Direct"), "marketplace", id="3.1 marketplace lead, nobody invited"),
        pytest.param(
            deal("Independent", "Direct", "msft"), "marketplace", id="3.1 marketplace lead, Microsoft invited"
        ),
        pytest.param(
            deal("Independent", "SalesQualified", "msft"), "solution-provider", id="3.1 qualified lead, sales"
        ),
        pytest.param(
            deal("Independent", "MarketingQualified", "MSFT"), "solution-provider", id="3.1 qualified lead, marketing"
        ),
        pytest.param(deal("Shared", "SalesQualified", "7d00"), "co-sell", id="3.1 co-sell, another partner invited"),
        pytest.param(deal("Independent", "None", "7d00"), "co-sell", id="3.1 co-sell, unqualified"),
        pytest.param(deal("Shared", "SalesQualified", "msft"), None, id="3.1 any other combination"),
        pytest.param(
            deal("Independent", "SalesQualified", "7d00", referralSource="x"),
            "co-sell",
            id="a source alone doesn't make a marketplace lead",
        ),
    ],
)
def test_the_type_of_a_referral(row, kind):
    assert referral_type(read_contract(row).referral) == kind
