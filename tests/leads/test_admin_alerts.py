"""Alerts and their channels as people see them: what changed, who was told, and a channel set up without telling its secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hunter.audit.models import AuditEntry
from hunter.remote.models import Host
from hunter.remote.sealing import opened
from hunter.sandbox.running import RunningSandbox, running_sandbox
from hunter.work.models import Item
from leads.models import Alert, AlertChannel, AlertDelivery, AlertLine, Signals
from leads.services.alert_channels import edit_channel, renew_secret, switch
from leads.services.alerts import DELIVER
from tests.factories.leads import AlertChannelFactory, AlertFactory, ScannedCompanyFactory
from tests.factories.people import administrator, staff
from tests.pipelines.alerts import add_channel, lead_messages_to

pytestmark = pytest.mark.django_db
CHANNELS = reverse("admin:leads_alertchannel_changelist")
NEW = {
    "type": "mx_changed",
    "method": "webhook",
    "target": "https://crm.example.com/hook?key=known-to-few",
    "frequency": "immediate",
    "enabled": "on",
}


@pytest.fixture
def page() -> Client:
    client = Client()
    client.force_login(administrator("ayse"))
    return client


@pytest.fixture
def receivers(settings) -> Iterator[RunningSandbox]:
    with running_sandbox(companies=0, referrals=0) as sandbox:
        lead_messages_to(sandbox, settings)
        yield sandbox


def failed_alert(**given) -> Alert:
    channel = AlertChannelFactory()
    alert: Alert = AlertFactory(state="failed", routed_at=timezone.now(), **given)
    delivery = AlertDelivery.objects.create(channel=channel, state="failed", reason="example.com answered 404", tries=1)
    AlertLine.objects.create(alert=alert, channel=channel, delivery=delivery)
    return alert


def secret_of(channel: AlertChannel) -> str:
    assert channel.sealed_secret is not None
    return opened(channel.sealed_secret)


def act(name: str) -> str:
    return reverse("admin:leads_alertchannel_act", args=[name])


def test_an_alert_says_what_changed_from_what_to_what_and_how_its_messages_stand(page):
    alert = failed_alert(company=ScannedCompanyFactory(domain="firm.com"))

    listed = page.get(reverse("admin:leads_alert_changelist")).content.decode()
    opened_page = page.get(reverse("admin:leads_alert_change", args=[alert.pk])).content.decode()

    assert alert.text in opened_page
    assert "firm.com" in listed
    assert "outlook.com → google.com" in listed
    assert "Occasion" not in opened_page
    assert "Webhook failed" in listed
    assert "example.com answered 404" in opened_page


@pytest.mark.parametrize(
    ("previous", "current", "words"),
    [
        pytest.param({"priority": 4, "segment": "Cold"}, {"priority": 2, "segment": "Existing"}, "priority 4 → 2", id="both"),
        pytest.param(
            {"priority": 5, "segment": "Cold"}, {"priority": 5, "segment": "Existing"}, "segment Cold → Existing",
            id="the segment alone",
        ),
        pytest.param(None, "reject", "none → reject", id="nothing before"),
    ],
)  # fmt: skip
def test_a_change_is_one_line_of_the_list(previous, current, words, page):
    AlertFactory(previous=previous, current=current)

    assert words in page.get(reverse("admin:leads_alert_changelist")).content.decode()


def test_an_alert_that_no_channel_takes_says_so(page):
    alert = AlertFactory(state="sent", routed_at=timezone.now())

    assert "no channel" in page.get(reverse("admin:leads_alert_changelist")).content.decode()
    text = page.get(reverse("admin:leads_alert_change", args=[alert.pk])).content.decode()
    assert "nobody was told" in text
    assert ">sent</span>" not in text


def test_each_tab_of_alerts_has_exactly_its_alerts(page):
    told = failed_alert()
    Alert.objects.filter(pk=told.pk).update(state="sent")
    alerts = {
        "waiting": AlertFactory(state="pending"),
        "sent": told,
        "no_channel": AlertFactory(state="sent", routed_at=timezone.now()),
        "failed": failed_alert(),
    }

    listed = page.get(reverse("admin:leads_alert_changelist"))
    tabs = {tab.title: tab.url for tab in listed.context["state_tabs"]}

    assert list(tabs) == ["All", "Waiting", "Sent", "No channel", "Failed"]
    for name, alert in alerts.items():
        shown = page.get(tabs[name.replace("_", " ").capitalize()]).context["cl"].result_list
        assert list(shown) == [alert], name


def test_a_failed_alert_is_sent_again_by_one_click(page):
    alert = failed_alert()

    told = page.post(reverse("admin:leads_alert_act", args=["try_again"]), {"id": alert.pk}, follow=True)

    assert "1 message will be tried within a minute." in told.content.decode()
    alert.refresh_from_db()
    delivery = AlertDelivery.objects.get()
    assert (alert.state, delivery.state) == ("pending", "waiting")
    item = Item.objects.get(kind=DELIVER, key=str(delivery.pk))
    assert (item.priority, item.asked_by) == (0, "ayse")
    assert AuditEntry.objects.filter(act="send again").exists()


def test_a_webhook_is_added_with_a_secret_that_is_shown_once_and_kept_encrypted(page):
    told = page.post(reverse("admin:leads_alertchannel_add"), NEW, follow=True).content.decode()

    channel = AlertChannel.objects.get()
    secret = secret_of(channel)
    assert secret in told
    assert "was added." in told
    assert secret not in page.get(CHANNELS).content.decode()
    assert secret not in str(AlertChannel.objects.values_list())
    assert opened(channel.sealed_target) == NEW["target"]
    pages = [
        CHANNELS,
        reverse("admin:leads_alertchannel_change", args=[channel.pk]),
        reverse("admin:audit_auditentry_changelist"),
    ]
    for address in pages:
        text = page.get(address).content.decode()
        assert "known-to-few" not in text
        assert secret not in text
    assert "known-to-few" not in str(AuditEntry.objects.values_list())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"target": ""}, "This field is required", id="no target"),
        pytest.param({"target": "http://crm.example.com/"}, "begin with https", id="not encrypted"),
        pytest.param({"target": "https://169.254.169.254/"}, "private address", id="a private address"),
        pytest.param(
            {"method": "email", "target": "a@b.example, c@d.example"}, "one e-mail address", id="two addresses"
        ),
        pytest.param({"method": "email", "target": "a@b.example"}, "EMAIL_URL", id="no mail server"),
        pytest.param(
            {"method": "slack", "target": "https://hooks.slack.com/x"}, "/services/", id="no webhook of Slack"
        ),
    ],
)
def test_a_target_that_can_t_be_is_refused_with_the_way_out(changes, words, page, settings):
    settings.EMAIL_URL = ""

    told = page.post(reverse("admin:leads_alertchannel_add"), NEW | changes).content.decode()

    assert words in told
    assert not AlertChannel.objects.exists()


def test_the_same_target_twice_for_one_type_is_refused(page):
    page.post(reverse("admin:leads_alertchannel_add"), NEW)

    told = page.post(reverse("admin:leads_alertchannel_add"), NEW, follow=True).content.decode()

    assert "There is a channel of this type to this target already." in told
    assert AlertChannel.objects.count() == 1


def test_an_empty_target_keeps_the_one_there_is(page):
    page.post(reverse("admin:leads_alertchannel_add"), NEW)
    channel = AlertChannel.objects.get()

    page.post(change(channel), opened_form(page, channel) | {"frequency": "daily"})

    changed = AlertChannel.objects.get()
    assert (changed.frequency, opened(changed.sealed_target), secret_of(changed)) == (
        "daily",
        NEW["target"],
        secret_of(channel),
    )


def change(channel: AlertChannel) -> str:
    return reverse("admin:leads_alertchannel_change", args=[channel.pk])


def opened_form(page: Client, channel: AlertChannel) -> dict[str, str]:
    """The form of a channel as it stands in the browser."""
    return sent(page.get(change(channel)).content.decode()) | {"target": "", "frequency": "immediate", "enabled": "on"}


def sent(text: str) -> dict[str, str]:
    token = re.search(r'name="_version" value="([^"]+)"', text)
    assert token
    return {"_version": token[1]}


def hidden(text: str) -> dict[str, str]:
    """What the page of two people at once sends along without asking."""
    return dict(re.findall(r'<input type="hidden" name="(target|frequency|enabled)" value="([^"]*)"', text))


@pytest.mark.proves("R3.3")
@pytest.mark.parametrize(
    "meanwhile",
    [
        pytest.param(lambda channel: switch([channel.pk], enabled=False, by=administrator("maria")), id="switched off"),
        pytest.param(lambda channel: AlertChannel.objects.update(enabled=False), id="changed by SQL"),
    ],
)
def test_a_stale_edit_of_a_channel_changes_nothing_and_both_can_be_kept(meanwhile, page):
    channel = AlertChannelFactory()
    form = opened_form(page, channel)
    meanwhile(channel)

    stale = page.post(change(channel), form | {"frequency": "daily"})

    text = stale.content.decode()
    assert stale.status_code == 409
    assert "while you had it open" in text
    channel.refresh_from_db()
    assert (channel.frequency, channel.enabled) == ("immediate", False)

    page.post(change(channel), sent(text) | hidden(text))
    channel.refresh_from_db()
    assert (channel.frequency, channel.enabled) == ("daily", False)


@pytest.mark.proves("R3.3")
def test_of_two_targets_a_person_chooses_without_seeing_theirs(page):
    add_channel("https://crm.example.com/hook?key=old")
    channel = AlertChannel.objects.get()
    form = opened_form(page, channel)
    edit_channel(
        AlertChannel.objects.get(), changes={"target": "https://crm.example.com/hook?key=known-to-few"}, by=None
    )

    text = page.post(change(channel), form | {"target": "https://crm.example.com/mine"}).content.decode()
    offered = re.findall(r'<input type="radio" name="target" value="([^"]*)"', text)

    assert offered == ["https://crm.example.com/mine", ""]
    assert "known-to-few" not in text
    page.post(change(channel), sent(text) | hidden(text) | {"target": offered[1]})
    assert opened(AlertChannel.objects.get().sealed_target) == "https://crm.example.com/hook?key=known-to-few"


@pytest.mark.proves("R3.3")
def test_a_secret_that_is_renewed_meanwhile_is_not_taken_back(page):
    add_channel("https://crm.example.com/hook")
    channel = AlertChannel.objects.get()
    form = opened_form(page, channel)
    renewed = renew_secret(channel.pk, by=None)

    text = page.post(change(channel), form | {"frequency": "daily"}).content.decode()
    page.post(change(channel), sent(text) | hidden(text))

    changed = AlertChannel.objects.get()
    assert (changed.frequency, secret_of(changed)) == ("daily", renewed)
    assert AuditEntry.objects.get(act="edit").after == {"frequency": "daily"}


def test_a_test_tells_how_it_went(page, receivers):
    add_channel(f"{receivers.url}/outgoing/webhook/crm")
    channel = AlertChannel.objects.get()
    assert page.get(act("test"), {"id": channel.pk}).status_code == 405

    well = page.post(act("test"), {"id": channel.pk}, follow=True).content.decode()
    receivers.control.add_fault(service="outgoing", fault="status", status=500)
    ill = page.post(act("test"), {"id": channel.pk}, follow=True).content.decode()

    assert "and it was taken" in well
    assert "127.0.0.1 answered 500 to webhook" in ill
    assert AuditEntry.objects.filter(act="send a test").count() == 2


def test_a_channel_is_switched_off_and_on(page):
    channel = AlertChannelFactory()

    off = page.post(act("switch_off"), {"id": channel.pk}, follow=True).content.decode()
    on = page.post(act("switch_on"), {"id": channel.pk}, follow=True).content.decode()

    assert "1 switched off" in off
    assert "1 switched on" in on


def test_a_new_secret_is_asked_for_first_and_told_once(page):
    channel = AlertChannelFactory()
    old = secret_of(channel)

    asked = page.post(act("new_secret"), {"id": channel.pk}).content.decode()
    told = page.post(act("new_secret"), {"id": channel.pk, "confirmed": "1"}, follow=True).content.decode()

    channel.refresh_from_db()
    assert "24 hours" in asked
    assert secret_of(channel) in told
    assert channel.old_secret is not None
    assert channel.old_secret_until is not None
    assert opened(channel.old_secret) == old
    assert timedelta(hours=23) < channel.old_secret_until - timezone.now() <= timedelta(hours=24)


def test_a_host_that_rests_is_seen_on_its_channels(page):
    AlertChannelFactory()
    Host.objects.create(
        name="example.com", pauses=1, paused_until=timezone.now() + timedelta(minutes=5), pause_reason="it answered 500"
    )

    text = page.get(CHANNELS).content.decode()

    assert "rests" in text
    assert "it answered 500" in text


def test_a_channel_is_never_deleted(page):
    channel = AlertChannelFactory()

    assert page.post(reverse("admin:leads_alertchannel_delete", args=[channel.pk]), {"post": "yes"}).status_code == 403


def test_who_may_only_look_can_neither_add_nor_test():
    client = Client()
    client.force_login(staff("leads.view_alertchannel", "leads.view_alert"))
    channel = AlertChannelFactory()

    assert client.get(CHANNELS).status_code == 200
    assert client.get(reverse("admin:leads_alertchannel_add")).status_code == 403
    assert client.post(act("test"), {"id": channel.pk}).status_code == 403


def test_home_tells_of_domains_that_end_and_of_alerts_that_reached_nobody(page):
    soon, far = ScannedCompanyFactory(domain="soon.com"), ScannedCompanyFactory(domain="far.com")
    today = timezone.now().date()
    Signals.objects.filter(company=soon).update(expires_at=today + timedelta(days=29))
    Signals.objects.filter(company=far).update(expires_at=today + timedelta(days=30))
    failed_alert(company=far)
    cache.clear()

    response = page.get(reverse("admin:index"))

    needs = {need.sentence: need.url for need in response.context["needs"]}
    assert set(needs) >= {"1 domain ends within 30 days", "1 alert could not be sent"}
    listed = page.get(needs["1 domain ends within 30 days"]).context["cl"].result_list
    assert [one.domain for one in listed] == ["soon.com"]
    assert "Alerts, last 7 days" in response.content.decode()


def test_a_company_s_page_has_its_alerts(page):
    alert = AlertFactory()

    assert alert.text in page.get(reverse("admin:leads_company_change", args=[alert.company_id])).content.decode()
