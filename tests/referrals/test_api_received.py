"""Refused rows, received webhooks and status steps over HTTP: who may, and what it does."""

from __future__ import annotations

import pytest
from django.utils import timezone

from hunter.audit.models import AuditEntry
from hunter.work.models import Item
from referrals.models import RefusedReferral, WebhookDelivery, WriteBack
from tests.factories.people import api_client
from tests.factories.referrals import ReferralFactory

pytestmark = pytest.mark.django_db

API = "/api/v1"


@pytest.fixture
def refused():
    return RefusedReferral.objects.create(key="r-1", reason="The id has 300 characters.", field="id", reader="x")


@pytest.fixture
def delivery():
    return WebhookDelivery.objects.create(
        source="partner-center", is_verified=True, state="failed", event="referral-updated", referral_id="r-1"
    )


@pytest.fixture
def referral(settings):
    settings.PARTNER_CENTER_ENABLED = settings.PARTNER_CENTER_WRITE_STATUS = True
    return ReferralFactory.create(referral_id="r-1", name="Deal")


def test_refused_rows_are_listed_with_their_reason_and_without_what_they_hold(refused):
    RefusedReferral.objects.create(key="r-2", reason="…", reader="x", settled_at=timezone.now())
    client = api_client("referrals.view_refusedreferral")

    (row,) = client.get(f"{API}/refused-referrals/?settled=false").json()["results"]

    assert (row["key"], row["reason"], row["field"]) == ("r-1", "The id has 300 characters.", "id")
    assert "sealed_row" not in row


def test_a_refused_row_is_tried_again(refused):
    client = api_client("referrals.view_refusedreferral", "referrals.retry_refusedreferral")

    answer = client.post(f"{API}/refused-referrals/{refused.pk}/retry/")

    assert answer.status_code == 202
    assert Item.objects.get(kind="referral").key == "r-1"
    assert AuditEntry.objects.filter(act="try again").count() == 1


def test_a_settled_row_is_not_tried_again(refused):
    RefusedReferral.objects.update(settled_at=timezone.now(), settled_how="It was taken in.")
    client = api_client("referrals.view_refusedreferral", "referrals.retry_refusedreferral")

    answer = client.post(f"{API}/refused-referrals/{refused.pk}/retry/")

    assert answer.status_code == 409
    assert "It is settled: It was taken in." in answer.json()["detail"]


def test_a_webhook_is_worked_again(delivery):
    client = api_client("referrals.view_webhookdelivery", "referrals.retry_webhookdelivery")

    answer = client.post(f"{API}/webhook-deliveries/{delivery.pk}/retry/")

    assert (answer.status_code, answer.json()["detail"]) == (202, "1 delivery is worked again within a minute.")
    assert Item.objects.get(kind="webhook").key == "r-1"
    assert client.get(f"{API}/webhook-deliveries/{delivery.pk}/").json()["state"] == "waiting"


def test_a_webhook_that_nobody_vouches_for_is_not_worked(delivery):
    WebhookDelivery.objects.update(is_verified=False, state="refused")
    client = api_client("referrals.view_webhookdelivery", "referrals.retry_webhookdelivery")

    assert client.post(f"{API}/webhook-deliveries/{delivery.pk}/retry/").status_code == 409
    assert not Item.objects.exists()


def test_a_status_is_chosen_for_the_version_that_was_read(referral):
    client = api_client("referrals.view_referral", "referrals.view_writeback", "referrals.decide_writeback")
    here = f"{API}/referrals/r-1"
    tag = client.get(f"{here}/")["ETag"]
    assert client.get(f"{here}/written/").json()["wanted_status"] is None

    assert client.post(f"{here}/choose-status/", {"step": "accept"}, format="json").status_code == 428
    answer = client.post(
        f"{here}/choose-status/", {"step": "accept", "why": "known"}, format="json", headers={"If-Match": tag}
    )

    assert answer.status_code == 202
    assert answer.json()["detail"] == "Deal will be accepted at Partner Center within a minute."
    written = client.get(f"{here}/written/").json()
    assert (written["state"], written["wanted_status"], written["wanted_reason"]) == ("waiting", "Active", "known")
    assert Item.objects.get(kind="write_referral").key == "r-1"


def test_a_choice_is_given_up(referral):
    WriteBack.objects.create(referral=referral, wanted_status="Active", wanted_substatus="Accepted")
    client = api_client("referrals.decide_writeback")

    answer = client.post(f"{API}/referrals/r-1/keep-status/", {"why": "no"}, format="json")

    assert answer.json()["detail"] == "Deal stays as Partner Center has it."
    assert WriteBack.objects.get().wanted is None


def test_a_status_is_not_chosen_where_the_set_up_forbids_it(referral, settings):
    settings.PARTNER_CENTER_WRITE_STATUS = False
    client = api_client("referrals.view_referral", "referrals.decide_writeback")
    tag = client.get(f"{API}/referrals/r-1/")["ETag"]

    answer = client.post(
        f"{API}/referrals/r-1/choose-status/", {"step": "accept"}, format="json", headers={"If-Match": tag}
    )

    assert answer.status_code == 409
    assert not WriteBack.objects.exists()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "refused-referrals/"),
        ("post", "refused-referrals/{refused}/retry/"),
        ("get", "webhook-deliveries/"),
        ("post", "webhook-deliveries/{delivery}/retry/"),
        ("get", "referrals/r-1/written/"),
        ("post", "referrals/r-1/choose-status/"),
        ("post", "referrals/r-1/keep-status/"),
    ],
)
def test_each_needs_a_permission_of_its_own(method, path, refused, delivery, referral):
    readers = api_client("referrals.view_referral", "referrals.view_syncrun")
    address = f"{API}/{path.format(refused=refused.pk, delivery=delivery.pk)}"

    assert getattr(readers, method)(address).status_code == 403
    assert not Item.objects.exists()
