"""Lanes: a person stops and starts a service everywhere, with a reason that everybody sees."""

from __future__ import annotations

import pytest
from django.urls import reverse

from hunter.audit.models import AuditEntry
from hunter.remote import limits
from hunter.remote.lanes import LaneName
from hunter.remote.models import Lane


@pytest.fixture
def dynamics(db) -> Lane:
    limits.ensure_lane(LaneName.DYNAMICS365)
    return Lane.objects.get(pk="dynamics365")


def act(name: str) -> str:
    return reverse("admin:remote_lane_act", args=[name])


def test_a_held_lane_sells_no_grant_until_it_is_resumed(page, dynamics):
    page.post(act("hold"), {"id": "dynamics365", "confirmed": "1", "why": "Licence ends today"})
    while_held = limits.buy(LaneName.DYNAMICS365, count=1)
    page.post(act("resume"), {"id": "dynamics365", "confirmed": "1", "why": "Licence is there"})

    assert while_held.closed
    assert limits.buy(LaneName.DYNAMICS365, count=1).granted == 1
    assert list(AuditEntry.objects.order_by("id").values_list("act", "why")) == [
        ("hold", "Licence ends today"),
        ("resume", "Licence is there"),
    ]


def test_a_lane_is_not_held_without_a_reason(page, dynamics):
    page.post(act("hold"), {"id": "dynamics365", "confirmed": "1", "why": " "})

    assert not Lane.objects.get(pk="dynamics365").held


def test_the_card_says_why_a_lane_is_held(page, dynamics):
    page.post(act("hold"), {"id": "dynamics365", "confirmed": "1", "why": "Licence ends today"})

    text = page.get(reverse("admin:remote_lane_changelist")).content.decode()

    assert "Licence ends today" in text
    assert "Resume…" in text


def test_a_held_lane_needs_somebody_on_the_home_page(page, dynamics):
    page.post(act("hold"), {"id": "dynamics365", "confirmed": "1", "why": "Licence ends today"})

    assert "Dynamics 365 is held: Licence ends today" in page.get(reverse("admin:index")).content.decode()


def test_a_lane_that_was_never_used_has_its_card_too(page):
    Lane.objects.all().delete()

    assert "not used yet" in page.get(reverse("admin:remote_lane_changelist")).content.decode()
