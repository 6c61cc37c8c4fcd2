from __future__ import annotations

from decimal import Decimal

import pytest

from leads.confidence import confidence, confidence_level


@pytest.mark.parametrize(
    ("known", "value", "level"),
    [
        ((True, True, True, True), "4.00", "high"),
        ((True, True, True, False), "3.00", "high"),
        ((True, False, True, False), "2.00", "medium"),
        ((True, False, False, False), "1.00", "low"),
        ((False, False, False, False), "0.00", "low"),
    ],
)
def test_confidence_counts_what_is_known(known, value, level):
    names = ("dns_in_full", "mailboxes_visible", "registered", "unchanged")

    found = confidence(**dict(zip(names, known, strict=True)))

    assert str(found) == value
    assert confidence_level(found) == level


def test_a_level_begins_at_its_border():
    assert confidence_level(Decimal("2.99")) == "medium"
    assert confidence_level(Decimal("1.99")) == "low"
