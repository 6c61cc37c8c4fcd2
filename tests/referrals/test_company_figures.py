"""What several referrals say of one company together (domain document e.6)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from referrals.company_figures import ReferralFact, figures_of


def at(hour: int) -> datetime:
    return datetime(2026, 5, 4, hour, tzinfo=UTC)


def fact(referral_id: str, **values: object) -> ReferralFact:
    return ReferralFact(referral_id, **{"status": "New", "link_status": "auto_linked", "synced_at": at(1)} | values)  # type: ignore[arg-type]


def test_a_company_without_referrals():
    figures = figures_of([])

    assert (figures.referral_count, figures.link_status, figures.referral_id) == (0, "none", None)
    assert figures.link_status_breakdown == {"linked": 0, "unlinked": 0}


@pytest.mark.parametrize(
    ("states", "together", "breakdown"),
    [
        pytest.param(["auto_linked", "linked"], "linked", (2, 0), id="both ways of being linked count"),
        pytest.param([None, None], "unlinked", (0, 2), id="no state counts as unlinked"),
        pytest.param(["unlinked", "multi_candidate"], "unlinked", (0, 2), id="several candidates count as unlinked"),
        pytest.param(["linked", "unlinked"], "mixed", (1, 1), id="some of each"),
    ],
)
def test_the_link_status_of_a_company(states, together, breakdown):
    figures = figures_of([fact(str(number), link_status=state) for number, state in enumerate(states)])

    assert figures.link_status == together
    assert (figures.linked, figures.unlinked) == breakdown


def test_the_types_are_distinct_known_and_sorted():
    figures = figures_of(
        [
            fact("1", referral_type="marketplace"),
            fact("2", referral_type="co-sell"),
            fact("3"),
            fact("4", referral_type="co-sell"),
        ]
    )

    assert figures.referral_types == ("co-sell", "marketplace")


def test_the_ids_come_newest_first_by_last_sync_then_by_creation():
    figures = figures_of(
        [
            fact("old", synced_at=at(1)),
            fact("late", synced_at=at(2), created_at=at(2)),
            fact("early", synced_at=at(2), created_at=at(1)),
        ]
    )

    assert figures.referral_ids == ("late", "early", "old")


@pytest.mark.parametrize(
    ("facts", "primary"),
    [
        pytest.param([("closed", "Closed", 3), ("open", "New", 1)], "open", id="an open one before a newer closed one"),
        pytest.param([("older", "Active", 1), ("newer", "New", 2)], "newer", id="of two open ones the newer"),
        pytest.param([("older", "Closed", 1), ("newer", "Closed", 2)], "newer", id="none open: the newest"),
    ],
)
def test_the_primary_referral_gives_id_and_type(facts, primary):
    figures = figures_of(
        [fact(name, status=status, synced_at=at(hour), referral_type=f"type of {name}") for name, status, hour in facts]
    )

    assert (figures.referral_id, figures.referral_type) == (primary, f"type of {primary}")


def test_what_people_do_not_want_used_is_withheld_everywhere():
    anna = {"first_name": "Anna", "email": "anna@firm.com", "phone": "1"}
    figures = figures_of(
        [fact("1", contacts=(anna,)), fact("2", contacts=(anna,), may_be_contacted=False, status="Closed")]
    )

    assert figures.withheld == {"anna@firm.com", "1"}
    assert figures.contact == {"first_name": "Anna", "email": "", "phone": ""}


@pytest.mark.parametrize(
    ("substatuses", "calls"), [(["Lost", "Expired"], False), (["Lost", "Won"], True), (["Declined"], False)]
)
def test_what_ended_in_vain_alone_is_no_reason_for_a_push(substatuses, calls):
    figures = figures_of([fact(one, status="Closed", substatus=one) for one in substatuses])

    assert figures.calls_for_push is calls
