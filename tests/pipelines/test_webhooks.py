"""Partner Center's webhooks, from the signed message to the referral (contract 5, P39; fault 25)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db.models import F
from django.test import Client

from hunter.audit.models import AuditEntry
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName
from hunter.sandbox.partner_center import authority
from hunter.work.drainer import Drainer
from hunter.work.models import ErrorRecord, Item
from hunter.work.pruning import prune_batch
from hunter.work.retrying import retry_errors
from referrals.models import Referral, WebhookCertificate, WebhookDelivery
from referrals.services.deliveries import work_again
from tests.factories.people import administrator
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

ADDRESS = "/api/v1/webhooks/partner-center/"
FORGERIES = ("body", "signature", "certificate_url", "expired", "organization", "root")


@pytest.fixture
def sandbox(partner_center, settings):
    settings.LANE_LIMITS = settings.LANE_LIMITS | {"outgoing": "100000,100000"}
    return partner_center


def message(sandbox, ident="", **more):
    return sandbox.control.edit("partner-center", {"sign": {"id": ident, **more}})


def post(told, **headers):
    given = {name: value for name, value in told["headers"].items() if name != "Content-Type"} | headers
    return Client(enforce_csrf_checks=True).post(
        ADDRESS, told["body"].encode(), content_type="application/json", headers=given
    )


def new_referral(sandbox, **members):
    return sandbox.control.edit("partner-center", {"add": {"name": "Told by webhook", **members}})["id"]


def work():
    Drainer(LaneName.PARTNER_CENTER, budget=timedelta(seconds=PATIENCE)).run()


def calls(sandbox, operation):
    return [one for one in sandbox.control.calls("partner-center") if one["operation"] == operation]


@pytest.fixture(autouse=True)
def _the_sync_rests(sandbox):
    """So that what comes in has come by webhook."""
    Item.objects.filter(kind="sync_referrals").delete()


@pytest.mark.parametrize("header", ["authorization", "x-ms-signature"])
def test_p39_a_signed_message_is_kept_and_its_referral_is_taken_in(sandbox, header):
    ident = new_referral(sandbox)

    answer = post(message(sandbox, ident, header=header))

    assert (answer.status_code, WebhookDelivery.objects.get().state) == (200, "waiting")
    assert not Referral.objects.filter(referral_id=ident).exists()
    work()
    delivery = WebhookDelivery.objects.get()
    assert Referral.objects.get(referral_id=ident).name == "Told by webhook"
    assert (delivery.state, delivery.event, delivery.referral_id) == ("done", "referral-updated", ident)
    assert Item.objects.get(kind="webhook").served == 1


@pytest.mark.fault(25)
@pytest.mark.parametrize("forge", FORGERIES)
def test_p39_a_forged_message_is_401_and_leads_to_nothing(sandbox, forge):
    answer = post(message(sandbox, new_referral(sandbox), forge=forge))

    assert (answer.status_code, answer.json()["type"]) == (401, "urn:hunter:problem:not-vouched-for")
    refused = WebhookDelivery.objects.get()
    assert (refused.state, refused.is_verified, refused.told) == ("refused", False, answer.json()["detail"])
    assert not Item.objects.filter(kind="webhook").exists()


def test_p39_a_message_signed_with_sha1_is_401(sandbox):
    assert post(message(sandbox, new_referral(sandbox), algorithm="rsa-sha1")).status_code == 401


def test_a_foreign_address_of_a_certificate_is_never_asked(sandbox):
    post(message(sandbox, new_referral(sandbox), forge="certificate_url"))

    assert calls(sandbox, "certificate") == []
    assert not WebhookCertificate.objects.exists()


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"Authorization": ""}, 401), ({"X-MS-Certificate-Url": ""}, 400), ({"X-MS-Signature-Algorithm": ""}, 400)],
)
def test_a_message_with_a_header_missing_is_refused_and_not_kept(sandbox, changes, status):
    assert post(message(sandbox), **changes).status_code == status
    assert not WebhookDelivery.objects.exists()


def test_a_source_that_nobody_knows_is_404(sandbox):
    assert Client().post("/api/v1/webhooks/somebody/", b"{}", content_type="application/json").status_code == 404


def test_a_message_longer_than_any_real_one_is_not_read(sandbox):
    answer = post(message(sandbox) | {"body": "x" * 70_000})

    assert (answer.status_code, answer.json()["type"]) == (413, "urn:hunter:problem:too-large")


def test_nothing_is_taken_where_partner_center_is_off(sandbox, settings):
    settings.PARTNER_CENTER_ENABLED = False

    assert post(message(sandbox)).status_code == 409


@pytest.mark.fault(25)
@pytest.mark.proves("R1.7")
def test_p39_the_same_message_again_is_the_same_delivery(sandbox):
    told = message(sandbox, new_referral(sandbox))

    for _ in range(3):
        assert post(told).status_code == 200
    work()
    assert post(told).status_code == 200
    work()

    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.times) == ("done", 4)
    assert len(calls(sandbox, "get")) == 1


@pytest.mark.fault(25)
def test_a_forged_copy_that_comes_first_takes_no_genuine_messages_place(sandbox):
    told = message(sandbox, new_referral(sandbox))
    forged = told | {"headers": told["headers"] | {"Authorization": "Signature Zm9yZ2Vk"}}

    assert (post(forged).status_code, post(told).status_code) == (401, 200)
    assert sorted(WebhookDelivery.objects.values_list("state", flat=True)) == ["refused", "waiting"]


@pytest.mark.fault(25)
def test_several_messages_about_one_referral_are_one_look(sandbox):
    ident = new_referral(sandbox)
    for event in ("referral-created", "referral-updated", "related-referral-updated"):
        post(message(sandbox, ident, event=event))

    work()

    assert list(WebhookDelivery.objects.values_list("state", flat=True)) == ["done"] * 3
    assert len(calls(sandbox, "get")) == 1


@pytest.mark.fault(25)
def test_p39_messages_out_of_order_leave_the_newest_state(sandbox):
    ident = new_referral(sandbox)
    first = message(sandbox, ident, event="referral-created")
    sandbox.control.edit("partner-center", {"id": ident, "set": {"status": "Active", "substatus": "Accepted"}})
    second = message(sandbox, ident)

    for told in (second, first):
        post(told)
        work()

    assert Referral.objects.get(referral_id=ident).status == "Active"
    assert list(WebhookDelivery.objects.order_by("pk").values_list("told", flat=True)) == [
        "The referral was taken in.", "Hunter knew it already.",
    ]  # fmt: skip


def test_an_answer_older_than_what_is_stored_changes_nothing(sandbox):
    ident = new_referral(sandbox)
    post(message(sandbox, ident))
    work()
    Referral.objects.filter(referral_id=ident).update(
        name="newer", content_hash="newer", updated_at_source=database_now() + timedelta(days=1)
    )

    post(message(sandbox, ident, event="referral-created"))
    work()

    assert Referral.objects.get(referral_id=ident).name == "newer"


def test_a_message_while_its_referral_is_fetched_is_looked_up_once_more(sandbox):
    ident = new_referral(sandbox)
    post(message(sandbox, ident, event="referral-created"))
    Item.objects.filter(kind="webhook").update(lease="5f0c1d2e-3a4b-4c5d-8e6f-700000000001", taken=F("requested"))

    post(message(sandbox, ident))
    Item.objects.filter(kind="webhook").update(lease=None)
    work()

    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"done"}
    assert Item.objects.get(kind="webhook").served == 2


def test_a_test_of_the_connection_is_shown_and_leads_to_nothing(sandbox):
    answer = post(message(sandbox, event="test-created", uri="http://localhost:16722/v1/webhooks/registration/test"))

    assert (answer.status_code, answer.json()["detail"]) == (200, "Received. A test of the connection: it works.")
    assert WebhookDelivery.objects.get().state == "ignored"
    assert not Item.objects.filter(kind="webhook").exists()


def test_an_event_that_hunter_does_not_know_is_received_all_the_same(sandbox):
    assert post(message(sandbox, event="invoice-ready")).status_code == 200
    assert WebhookDelivery.objects.get().told == "Nothing that Hunter acts on."


def test_only_the_id_of_the_address_is_used_and_our_own_server_asked(sandbox):
    ident = new_referral(sandbox)

    post(message(sandbox, uri=f"http://169.254.169.254/latest/{ident}"))
    work()

    assert [one["path"] for one in calls(sandbox, "get")] == [f"/v1.0/engagements/referrals/{ident}"]
    assert Referral.objects.filter(referral_id=ident).exists()


def test_a_referral_that_we_may_not_see_is_no_failure(sandbox):
    post(message(sandbox, "00000000-0000-4000-8000-000000000001", event="related-referral-updated"))
    work()

    assert WebhookDelivery.objects.get().told == "The referral is not one that the signed-in person may see."
    assert not ErrorRecord.objects.unsettled().exists()


def test_a_known_referral_that_left_our_scope_is_marked(sandbox):
    ident = new_referral(sandbox)
    post(message(sandbox, ident, event="referral-created"))
    work()
    sandbox.control.edit("partner-center", {"remove": ident})

    post(message(sandbox, ident))
    work()

    assert Referral.objects.filter(referral_id=ident, vanished_at__isnull=False).exists()


@pytest.mark.proves("R1.7", "R5.8")
def test_a_look_that_fails_for_good_is_an_error_and_one_click_tries_it_again(sandbox):
    ident = new_referral(sandbox)
    sandbox.control.add_fault(service="partner-center", operation="get", fault="status", status=400)
    post(message(sandbox, ident))
    work()
    failed = WebhookDelivery.objects.get()
    record = ErrorRecord.objects.unsettled().get(kind="webhook")
    assert (failed.state, record.key) == ("failed", ident)
    assert failed.told == record.message

    sandbox.control.clear_faults()
    retry_errors([record], by=administrator())
    work()

    assert WebhookDelivery.objects.get().state == "done"
    assert not ErrorRecord.objects.unsettled().exists()


def test_a_passing_trouble_keeps_the_message_waiting(sandbox):
    ident = new_referral(sandbox)
    sandbox.control.add_fault(service="partner-center", operation="get", fault="status", status=500, times=1)
    post(message(sandbox, ident))
    work()
    assert WebhookDelivery.objects.get().state == "waiting"
    assert Item.objects.filter(kind="webhook", due_at__gt=database_now()).exists()

    Item.objects.filter(kind="webhook").update(due_at=database_now())
    work()

    assert WebhookDelivery.objects.get().state == "done"


def test_a_person_has_a_delivery_worked_again(sandbox):
    ident = new_referral(sandbox)
    post(message(sandbox, ident))
    work()
    sandbox.control.edit("partner-center", {"id": ident, "set": {"name": "Named anew"}})

    asked = work_again(WebhookDelivery.objects.all(), by=administrator())
    work()

    assert asked.count == 1
    assert Referral.objects.get(referral_id=ident).name == "Named anew"
    assert AuditEntry.objects.filter(act="try again", subject_type="referrals.webhookdelivery").exists()


@pytest.mark.proves("R7.6")
def test_the_certificate_is_fetched_once(sandbox):
    for _ in range(3):
        post(message(sandbox, new_referral(sandbox)))

    assert len(calls(sandbox, "certificate")) == 1
    assert WebhookCertificate.objects.filter(fresh_until__gt=database_now() + timedelta(hours=23)).exists()


@pytest.mark.parametrize("fault", ["status", "drop_before"])
def test_while_the_certificate_cannot_be_had_the_message_is_503_and_sent_again(sandbox, fault):
    sandbox.control.add_fault(service="partner-center", operation="certificate", fault=fault, status=503)
    told = message(sandbox, new_referral(sandbox))

    assert [post(told).status_code for _ in range(2)] == [503, 503]
    assert len(calls(sandbox, "certificate")) == 1, "the failure is remembered for a while"
    assert ErrorRecord.objects.unsettled().get(kind="webhook_check").operation == "check a webhook"
    assert not WebhookDelivery.objects.exists()

    sandbox.control.clear_faults()
    WebhookCertificate.objects.update(tried_at=database_now() - timedelta(minutes=1))
    assert post(told).status_code == 200
    assert not ErrorRecord.objects.unsettled().exists()


@pytest.mark.proves("R7.6")
def test_while_another_process_fetches_the_certificate_nobody_else_does(sandbox):
    url = message(sandbox)["headers"]["X-MS-Certificate-Url"]
    WebhookCertificate.objects.create(url=url, fetching_until=database_now() + timedelta(minutes=10))

    assert post(message(sandbox, new_referral(sandbox))).status_code == 503
    assert calls(sandbox, "certificate") == []
    assert not ErrorRecord.objects.unsettled().exists()


@pytest.mark.parametrize("fault", ["html", "broken_json"])
def test_something_else_than_a_certificate_is_not_believed(sandbox, fault):
    sandbox.control.add_fault(service="partner-center", operation="certificate", fault=fault, status=200)

    assert post(message(sandbox, new_referral(sandbox))).status_code in {401, 503}
    assert not WebhookDelivery.objects.filter(is_verified=True).exists()


def test_an_old_certificate_is_good_while_no_newer_one_can_be_had(sandbox):
    post(message(sandbox, new_referral(sandbox)))
    WebhookCertificate.objects.update(fresh_until=database_now() - timedelta(hours=1))
    sandbox.control.add_fault(service="partner-center", operation="certificate", fault="status", status=503)

    assert post(message(sandbox, new_referral(sandbox))).status_code == 200


def test_a_certificate_that_was_changed_at_its_address_is_fetched_anew(sandbox):
    other = message(sandbox, forge="organization")["headers"]["X-MS-Certificate-Url"]
    post(message(sandbox, new_referral(sandbox)))
    row = WebhookCertificate.objects.get()
    key_of_before = another_signer()
    WebhookCertificate.objects.update(pem=key_of_before, fetched_at=database_now() - timedelta(hours=1))

    answer = post(message(sandbox, new_referral(sandbox)))

    assert answer.status_code == 200
    assert WebhookCertificate.objects.get().pem == row.pem
    assert other != row.url


def another_signer():
    """Microsoft's certificate of before: the same name and root, another key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return authority.issued(authority.GOOD, by=authority.root(), key=key.public_key()).decode()


def test_an_address_without_a_certificate_is_401(sandbox):
    told = message(sandbox, new_referral(sandbox))
    told["headers"]["X-MS-Certificate-Url"] = "https://3psostorageacct.blob.core.windows.net/cert/nobody.cer"

    assert post(told).status_code == 401


def test_strangers_cannot_fill_the_table_of_certificates(sandbox):
    WebhookCertificate.objects.bulk_create(WebhookCertificate(url=f"https://x/{n}") for n in range(60))
    told = message(sandbox, new_referral(sandbox))
    told["headers"]["X-MS-Certificate-Url"] = "https://3psostorageacct.blob.core.windows.net/cert/nobody.cer"

    assert post(told).status_code == 503
    assert WebhookCertificate.objects.count() == 60
    WebhookCertificate.objects.all().delete()


def test_strangers_cannot_fill_the_table_of_deliveries(sandbox):
    told = message(sandbox, forge="certificate_url")
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(source="partner-center", digest=str(number), is_verified=False, state="refused")
        for number in range(200)
    )

    assert post(told).status_code == 401
    assert WebhookDelivery.objects.count() == 200


def test_a_root_that_is_missing_is_an_error_that_a_person_sees(sandbox, settings):
    settings.PARTNER_CENTER_CERTIFICATE_ROOTS = ""

    assert post(message(sandbox, new_referral(sandbox))).status_code == 401
    assert "PARTNER_CENTER_CERTIFICATE_ROOTS" in ErrorRecord.objects.unsettled().get(kind="webhook_check").message


def test_old_deliveries_may_be_cleared_away_and_waiting_ones_stay(sandbox):
    ident = new_referral(sandbox)
    post(message(sandbox, ident))
    work()
    post(message(sandbox, ident, event="referral-created"))

    WebhookDelivery.objects.update(last_received_at=database_now() - timedelta(days=100))
    prune_batch("webhook_deliveries")

    assert WebhookDelivery.objects.get().state == "waiting"


@pytest.mark.proves("C6")
def test_p39_changes_at_the_other_side_arrive_by_themselves(sandbox, live_server):
    sandbox.control.edit("partner-center", {"webhook": {"url": live_server.url + ADDRESS, "header": "x-ms-signature"}})

    ident = new_referral(sandbox)
    sandbox.control.edit("partner-center", {"id": ident, "set": {"name": "Changed over there"}})

    until(lambda: len(deliveries_of(sandbox)) == 2, what="both messages")
    assert [one["statuses"] for one in deliveries_of(sandbox)] == [[200], [200]]
    work()
    assert Referral.objects.get(referral_id=ident).name == "Changed over there"


def deliveries_of(sandbox):
    return sandbox.control.state("partner-center")["webhooks"]["deliveries"]


def test_p39_a_message_is_tried_ten_times(sandbox, live_server):
    sandbox.control.edit("partner-center", {"webhook": {"url": live_server.url + ADDRESS}})
    told = {"deliver": {"id": new_referral(sandbox), "forge": "body"}}
    until(lambda: len(deliveries_of(sandbox)) == 1, what="the message of the new referral")

    assert sandbox.control.edit("partner-center", told) == {"statuses": [[401] * 10]}
    assert WebhookDelivery.objects.get(is_verified=False).times == 10
    assert json.loads(WebhookDelivery.objects.get(is_verified=True).body)["EventName"] == "referral-created"
