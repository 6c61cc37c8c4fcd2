"""Signing in to Partner Center from the admin, in a browser (contract 1.3a)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from hunter.audit.models import AuditEntry
from hunter.remote.errors import AuthenticationFailed
from hunter.remote.models import SignIn, StoredToken
from hunter.remote.sealing import opened
from hunter.remote.tokens import bearer
from hunter.sandbox import identities
from referrals.authentication import PartnerCenterSignIn
from referrals.renewal import read_renewal
from referrals.services.signing_in import sign_out
from tests.factories.people import administrator, staff
from tests.referrals.browser import ADA, DENIZ, HOST, Browser

pytestmark = pytest.mark.django_db
LONG = timedelta(minutes=5)


@pytest.fixture
def sandbox(partner_center_settings, settings):
    """Partner Center is on, nobody has signed in, and calls are not held back."""
    settings.PARTNER_CENTER_ENABLED = True
    settings.PARTNER_CENTER_REFRESH_TOKEN = ""
    settings.LANE_LIMITS = dict.fromkeys(("partner_center", "entra"), "100000,100000")
    return partner_center_settings


@pytest.fixture
def ayse(sandbox):
    return administrator("ayse")


@pytest.fixture
def browser(ayse) -> Browser:
    """Ayşe's."""
    one = Browser()
    one.client.force_login(ayse)
    return one


def kept_renewal():
    return read_renewal(opened(StoredToken.objects.get().renewal))


@pytest.mark.proves("R2.7")
def test_1_3a_a_person_signs_in_and_everybody_uses_that_token(browser, sandbox):
    browser.sign_in()

    token = bearer(PartnerCenterSignIn(), outlives=LONG)

    assert sandbox.check_token(token, identities.PARTNER_CENTER_RESOURCE).user == ADA.name
    assert kept_renewal().is_of_web_app
    assert browser.told() == [f"Signed in to Partner Center as {ADA.name}. What waits for Partner Center goes on now."]


def test_1_3a_who_signed_in_which_account_and_when_is_kept_and_audited(browser, ayse):
    browser.sign_in()

    kept, entry = SignIn.objects.get(), AuditEntry.objects.get()
    assert (kept.account_name, kept.how, kept.by) == (ADA.name, "browser", ayse)
    assert (entry.act, entry.by, entry.after, entry.why) == ("sign in", ayse, ADA.name, "in a browser")
    text = browser.page()
    assert ADA.name in text
    assert "by ayse" in text
    assert "90 days" in text


def test_1_3a_the_browser_is_sent_to_the_configured_sign_in_with_pkce_and_state(browser, sandbox):
    address = browser.begin()

    assert address.startswith(f"{sandbox.env['ENTRA_URL']}/{identities.TENANT_ID}/oauth2/v2.0/authorize?")
    assert "code_challenge_method=S256" in address
    assert "response_mode=query" in address
    assert "prompt=select_account" in address, "the browser may be signed in with another account"
    assert "client_secret" not in address


def test_1_3a_a_renewal_of_a_web_sign_in_shows_the_secret_and_rotates_the_token(browser, sandbox):
    sandbox.control.edit("entra", {"token_lifetime": 60})
    browser.sign_in()
    before = kept_renewal().refresh_token
    sandbox.control.edit("entra", {"token_lifetime": None})

    token = bearer(PartnerCenterSignIn(), outlives=LONG)

    assert sandbox.check_token(token, identities.PARTNER_CENTER_RESOURCE).is_valid
    assert kept_renewal().refresh_token != before
    assert SignIn.objects.get().how == "browser", "a renewal is no new sign-in"


def test_1_3a_without_a_secret_the_app_signs_in_as_a_public_client(browser, sandbox, settings):
    settings.PARTNER_CENTER_CLIENT_SECRET = ""
    sandbox.control.edit("entra", {"redirect_type": "public"})

    browser.sign_in()

    assert not kept_renewal().is_of_web_app


# --- What comes back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["", "another"], ids=["no state", "another state"])
def test_1_3a_an_answer_with_another_state_changes_nothing_and_the_right_one_still_counts(browser, state):
    came = browser.at_microsoft(browser.begin(), person=ADA.object_id)

    browser.come_back(came | {"state": state})
    refused, kept = browser.told(), SignIn.objects.count()
    browser.come_back(came)

    assert "belongs to no sign-in" in refused[0]
    assert kept == 0
    assert SignIn.objects.get().account_name == ADA.name


def test_1_3a_an_answer_is_used_once(browser, sandbox):
    came = browser.at_microsoft(browser.begin(), person=ADA.object_id)
    browser.come_back(came)
    calls = len(sandbox.control.calls("entra"))

    browser.come_back(came)

    assert "belongs to no sign-in" in browser.told()[-1]
    assert len(sandbox.control.calls("entra")) == calls


def test_1_3a_an_answer_in_another_persons_browser_is_refused(browser, sandbox):
    came = browser.at_microsoft(browser.begin(), person=ADA.object_id)
    other = Browser()
    other.client.force_login(administrator())

    other.come_back(came)

    assert "belongs to no sign-in" in other.told()[0]
    assert not SignIn.objects.exists()


def test_1_3a_a_sign_in_ends_after_ten_minutes(browser):
    came = browser.at_microsoft(browser.begin(), person=ADA.object_id)
    session = browser.client.session
    kept = session["partner_center_flow"]
    session["partner_center_flow"] = kept | {"ends_at": "2020-01-01T00:00:00+00:00"}
    session.save()

    browser.come_back(came)

    assert "longer than ten minutes" in browser.told()[0]
    assert not SignIn.objects.exists()


def test_1_3a_a_code_that_was_used_is_told_with_the_way_out(browser, sandbox):
    first = browser.at_microsoft(browser.begin(), person=ADA.object_id)
    browser.come_back(first)
    second = browser.at_microsoft(browser.begin(), person=ADA.object_id)

    browser.come_back(second | {"code": first["code"]})

    told = browser.told()[-1]
    assert "AADSTS54005" in told
    assert told.endswith("the code was used before. Begin the sign-in anew.")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        pytest.param("decline", "declined to consent", id="declined"),
        pytest.param("block", "conditional access blocks the sign-in", id="conditional access"),
        pytest.param("no_consent", "grant admin consent", id="no consent"),
    ],
)
def test_1_3a_a_refusal_is_told_in_plain_words(browser, said, words):
    browser.come_back(browser.at_microsoft(browser.begin(), refuse=said))

    assert words in browser.told()[0]
    assert not SignIn.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"partner_center_secret": "rotated"}, "the client secret is wrong", id="7000215"),
        pytest.param({"redirect_type": "public"}, "takes no secret", id="700025: web settings, public redirect"),
        pytest.param({"token_tenant": "99999999-0000-4000-8000-000000000009"}, "another tenant", id="another tenant"),
    ],
)
def test_1_3a_what_does_not_fit_when_the_code_is_redeemed_is_told_and_nothing_kept(browser, sandbox, change, words):
    came = browser.at_microsoft(browser.begin(), person=ADA.object_id)
    sandbox.control.edit("entra", change)

    browser.come_back(came)

    assert words in browser.told()[0]
    assert not StoredToken.objects.exists()


def test_1_3a_a_web_redirect_without_the_secret_says_what_is_missing(browser, settings):
    came = browser.at_microsoft(browser.begin(), person=ADA.object_id)
    settings.PARTNER_CENTER_CLIENT_SECRET = ""

    browser.come_back(came)

    assert "wants a client secret" in browser.told()[0]


@pytest.mark.parametrize("fault", [{"fault": "status", "status": 503}, {"fault": "html"}, {"fault": "drop_before"}])
def test_p10_an_outage_while_the_code_is_redeemed_is_told_and_nothing_kept(browser, sandbox, fault):
    came = browser.at_microsoft(browser.begin(), person=ADA.object_id)
    sandbox.control.add_fault(service="entra", operation="token", **fault)

    browser.come_back(came)

    assert "Try again in a minute." in browser.told()[0]
    assert not StoredToken.objects.exists()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PARTNER_CENTER_CLIENT_ID", "", "PARTNER_CENTER_CLIENT_ID is not set"),
        ("PARTNER_CENTER_TENANT_ID", "common", "no tenant of your own"),
        ("PARTNER_CENTER_TENANT_ID", "nobody.example", "doesn't know the tenant"),
        ("ENTRA_URL", "http://login.example", "not an https address"),
        ("PARTNER_CENTER_ENABLED", False, "PARTNER_CENTER_ENABLED"),
    ],
)
def test_a_sign_in_that_can_not_begin_says_why(browser, settings, name, value, words):
    setattr(settings, name, value)

    assert browser.begin() == ""
    assert words in browser.told()[0]


def test_1_2_a_tenant_may_be_named_by_its_domain(browser, settings):
    settings.PARTNER_CENTER_TENANT_ID = identities.TENANT_DOMAIN

    browser.sign_in()

    assert SignIn.objects.get().account_id == f"{ADA.object_id}.{identities.TENANT_ID}"


def test_1_2_a_tenant_named_by_its_domain_is_held_against_the_token_too(browser, sandbox, settings):
    settings.PARTNER_CENTER_TENANT_ID = identities.TENANT_DOMAIN
    sandbox.control.edit("entra", {"token_tenant": "99999999-0000-4000-8000-000000000009"})

    browser.sign_in()

    assert "another tenant" in browser.told()[0]


# --- Another account, and out again ------------------------------------------------------------------------------------


def test_1_5_another_account_is_not_taken_before_a_person_has_said_so(browser, sandbox):
    browser.sign_in(ADA)

    answer = browser.sign_in(DENIZ)
    asked = browser.client.get(answer["Location"], headers={"host": HOST}).content.decode()
    user = sandbox.check_token(bearer(PartnerCenterSignIn(), outlives=LONG), identities.PARTNER_CENTER_RESOURCE).user

    assert ADA.name in asked
    assert DENIZ.name in asked
    assert (user, SignIn.objects.get().account_name) == (ADA.name, ADA.name)


def test_1_5_another_account_takes_the_place_when_a_person_says_so(browser, sandbox, ayse):
    browser.sign_in(ADA)
    browser.sign_in(DENIZ)

    browser.decide("use")

    user = sandbox.check_token(bearer(PartnerCenterSignIn(), outlives=LONG), identities.PARTNER_CENTER_RESOURCE).user
    assert (user, SignIn.objects.get().account_name) == (DENIZ.name, DENIZ.name)
    entry = AuditEntry.objects.order_by("-id").first()
    assert entry is not None
    assert (entry.before, entry.after, entry.by) == (ADA.name, DENIZ.name, ayse)


def test_1_5_the_account_in_use_can_be_kept(browser):
    browser.sign_in(ADA)
    browser.sign_in(DENIZ)

    browser.decide("keep")
    browser.decide("use")

    assert SignIn.objects.get().account_name == ADA.name


def test_nothing_of_a_sign_in_that_waits_for_a_word_is_readable_in_the_session(browser):
    browser.sign_in(ADA)
    browser.sign_in(DENIZ)

    waiting = browser.client.session["partner_center_other_account"]

    assert not any(clear in str(waiting) for clear in ("1.A", "eyJ0eXAi", "eyJhbGci", "refresh_token"))


def test_the_same_account_signs_in_anew_without_a_question(browser):
    browser.sign_in(ADA)

    answer = browser.sign_in(ADA)

    assert answer["Location"] == reverse("admin:remote_signin_changelist")


def test_signing_out_forgets_the_tokens_is_confirmed_and_audited(browser, ayse):
    browser.sign_in()
    address = reverse("admin:remote_signin_act", args=["sign_out"])

    browser.client.post(address, headers={"host": HOST})
    still_there = SignIn.objects.exists()
    browser.client.post(address, {"confirmed": "1"}, headers={"host": HOST})

    assert still_there
    assert not SignIn.objects.exists()
    with pytest.raises(AuthenticationFailed, match="signed Hunter out"):
        bearer(PartnerCenterSignIn(), outlives=LONG)
    entry = AuditEntry.objects.order_by("-id").first()
    assert entry is not None
    assert (entry.act, entry.before, entry.by) == ("sign out", ADA.name, ayse)


def test_after_a_sign_out_only_a_new_token_in_the_settings_signs_in(sandbox, settings):
    settings.PARTNER_CENTER_REFRESH_TOKEN = sandbox.env["PARTNER_CENTER_REFRESH_TOKEN"]
    bearer(PartnerCenterSignIn(), outlives=LONG)
    sign_out(by=None)

    with pytest.raises(AuthenticationFailed):
        bearer(PartnerCenterSignIn(), outlives=LONG)
    settings.PARTNER_CENTER_REFRESH_TOKEN = sandbox.control.edit("entra", {"sign_in": True})["refresh_token"]

    assert bearer(PartnerCenterSignIn(), outlives=LONG)
    assert SignIn.objects.get().how == "given"


# --- Who may -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["begin", "callback", "other"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_signing_in_is_a_permission_of_its_own(sandbox, name, method):
    client = Client()
    client.force_login(staff("remote.view_signin"))

    assert getattr(client, method)(reverse(f"admin:remote_signin_{name}")).status_code == 403


def test_who_may_only_look_is_offered_no_button(sandbox):
    browser = Browser()
    browser.client.force_login(staff("remote.view_signin"))

    assert "begin/" not in browser.page()


def test_a_sign_in_begins_by_post_with_the_token_of_the_form_only(ayse):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ayse)
    begin = reverse("admin:remote_signin_begin")

    assert client.get(begin).status_code == 405
    assert client.post(begin).status_code == 403


def test_looking_at_the_question_about_accounts_changes_nothing(browser):
    browser.sign_in(ADA)
    answer = browser.sign_in(DENIZ)

    browser.client.get(answer["Location"], headers={"host": HOST})

    assert SignIn.objects.get().account_name == ADA.name


# --- The page ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "hunter_url", "address", "has_trouble"),
    [
        pytest.param("localhost:8000", "", "http://localhost:8000", False, id="this machine by name"),
        pytest.param("127.0.0.1:8000", "", "http://127.0.0.1:8000", True, id="this machine by number"),
        pytest.param("hunter.example", "https://hunter.example", "https://hunter.example", False, id="behind a proxy"),
        pytest.param("hunter.example", "", "http://hunter.example", True, id="behind a proxy that hides its https"),
        pytest.param("hunter.example", "https://other.example", "http://hunter.example", True, id="another name"),
    ],
)
def test_the_page_shows_the_redirect_address_and_whether_microsoft_takes_it(
    ayse, settings, host, hunter_url, address, has_trouble
):
    settings.ALLOWED_HOSTS = ["*"]
    settings.HUNTER_URL = hunter_url
    client = Client()
    client.force_login(ayse)

    text = client.get(reverse("admin:remote_signin_changelist"), headers={"host": host}).content.decode()

    assert f"{address}/admin/remote/signin/callback/" in text
    assert ("Microsoft takes addresses without https" in text) is has_trouble


def test_the_page_says_what_is_known_of_the_end_of_the_secret(browser, settings):
    before = browser.page()
    browser.sign_in()
    unknown = browser.page()
    settings.PARTNER_CENTER_CLIENT_SECRET_ENDS = "2030-05-31"

    assert "Client secret" not in before
    assert "not known here" in unknown
    assert "31 May 2030" in browser.page()


def test_the_home_page_and_the_lane_lead_to_the_sign_in_while_nobody_is_signed_in(browser):
    cache.clear()
    home = browser.client.get(reverse("admin:index")).content.decode()
    lanes = browser.client.get(reverse("admin:remote_lane_changelist")).content.decode()

    for text in (home, lanes):
        assert reverse("admin:remote_signin_changelist") in text
    assert "Partner Center: Nobody is signed in." in home
    assert "needs a person" in lanes


def test_the_lane_shows_the_account_shortened(browser):
    browser.sign_in()
    browser.told()

    text = browser.client.get(reverse("admin:remote_lane_changelist")).content.decode()

    assert "Signed in as re…@kuzeybilisim.example" in text
    assert ADA.name not in text
