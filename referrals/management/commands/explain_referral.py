from __future__ import annotations

from typing import Any

from hunter.explaining import ExplainCommand
from leads.consumer import shipped_consumer_domains
from referrals.admission import admission
from referrals.classification import referral_type
from referrals.contract import read_contract
from referrals.extraction import find_domain


class Command(ExplainCommand):
    help = (
        "Show what Hunter makes of a referral as Partner Center sends it: its domain, its type, whether it is taken in."
    )

    def explain(self, value: Any, **options: Any) -> dict[str, Any]:
        referral = read_contract(value).referral
        found = find_domain(referral, consumer_domains=shipped_consumer_domains())
        kind = referral_type(referral)
        taken = admission(referral)
        return {
            "domain": found.domain if found else None,
            "source": found.source.value if found else None,
            "type": kind.value if kind else None,
            "ingested": taken.ingested,
            "reason": taken.reason,
        }
