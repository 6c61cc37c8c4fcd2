"""Hunter's address registered for Partner Center's webhooks, and tried (contract 5, P38)."""

from __future__ import annotations

import json
from io import StringIO

import pytest
import requests
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse
from rest_framework.authtoken.models import Token

from hunter.audit.models import AuditEntry
from hunter.errors import HunterError
from hunter.remote.errors import AuthenticationFailed, Misconfigured
from hunter.remote.gate import OpenGate
from hunter.remote.models import StoredToken
from hunter.remote.sealing import opened
from referrals.api import registration_examples as examples
from referrals.models import WebhookDelivery, WebhookRegistration
from referrals.registration_client import Registration, RegistrationClient
from referrals.registration_token import registration_token
from referrals.services import registering
from referrals.services.registering import WANTED, AddressTaken, register_webhooks, send_test, show_registration
from tests.factories.people import administrator, api_client, staff, user_with
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.proves("C6")]

OTHER = "https://other.example.com/api/v1/webhooks/partner-center/"
PAGE = "admin:remote_signin_changelist"
MAY_SEE, MAY_REGISTER = "remote.view_signin", "referrals.register_webhookregistration"


@pytest.fixture
def sandbox(partner_center, settings, live_server):
    settings.LANE_LIMITS = settings.LANE_LIMITS | {"outgoing": "100000,100000"}
    settings.HUNTER_URL = live_server.url
    return partner_center


@pytest.fixture
def client_there(sandbox, settings):
    """A client at the registration host, as another installation has one."""
    token = registration_token(wait=registering.WAIT_FOR_TURN)
    return RegistrationClient(base_url=settings.PARTNER_CENTER_REGISTRATION_URL, gate=OpenGate(), bearer=token)


def register_other(client):
    return client.register(Registration(OTHER, ("referral-created",)), anew=True)


def there(sandbox):
    return sandbox.control.state("partner-center")["webhooks"]["registered"]


def changes(sandbox):
    calls = sandbox.control.calls("partner-center")
    return [one["method"] for one in calls if one["operation"] == "registration" and one["method"] != "GET"]


def test_p38_hunters_address_is_registered_for_every_event_once(sandbox):
    person = administrator()

    first, again = register_webhooks(by=person), register_webhooks(by=person)

    assert there(sandbox)["WebhookUrl"] == first.url == registering.webhook_address()
    assert set(there(sandbox)["WebhookEvents"]) == set(WANTED)
    assert (first.was_changed, again.was_changed, changes(sandbox)) == (True, False, ["POST"])
    entry = AuditEntry.objects.get(act="register webhooks")
    assert (entry.by, entry.before, entry.after) == (person, None, first.url)


def test_p38_the_address_of_another_installation_is_left_alone_until_a_person_says_so(sandbox, client_there):
    register_other(client_there)

    with pytest.raises(AddressTaken, match=r"other\.example\.com"):
        register_webhooks(by=None)
    assert there(sandbox)["WebhookUrl"] == OTHER
    assert not AuditEntry.objects.filter(act="register webhooks").exists()

    told = register_webhooks(replace=True, by=None)
    assert there(sandbox)["WebhookUrl"] == registering.webhook_address()
    assert told.before == OTHER
    assert changes(sandbox) == ["POST", "PUT"]
    assert AuditEntry.objects.get(act="register webhooks").before == OTHER


def test_p38_a_registration_that_lacks_an_event_is_completed(sandbox, client_there):
    client_there.register(Registration(registering.webhook_address(), ("referral-created",)), anew=True)

    assert register_webhooks(by=None).was_changed
    assert set(there(sandbox)["WebhookEvents"]) == set(WANTED)


def test_p38_a_test_arrives_and_is_believed(sandbox):
    register_webhooks(by=None)

    told = send_test(by=None, wait=lambda seconds: until_it_was_sent(sandbox))

    assert (told.has_arrived, told.failed) == (True, False)
    assert WebhookDelivery.objects.get(event="test-created").is_verified
    assert WebhookRegistration.objects.get().test_told == registering.ARRIVED
    assert AuditEntry.objects.get(act="test webhooks").after == registering.ARRIVED


def test_p38_a_test_that_does_not_arrive_says_what_partner_center_says(sandbox, client_there, settings):
    dead = settings.HUNTER_URL + "/nowhere/"
    client_there.register(Registration(dead, WANTED), anew=True)

    told = send_test(by=None, wait=lambda seconds: until_it_was_sent(sandbox))

    assert told.failed
    assert told.sentence().endswith("The test was sent 10 times and did not arrive; Partner Center says: Not Found.")


def test_p38_the_third_test_in_a_minute_is_told_in_words(sandbox):
    register_webhooks(by=None)
    for _ in range(2):
        send_test(by=None, wait=lambda seconds: until_it_was_sent(sandbox))

    with pytest.raises(HunterError, match="two tests a minute"):
        send_test(by=None, wait=lambda seconds: until_it_was_sent(sandbox))


def until_it_was_sent(sandbox):
    """In place of the time between two looks: until the sandbox has sent as many tests as it was asked for."""
    asked = [one for one in sandbox.control.calls("partner-center") if one["path"].endswith("/validationEvents")]
    until(lambda: len(sandbox.control.state("partner-center")["webhooks"]["deliveries"]) == len(asked), what="the test")


def test_t9_the_token_is_of_its_own_audience_and_the_sign_in_goes_on(sandbox, client_there, settings):
    before = opened(StoredToken.objects.get().renewal)
    held = opened(StoredToken.objects.get().access_token)

    token = registration_token(wait=registering.WAIT_FOR_TURN)

    assert opened(StoredToken.objects.get().access_token) == held != token
    assert opened(StoredToken.objects.get().renewal) != before
    wrong = RegistrationClient(base_url=settings.PARTNER_CENTER_REGISTRATION_URL, gate=OpenGate(), bearer=held)
    with pytest.raises(AuthenticationFailed):
        wrong.current()


def test_no_token_goes_out_in_the_clear(client_there):
    with pytest.raises(Misconfigured, match="https"):
        RegistrationClient(base_url="http://registration.example.com", gate=OpenGate(), bearer="t")


@pytest.mark.parametrize("url", ["", "http://hunter.example.com", "https://a@hunter.example.com", "hunter.example.com"])
def test_an_address_that_microsoft_cannot_reach_is_never_registered(sandbox, settings, url):
    settings.HUNTER_URL = url

    with pytest.raises(HunterError, match="HUNTER_URL"):
        register_webhooks(by=None)
    assert changes(sandbox) == []


def test_the_command_shows_registers_and_refuses(sandbox, client_there):
    assert run("--show", "--json") == {
        "url": None, "events": [], "ours": False, "changed": False, "before": None, "arrived": None,
    }  # fmt: skip
    assert run("--json")["changed"]
    assert run("--show", "--json")["ours"]
    client_there.register(Registration(OTHER, WANTED), anew=False)
    told = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("register_webhooks", stderr=told)
    assert (ended.value.code, OTHER in told.getvalue()) == (2, True)
    assert show_registration().url == OTHER


def run(*options):
    out = StringIO()
    call_command("register_webhooks", *options, stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())


def test_the_page_registers_by_post_and_shows_what_was_seen(sandbox, client):
    client.force_login(administrator())
    assert "not looked at yet" in client.get(reverse(PAGE)).content.decode()
    act = reverse("admin:remote_signin_act", args=["register_webhooks"])

    assert "Take the events from another address" in client.get(act).content.decode()
    assert changes(sandbox) == []
    client.post(act, {"confirmed": "1"}, follow=True)

    page = client.get(reverse(PAGE)).content.decode()
    assert there(sandbox)["WebhookUrl"] == registering.webhook_address()
    assert ">registered<" in page
    assert registering.webhook_address() in page


def test_registering_is_a_permission_of_its_own(sandbox, client):
    client.force_login(staff("remote.view_signin", "remote.make_signin"))

    page = client.get(reverse(PAGE)).content.decode()
    answer = client.post(reverse("admin:remote_signin_act", args=["register_webhooks"]), {"confirmed": "1"})

    assert "Register webhooks" not in page
    assert (answer.status_code, changes(sandbox)) == (403, [])


@pytest.fixture
def api(sandbox):
    """Calls the API of the running server with a token of somebody who has these permissions."""

    def call(method, path="", *permissions, **sent):
        token = Token.objects.create(user=user_with(*permissions))
        address = f"{settings.HUNTER_URL}/api/v1/webhook-registration/{path}"
        return requests.request(method, address, headers={"Authorization": f"Token {token.key}"}, timeout=60, **sent)

    return call


def test_over_the_api_the_address_is_registered_tried_and_seen(sandbox, api):
    unseen = api("GET", "", MAY_SEE).json()

    registered = api("POST", "", MAY_REGISTER)
    tested = api("POST", "test/", MAY_REGISTER)

    ours = registering.webhook_address()
    assert (unseen["address"], unseen["url"], unseen["ours"], unseen["seen_at"]) == (ours, None, False, None)
    assert (registered.status_code, registered.json()["changed"], registered.json()["url"]) == (200, True, ours)
    assert (tested.status_code, tested.json()["changed"], tested.json()["arrived"]) == (200, False, True)
    assert tested.json()["detail"].endswith("The test arrived here, and its signature was believed.")
    assert registered.json().keys() == examples.REGISTERED.keys()
    seen = api("GET", "", MAY_SEE).json()
    assert (seen["url"], seen["ours"], seen["test_told"]) == (ours, True, registering.ARRIVED)
    acts = AuditEntry.objects.filter(act__endswith=" webhooks").order_by("id")
    assert list(acts.values_list("act", flat=True)) == ["register webhooks", "test webhooks"]


def test_over_the_api_the_address_of_another_is_told_and_left_alone_until_it_may_be_replaced(
    sandbox, client_there, api
):
    register_other(client_there)

    looked = api("POST", "look/", MAY_REGISTER).json()
    refused = api("POST", "", MAY_REGISTER)
    assert (looked["url"], looked["ours"], there(sandbox)["WebhookUrl"]) == (OTHER, False, OTHER)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:hunter:problem:refused")
    assert OTHER in refused.json()["detail"]

    replaced = api("POST", "", MAY_REGISTER, json={"replace": True}).json()
    assert (replaced["before"], replaced["ours"]) == (OTHER, True)
    assert there(sandbox)["WebhookUrl"] == registering.webhook_address()


def test_over_the_api_an_address_that_microsoft_cannot_reach_is_refused_and_told_as_none(sandbox, settings):
    settings.HUNTER_URL = ""

    seen = api_client(MAY_SEE).get("/api/v1/webhook-registration/").json()
    refused = api_client(MAY_REGISTER).post("/api/v1/webhook-registration/")

    assert (seen["address"], seen["ours"]) == (None, False)
    assert (refused.status_code, refused.json()["field"]) == (409, "HUNTER_URL")
    assert changes(sandbox) == []


@pytest.mark.parametrize("path", ["", "look/", "test/"])
def test_over_the_api_who_may_see_may_not_register(sandbox, api, path):
    assert api("POST", path, MAY_SEE).status_code == 403
    assert api("GET", "", MAY_REGISTER).status_code == 403
    assert changes(sandbox) == []
