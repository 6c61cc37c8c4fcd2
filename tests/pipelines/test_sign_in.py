"""A sign-in that ends, and the way back: the lane needs a person, and goes on by itself after the sign-in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from hunter.ops.lane_cards import lane_cards
from hunter.remote import limits
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName
from hunter.remote.models import Lane, SignIn, StoredToken
from hunter.sandbox import identities
from hunter.work.drainer import Drainer
from hunter.work.models import ErrorRecord
from hunter.work.problems import LANE
from hunter.work.trouble import mend
from referrals.models import Referral, SyncRun, SyncState
from referrals.services import runs
from referrals.services.runs import Wish
from referrals.services.syncing import sync_referrals
from tests.factories.people import administrator, staff
from tests.referrals.browser import Browser
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def browser(partner_center) -> Browser:
    """Of somebody who may sign in."""
    one = Browser()
    one.client.force_login(administrator("ayse"))
    return one


def drain():
    Drainer(LaneName.PARTNER_CENTER, budget=timedelta(seconds=PATIENCE)).run()


def trouble() -> ErrorRecord:
    return ErrorRecord.objects.get(kind=LANE, key="partner_center")


def card():
    return next(one for one in lane_cards() if one.name == "partner_center")


def home(browser):
    cache.clear()
    return browser.client.get(reverse("admin:index")).content.decode()


def lose_the_sign_in(sandbox, how):
    """The ways in which a sign-in ends at the other side."""
    match how:
        case "revoked":
            sandbox.control.edit("entra", {"revoke_sign_ins": True})
        case "disabled":
            sandbox.control.edit("entra", {"enabled": False})
        case "without MFA":
            sandbox.control.edit("entra", {"mfa": False})
        case number:
            sandbox.control.add_fault(service="entra", operation="token", fault="status", code=number)


def mend_the_other_side(sandbox):
    sandbox.control.edit("entra", {"mfa": True, "enabled": True})
    sandbox.control.clear_faults()


@pytest.mark.proves("R5.5", "R5.8")
@pytest.mark.fault(18)
@pytest.mark.parametrize(
    "how",
    ["revoked", "disabled", "without MFA", "50173", "700082", "70008", "70043", "65001", "50076", "53003", "50057"],
)
def test_p9_p14_the_lane_needs_a_person_and_goes_on_at_once_after_a_sign_in(partner_center, browser, how):
    lose_the_sign_in(partner_center, how)
    runs.start_sync(Wish(full=True))
    drain()
    needed, told, paused = card(), home(browser), Lane.objects.get(name="partner_center").paused_until
    mend_the_other_side(partner_center)

    browser.sign_in()
    drain()

    assert (needed.state, needed.note.needs_person) == ("needs a person", True)
    assert reverse("admin:remote_signin_changelist") in told
    assert paused is not None
    assert paused > database_now(), "the pause would have gone on"
    assert trouble().state == ErrorRecord.State.RESOLVED
    assert SyncRun.objects.get().state != SyncState.RUNNING
    assert Referral.objects.exists()
    assert card().state == "ok"


def test_p14_a_token_without_mfa_is_renewed_once_before_a_person_is_asked(partner_center, browser):
    lose_the_sign_in(partner_center, "without MFA")
    runs.start_sync(Wish(full=True))

    drain()

    assert trouble().error_class == "authentication"
    assert "multi-factor authentication" in trouble().message
    asked = [call["operation"] for call in partner_center.control.calls("entra")]
    assert asked.count("token") == 2


def test_who_may_not_see_the_sign_in_is_told_of_the_paused_lane_all_the_same(partner_center, browser):
    lose_the_sign_in(partner_center, "revoked")
    runs.start_sync(Wish(full=True))
    drain()
    other = Browser()
    other.client.force_login(staff("remote.view_lane"))

    with_sign_in, without = home(browser), home(other)

    assert ("Partner Center is paused" in with_sign_in, "Partner Center is paused" in without) == (False, True)
    assert reverse("admin:remote_signin_changelist") not in without


def test_a_message_about_the_sign_in_names_nobody(partner_center, browser):
    lose_the_sign_in(partner_center, "50173")
    runs.start_sync(Wish(full=True))

    drain()

    assert "@" not in trouble().message


@pytest.mark.proves("R2.6")
def test_a_sign_in_ends_no_pause_that_the_service_asked_for(partner_center, browser):
    lose_the_sign_in(partner_center, "revoked")
    runs.start_sync(Wish(full=True))
    drain()
    limits.pause(LaneName.PARTNER_CENTER, wait=timedelta(minutes=30), reason="Partner Center answered 429.")
    mend_the_other_side(partner_center)

    browser.sign_in()

    paused_until = Lane.objects.get(name="partner_center").paused_until
    assert paused_until is not None
    assert paused_until > database_now() + timedelta(minutes=29)


def test_a_sign_in_lets_no_lane_go_on_that_a_person_holds(partner_center, browser):
    Lane.objects.filter(name="partner_center").update(held=True, held_reason="maintenance")

    browser.sign_in()

    assert Lane.objects.get(name="partner_center").held
    assert "resume it under Lanes" in browser.told()[0]


def test_mending_a_lane_without_trouble_changes_nothing(db):
    limits.ensure_lane(LaneName.PARTNER_CENTER)
    limits.pause(LaneName.PARTNER_CENTER, wait=timedelta(minutes=30), reason="Partner Center answered 429.")

    mend(LaneName.PARTNER_CENTER)

    assert Lane.objects.get(name="partner_center").paused_until is not None


@pytest.mark.proves("R2.7")
def test_a_refresh_token_of_the_settings_is_noted_as_a_sign_in_once(partner_center):
    sync_referrals(Wish(full=True))
    noted = SignIn.objects.get()
    StoredToken.objects.update(expires_at=database_now())

    sync_referrals(Wish(full=True))

    assert (noted.account_name, noted.how, noted.by) == (identities.USER_NAME, "given", None)
    assert SignIn.objects.get().signed_in_at == noted.signed_in_at


@pytest.mark.proves("R2.6")
def test_a_429_pauses_the_whole_lane_for_as_long_as_it_says(partner_center):
    partner_center.control.add_fault(
        service="partner-center", operation="list", fault="status", status=429, retry_after="120"
    )
    runs.start_sync(Wish(full=True))

    drain()

    paused_until = Lane.objects.get(name="partner_center").paused_until
    assert paused_until is not None
    assert paused_until > database_now() + timedelta(seconds=110)
    assert not ErrorRecord.objects.filter(kind=LANE).exists(), "nobody has to act"
    assert len(partner_center.control.calls("partner-center")) == 1
