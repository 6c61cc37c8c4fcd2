"""Alerts on their way out, by webhook, Slack and e-mail: signed, told once where it can be, tried again, never a secret told."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from hunter.remote.lanes import LaneName
from hunter.remote.models import Host, Lane
from hunter.work.cause_watch import look
from hunter.work.models import Attempt, ErrorRecord, Item
from leads.models import Alert, AlertChannel, AlertDelivery
from leads.services.alert_channels import renew_secret, send_test
from leads.services.alerts import DELIVER, retry_alerts
from tests.factories.leads import ScannedCompanyFactory
from tests.factories.people import administrator
from tests.factories.work import ErrorFactory
from tests.pipelines.alerts import add_channel, let_time_pass, raised, states, work
from tests.test_house import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hook(receivers) -> str:
    return f"{receivers.url}/outgoing/webhook/crm?token=in-the-url"


@pytest.fixture
def slack(receivers) -> str:
    return f"{receivers.url}/outgoing/slack/services/T0/B0/s3cretpath"


def arrived(receivers, method: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = receivers.control.state("outgoing")[method]
    return messages


def by_the_how_to(message: dict[str, Any], secret: str) -> bool:
    """What the example that docs/howto/alerts.md gives to receivers says of a message."""
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "howto" / "alerts.md").read_text(), re.DOTALL)
    scope: dict[str, Any] = {}
    exec(example, scope)  # noqa: S102  our own document
    verdict: bool = scope["is_from_hunter"](message["headers"], message["body"].encode(), secret)
    return verdict


def is_vouched_for(message: dict[str, Any], secret: str) -> bool:
    """Told from the document, and not by Hunter's own code."""
    headers = {name.lower(): value for name, value in message["headers"].items()}
    signed = headers["x-hunter-timestamp"].encode() + b"." + message["body"].encode()
    expected = "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(expected, one) for one in headers["x-hunter-signature"].split(","))


def test_a_webhook_gets_the_alert_signed_and_with_its_delivery_id(receivers, hook):
    saved = add_channel(hook)
    alert = raised(company=ScannedCompanyFactory(domain="firm.com", name="Firm Ltd"))

    work()

    (message,) = arrived(receivers, "webhook")
    delivery = AlertDelivery.objects.get()
    told = json.loads(message["body"])
    assert told["id"] == message["headers"]["Idempotency-Key"] == str(delivery.pk)
    assert told["alerts"] == [
        {
            "id": str(alert.pk), "type": "mx_changed", "domain": "firm.com", "company": "Firm Ltd",
            "text": alert.text, "previous": "outlook.com", "current": "google.com", "raised_at": alert.raised_at.isoformat(),
        }
    ]  # fmt: skip
    assert is_vouched_for(message, saved.secret)
    assert not is_vouched_for(message, "another")
    assert [by_the_how_to(message, one) for one in (saved.secret, "another")] == [True, False]
    assert not is_vouched_for(message | {"body": message["body"] + " "}, saved.secret)
    alert.refresh_from_db()
    assert (alert.state, delivery.state, delivery.tries, delivery.in_doubt) == ("sent", "sent", 1, False)


def test_while_a_secret_is_changed_both_vouch_and_afterwards_the_new_one_only(receivers, hook):
    saved = add_channel(hook)
    new = renew_secret(saved.channel.pk, by=None)
    raised()
    work()
    AlertChannel.objects.update(old_secret_until=timezone.now())
    raised()
    work()

    during, afterwards = arrived(receivers, "webhook")

    assert [is_vouched_for(during, one) for one in (saved.secret, new)] == [True, True]
    assert [is_vouched_for(afterwards, one) for one in (saved.secret, new)] == [False, True]


def test_slack_gets_a_text_in_which_nothing_of_ours_is_a_mark(receivers, slack, settings):
    settings.HUNTER_URL = "https://hunter.example.com"
    add_channel(slack, "slack")
    company = ScannedCompanyFactory(domain="firm.com", name="<!channel> & Co")
    raised(company=company)

    work()

    (message,) = arrived(receivers, "slack")
    page = f"https://hunter.example.com/admin/leads/company/{company.pk}/change/"
    assert json.loads(message["body"]) == {
        "text": f"<{page}|firm.com (&lt;!channel&gt; &amp; Co)>: The mail host changed from outlook.com to google.com."
    }


def test_an_e_mail_is_plain_and_has_the_id_of_its_delivery(receivers):
    add_channel("sales@partner.example", "email")
    raised(company=ScannedCompanyFactory(domain="firm.com", name="Firm\r\nBcc: x@evil.example"))

    work()

    (mail,) = arrived(receivers, "email")
    assert mail["to"] == ["sales@partner.example"]
    assert mail["subject"] == "Hunter: firm.com: The mail host changed from outlook.com to google.com."
    assert mail["text"].startswith("firm.com (Firm Bcc: x@evil.example): The mail host changed")
    assert mail["message_id"] == f"<{AlertDelivery.objects.get().pk}@localhost>"


def test_a_digest_has_the_alerts_of_the_day_in_one_message(receivers, hook):
    add_channel(hook, frequency="daily")
    for _ in range(3):
        raised()
    work()
    assert arrived(receivers, "webhook") == []
    let_time_pass()

    work()

    (message,) = arrived(receivers, "webhook")
    assert (json.loads(message["body"])["digest"], len(json.loads(message["body"])["alerts"])) == (True, 3)
    assert set(Alert.objects.values_list("state", flat=True)) == {"sent"}


def test_one_success_of_two_methods_is_enough_and_the_other_s_failure_is_seen(receivers, hook, slack):
    add_channel(hook)
    add_channel(slack, "slack")
    receivers.control.add_fault(service="outgoing", operation="slack", fault="status", status=404, code="no_service")
    alert = raised()

    work()

    alert.refresh_from_db()
    assert alert.state == "sent"
    assert states() == {"webhook": "sent", "slack": "failed"}
    (error,) = ErrorRecord.objects.unsettled()
    assert (error.error_class, error.status, error.code, error.gave_up) == ("not_found", 404, "no_service", True)
    assert Item.objects.get(kind=DELIVER, key=error.key).dead_at is not None


@pytest.mark.proves("R1.7")
def test_a_message_is_tried_four_times_and_then_waits_for_a_person_who_sends_it_by_one_click(receivers, hook):
    add_channel(hook)
    receivers.control.add_fault(service="outgoing", fault="status", status=500)
    alert = raised()
    waits = []
    for _ in range(4):
        work()
        item = Item.objects.get(kind=DELIVER)
        if item.due_at:
            waits.append((item.due_at - timezone.now()).total_seconds())
        let_time_pass()

    assert [round(wait / 60) for wait in waits] in ([1, 2, 4], [1, 2, 3])  # 60, 120, 240 s, less a sixth at most
    alert.refresh_from_db()
    delivery = AlertDelivery.objects.get()
    assert (alert.state, delivery.state, delivery.tries) == ("failed", "failed", 4)
    assert Item.objects.get(kind=DELIVER).dead_at is not None
    assert Attempt.objects.filter(item_id=item.pk, outcome__in=["later", "dead"], status=500).count() == 4
    receivers.control.clear_faults()

    result = retry_alerts(Alert.objects.failed(), by=administrator())
    work()

    assert result.sentence() == "1 message will be tried within a minute."
    alert.refresh_from_db()
    assert alert.state == "sent"
    assert ErrorRecord.objects.get().state == "resolved"


@pytest.mark.parametrize(
    ("fault", "state", "repeats"),
    [
        pytest.param({"fault": "drop_after"}, "waiting", True, id="it arrived, the answer was lost"),
        pytest.param({"fault": "drop_before"}, "waiting", True, id="it may have arrived"),
        pytest.param({"fault": "status", "status": 503}, "waiting", False, id="it was not taken"),
    ],
)
def test_a_repeat_has_the_same_id_and_says_what_it_may_be(fault, state, repeats, receivers, hook):
    add_channel(hook)
    receivers.control.add_fault(service="outgoing", times=1, **fault)
    raised()
    work()
    assert AlertDelivery.objects.get().state == state
    assert AlertDelivery.objects.get().in_doubt is repeats
    let_time_pass()

    work()

    messages = arrived(receivers, "webhook")
    assert len({one["body"] for one in messages}) == 1
    assert len({one["headers"]["Idempotency-Key"] for one in messages}) == 1
    assert messages[-1]["headers"].get("X-Hunter-Repeat") == ("possible" if repeats else None)
    assert AlertDelivery.objects.get().state == "sent"


def test_a_mail_server_that_lost_its_answer_gets_the_same_message_id(receivers):
    add_channel("sales@partner.example", "email")
    receivers.control.add_fault(service="outgoing", operation="email", fault="drop_after", times=1)
    raised()
    work()
    let_time_pass()

    work()

    first, second = arrived(receivers, "email")
    assert first["message_id"] == second["message_id"]
    assert "You may have this message already" in second["text"]


@pytest.mark.parametrize(
    ("status", "state", "error_class"),
    [
        pytest.param(451, "waiting", "transient", id="another time"),
        pytest.param(554, "failed", "permanent", id="never"),
        pytest.param(535, "failed", "authentication", id="who are you"),
    ],
)
def test_what_a_mail_server_answers_has_its_class(status, state, error_class, receivers):
    add_channel("sales@partner.example", "email")
    receivers.control.add_fault(service="outgoing", operation="email", fault="status", status=status)
    raised()

    work()

    assert states() == {"email": state}
    error = ErrorRecord.objects.get()
    assert (error.error_class, error.status) == (error_class, status)


@pytest.mark.proves("R2.6")
def test_a_host_that_asks_for_fewer_calls_rests_alone(receivers, hook, settings):
    """Two names of the same machine are two hosts."""
    settings.OUTGOING_PRIVATE_HOSTS = ["127.0.0.1", "localhost"]
    add_channel(hook)
    add_channel(hook.replace("127.0.0.1", "localhost"), type="dmarc_added")
    receivers.control.add_fault(service="outgoing", fault="status", status=429, retry_after="1200", times=1)
    raised()
    work()
    rested = Item.objects.get(kind=DELIVER)
    raised()
    raised(type="dmarc_added")

    work()

    assert rested.attempts == 0
    assert rested.due_at is not None
    assert 1000 < (rested.due_at - timezone.now()).total_seconds() < 1450
    by_type = set(AlertDelivery.objects.values_list("channel__type", "state", "tries"))
    assert by_type == {("mx_changed", "waiting", 1), ("mx_changed", "waiting", 0), ("dmarc_added", "sent", 1)}
    assert Lane.objects.get(name=LaneName.OUTGOING).paused_until is None
    assert len(receivers.control.calls("outgoing")) == 2
    for _ in range(2):  # the first looks whether the host is well again
        let_time_pass()
        work()
    assert set(AlertDelivery.objects.values_list("state", flat=True)) == {"sent"}
    assert not Host.objects.filter(pauses__gt=0).exists()


@pytest.mark.proves("R2.6")
def test_a_host_that_fails_three_times_rests_and_one_message_looks_first(receivers, hook):
    add_channel(hook)
    receivers.control.add_fault(service="outgoing", fault="status", status=500)
    for _ in range(8):
        raised()
    work()
    assert Host.objects.filter(paused_until__gt=timezone.now()).count() == 1
    calls = len(receivers.control.calls("outgoing"))
    work()
    assert len(receivers.control.calls("outgoing")) == calls
    let_time_pass()

    work()

    assert len(receivers.control.calls("outgoing")) == calls + 1
    assert Host.objects.get().pauses == 2


def test_a_channel_that_was_switched_off_sends_nothing_more(receivers, hook):
    saved = add_channel(hook)
    alert = raised()
    work(LaneName.HUNTER)
    AlertChannel.objects.filter(pk=saved.channel.pk).update(enabled=False)

    work()

    assert arrived(receivers, "webhook") == []
    alert.refresh_from_db()
    assert (alert.state, AlertDelivery.objects.get().state) == ("sent", "skipped")


def test_a_redirect_is_not_followed(receivers, hook):
    add_channel(hook)
    receivers.control.add_fault(service="outgoing", fault="status", status=302)
    raised()

    work()

    assert states() == {"webhook": "failed"}
    assert len(receivers.control.calls("outgoing")) == 1


def test_a_host_that_is_no_longer_allowed_gets_nothing(receivers, hook, settings):
    add_channel(hook)
    settings.OUTGOING_PRIVATE_HOSTS = []
    raised()

    work()

    assert arrived(receivers, "webhook") == []
    assert states() == {"webhook": "failed"}


def test_a_name_that_leads_to_a_private_network_gets_nothing_and_says_why(receivers):
    add_channel(f"https://0x7f.1:{receivers.port}/outgoing/webhook/crm")
    raised()

    work()

    assert states() == {"webhook": "failed"}
    assert "private network" in AlertDelivery.objects.get().reason
    assert receivers.control.calls("outgoing") == []


def test_a_channel_whose_key_is_gone_says_so(receivers, hook, settings):
    add_channel(hook)
    settings.CREDENTIAL_KEYS = ["mD7DGUc4Xk1s0gJBqKzYvNQ9bZpTq8Wl0cVwEa3yR5M="]
    raised()

    work()

    assert "Enter the target again" in AlertDelivery.objects.get().reason
    assert states() == {"webhook": "failed"}


@pytest.mark.proves("R5.6")
def test_no_secret_is_told_by_logs_errors_attempts_or_rows(receivers, hook, slack, caplog):
    caplog.set_level(logging.DEBUG)
    secret = add_channel(hook).secret
    add_channel(slack, "slack")
    for fault in ({"fault": "status", "status": 500}, {"fault": "drop_after"}, {"fault": "html", "status": 404}):
        receivers.control.add_fault(service="outgoing", times=2, **fault)
        raised()
        work()
        let_time_pass()

    kept = [
        *map(str, ErrorRecord.objects.values_list()),
        *map(str, Attempt.objects.values_list()),
        *map(str, AlertDelivery.objects.values_list()),
        *map(str, AlertChannel.objects.values_list()),
        *(
            f"{record.getMessage()} {record.__dict__}"
            for record in caplog.records
            if record.name != "urllib3.connectionpool"
        ),
    ]
    assert ErrorRecord.objects.exists()
    for word in ("s3cretpath", "in-the-url", secret):
        assert not [text for text in kept if word in text]


def test_a_test_goes_out_at_once_and_tells_how_it_went(receivers, hook, slack):
    for saved in (add_channel(hook), add_channel(slack, "slack"), add_channel("a@partner.example", "email")):
        assert send_test(saved.channel, by=None) == saved.channel.shown_target

    assert [len(arrived(receivers, method)) for method in ("webhook", "slack", "email")] == [1, 1, 1]
    assert not AlertDelivery.objects.exists()


@pytest.mark.proves("R1.6")
def test_news_of_hunter_itself_go_to_the_channels_that_want_them_once_at_both_ends(receivers, hook, slack, settings):
    settings.HUNTER_URL = "https://hunter.example.com"
    add_channel(hook, type="operations")
    add_channel(slack, method="slack", type="operations")
    add_channel(f"{hook}&another", type="mx_changed")
    ErrorFactory(key="a.example", message="The colour is refused.", field="colour")
    watch()
    watch()
    ErrorRecord.objects.update(state="resolved")
    watch()
    work(LaneName.OUTGOING)

    told = [json.loads(one["body"])["alerts"] for one in arrived(receivers, "webhook")]
    assert sorted((line["text"], line["current"]["change"], line["company"]) for (line,) in told) == [
        ("1 error: The colour is refused.", "appeared", "Hunter"), ("Over: The colour is refused.", "over", "Hunter")
    ]  # fmt: skip
    words = [json.loads(one["body"])["text"] for one in arrived(receivers, "slack")]
    assert len(words) == 2
    assert all("<https://hunter.example.com/admin/work/errorrecord/?state=open" in one for one in words)


def test_a_daily_channel_gets_news_with_its_next_digest(receivers, hook):
    add_channel(hook, type="operations", frequency="daily")
    ErrorFactory(key="a.example", message="The colour is refused.", field="colour")
    watch()
    ErrorFactory(key="a.example", message="The size is refused.", field="size", operation="measure")
    watch()
    let_time_pass()
    work(LaneName.OUTGOING)

    (message,) = arrived(receivers, "webhook")
    assert [line["text"] for line in json.loads(message["body"])["alerts"]] == [
        "1 error: The colour is refused.", "1 error: The size is refused."
    ]  # fmt: skip


def test_news_that_nobody_wants_leave_no_message(receivers, hook):
    add_channel(hook)
    ErrorFactory()
    watch()

    assert not AlertDelivery.objects.exists()


def watch() -> None:
    """A look at the causes of errors, as the ledger takes one every minute."""
    with transaction.atomic():
        look()


def test_what_is_kept_of_a_message_that_failed_does_not_tell_its_address(receivers, slack):
    add_channel(slack, method="slack")
    receivers.control.add_fault(service="outgoing", fault="status", status=404)
    raised()
    work()

    kept = Attempt.objects.filter(exchange__isnull=False).get().exchange
    assert kept is not None
    assert kept["request"]["line"].endswith("/***")
    assert "s3cretpath" not in str(kept)
