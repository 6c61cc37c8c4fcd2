"""Accepting, declining and closing referrals from the admin, and the list of webhooks (C5)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hunter.audit.models import AuditEntry
from hunter.work.models import Item
from referrals.models import WebhookDelivery, WriteBack
from tests.factories.people import administrator, staff
from tests.factories.referrals import ReferralFactory


@pytest.fixture
def page(db, settings) -> Client:
    settings.PARTNER_CENTER_ENABLED = settings.PARTNER_CENTER_WRITE_STATUS = True
    client = Client()
    client.force_login(administrator("ayse"))
    return client


def act(name: str, model: str = "referral") -> str:
    return reverse(f"admin:referrals_{model}_act", args=[name])


def shown(page: Client, referral) -> str:
    return page.get(reverse("admin:referrals_referral_change", args=[referral.pk])).content.decode()


def test_the_dialog_says_what_is_there_and_what_will_be(page):
    referral = ReferralFactory()

    text = page.get(act("accept"), {"id": referral.pk}).content.decode()

    assert "It is New · Pending at Partner Center and becomes Active · Accepted." in text
    assert f'name="version" value="{referral.version}"' in text
    assert not WriteBack.objects.exists()


@pytest.mark.proves("C5", "R1.8")
def test_a_person_declines_a_referral_and_that_is_kept_before_any_call(page):
    referral = ReferralFactory()

    answer = {"id": referral.pk, "confirmed": "1", "version": referral.version, "why": "no capacity"}
    text = page.post(act("decline"), answer, follow=True).content.decode()

    assert "will be declined at Partner Center within a minute" in text
    row = WriteBack.objects.get()
    assert (row.wanted_status, row.wanted_substatus, str(row.wanted_by)) == ("Closed", "Declined", "ayse")
    item = Item.objects.get(kind="write_referral")
    assert (item.key, item.priority, item.asked_by) == (referral.referral_id, 0, "ayse")
    entry = AuditEntry.objects.get(act="decline")
    assert (entry.before, entry.after, entry.why) == ("New · Pending", "Closed · Declined", "no capacity")
    assert "Closed · Declined" in shown(page, referral)


@pytest.mark.proves("R3.3")
def test_a_choice_on_an_old_page_changes_nothing(page):
    referral = ReferralFactory()
    type(referral).objects.filter(pk=referral.pk).update(status="Active", substatus="Accepted")

    answer = {"id": referral.pk, "confirmed": "1", "version": referral.version}
    text = page.post(act("decline"), answer, follow=True).content.decode()

    assert "was changed since you opened it; it is Active · Accepted now" in text
    assert not WriteBack.objects.exists()


@pytest.mark.parametrize(
    ("status", "substatus", "offered"),
    [
        ("New", "Pending", {"accept", "decline"}),
        ("Active", "Accepted", {"won", "lost"}),
        ("Closed", "Won", set()),
    ],
)
def test_only_what_may_follow_is_offered(page, status, substatus, offered):
    text = shown(page, ReferralFactory(status=status, substatus=substatus))

    assert {name for name in ("accept", "decline", "won", "lost") if act(name) in text} == offered


def test_nothing_is_offered_or_taken_for_what_partner_center_shows_no_more(page):
    gone = ReferralFactory(vanished_at=timezone.now())

    text = shown(page, gone)
    told = page.post(act("accept"), {"id": gone.pk, "confirmed": "1", "version": gone.version}, follow=True)

    assert not [name for name in ("accept", "decline", "won", "lost") if act(name) in text]
    assert "does not show" in told.content.decode()
    assert not WriteBack.objects.exists()


def test_nothing_is_offered_where_the_set_up_says_no(page, settings):
    settings.PARTNER_CENTER_WRITE_STATUS = False

    assert act("accept") not in shown(page, ReferralFactory())


def test_who_may_only_look_is_let_to_nothing(page, client):
    client.force_login(staff("referrals.view_referral"))
    referral = ReferralFactory()

    answer = client.post(act("accept"), {"id": referral.pk, "confirmed": "1", "version": referral.version})

    assert answer.status_code == 403
    assert not WriteBack.objects.exists()


@pytest.fixture
def deliveries(page):
    referral = ReferralFactory(referral_id="5f0c1d2e-3a4b-4c5d-8e6f-700000000001", name="Lodos deal")
    common = {"source": "partner-center", "event": "referral-updated"}
    WebhookDelivery.objects.create(
        **common, digest="1", is_verified=True, state="done", referral_id=referral.referral_id, told="It was taken in."
    )
    WebhookDelivery.objects.create(
        source="partner-center",
        digest="2",
        is_verified=False,
        state="refused",
        told="The message is not what was signed.",
    )
    return WebhookDelivery.objects.order_by("pk")


def test_the_list_of_webhooks_shows_what_came_and_why_it_was_not_believed(page, deliveries):
    text = page.get(reverse("admin:referrals_webhookdelivery_changelist")).content.decode()

    assert "Lodos deal" in text
    assert "The message is not what was signed." in text
    assert "nobody vouches for it" in text


def test_a_webhooks_page_shows_it_in_full(page, deliveries):
    for row in deliveries:
        answer = page.get(reverse("admin:referrals_webhookdelivery_change", args=[row.pk]))
        assert row.told in answer.content.decode()


def test_one_click_has_a_delivery_worked_again_and_a_forged_one_never(page, deliveries):
    page.post(act("try_again", "webhookdelivery"), {"id": [row.pk for row in deliveries]})

    assert list(deliveries.values_list("state", flat=True)) == ["waiting", "refused"]
    assert Item.objects.get(kind="webhook").key == "5f0c1d2e-3a4b-4c5d-8e6f-700000000001"
