"""When a sign-in ends, and whether people are told in time (contract 1.4)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse

from hunter.ops.lane_cards import lane_cards
from hunter.ops.lane_notes import lane_notes
from hunter.remote.clock import database_now
from hunter.remote.lanes import LaneName
from hunter.remote.models import SignIn, StoredToken
from hunter.remote.sign_ins import Account, keep_sign_in, shortened
from hunter.remote.tokens import FetchedToken, store
from referrals.checks import check_secret_day
from referrals.renewal import Renewal
from referrals.sign_in_ends import near_end, secret_ends
from tests.factories.people import administrator

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
WARN = timedelta(days=14)


@pytest.mark.parametrize(
    ("renewed_days_ago", "secret", "words"),
    [
        pytest.param(0, None, "", id="used just now"),
        pytest.param(75, None, "", id="fifteen days left"),
        pytest.param(76, None, "The sign-in ends on 18 May 2026 if nothing uses it before", id="fourteen days left"),
        pytest.param(91, None, "was not used for 90 days and has ended on 03 May 2026", id="over"),
        pytest.param(None, None, "", id="nobody signed in"),
        pytest.param(0, date(2026, 5, 19), "", id="a secret with fifteen days"),
        pytest.param(
            0, date(2026, 5, 18), "client secret ends on 18 May 2026, in 14 days", id="a secret with fourteen"
        ),
        pytest.param(0, date(2026, 5, 5), "in 1 day.", id="a secret with one day"),
        pytest.param(0, date(2026, 5, 4), "client secret has ended on 04 May 2026", id="a secret on its last day"),
        pytest.param(80, date(2026, 5, 6), "client secret", id="of two the nearer one"),
        pytest.param(89, date(2026, 5, 16), "The sign-in ends", id="of two the nearer one, the other way round"),
    ],
)
def test_1_4_what_ends_soon_is_told(renewed_days_ago, secret, words):
    renewed_at = NOW - timedelta(days=renewed_days_ago) if renewed_days_ago is not None else None

    told = near_end(renewed_at=renewed_at, secret=secret, now=NOW, warn=WARN)

    assert (words in told) if words else told == ""


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("referrals@contoso.com", "re…@contoso.com"),
        ("ab@contoso.com", "ab@contoso.com"),
        ("3c5a0000", "3c5a0000"),
    ],
)
def test_an_account_is_shortened_where_many_people_look(name, shown):
    assert shortened(name) == Account("x", name).shown == shown


@pytest.mark.parametrize(("value", "day"), [("", None), ("2027-05-31", date(2027, 5, 31))])
def test_the_day_on_which_the_secret_ends(settings, value, day):
    settings.PARTNER_CENTER_CLIENT_SECRET_ENDS = value

    assert secret_ends() == day
    assert check_secret_day() == []


def test_referrals_e001_a_day_that_is_none_is_told_before_anything_starts(settings):
    settings.PARTNER_CENTER_CLIENT_SECRET_ENDS = "31.5.2027"

    (error,) = check_secret_day()

    assert error.id == "referrals.E001"


@pytest.fixture
def signed_in(db, settings):
    """Somebody has signed in; gives a way to let the last renewal lie so long ago."""
    settings.PARTNER_CENTER_ENABLED = True
    settings.PARTNER_CENTER_CLIENT_SECRET = ""
    store("partner_center", FetchedToken("access", timedelta(hours=1), Renewal("refresh").text()))
    keep_sign_in("partner_center", Account("a.t", "referrals@contoso.com"), how=SignIn.How.BROWSER, by=None)

    def renewed(ago: timedelta) -> None:
        StoredToken.objects.update(renewed_at=database_now() - ago)

    return renewed


def test_days_before_a_sign_in_ends_the_home_page_and_the_lane_say_so(signed_in, client):
    client.force_login(administrator())
    signed_in(timedelta(days=80))
    cache.clear()

    home = client.get(reverse("admin:index")).content.decode()
    lanes = client.get(reverse("admin:remote_lane_changelist")).content.decode()

    for text in (home, lanes):
        assert "The sign-in ends on" in text
        assert reverse("admin:remote_signin_changelist") in text
    assert next(one for one in lane_cards() if one.name == "partner_center").state != "needs a person"


def test_how_many_days_before_is_a_setting(signed_in, settings):
    signed_in(timedelta(days=60))
    quiet = lane_notes()[LaneName.PARTNER_CENTER].warns
    settings.PARTNER_CENTER_WARN_DAYS = 31

    assert (quiet, lane_notes()[LaneName.PARTNER_CENTER].warns) == (False, True)


def test_a_service_that_is_off_has_nothing_to_say(signed_in, settings):
    settings.PARTNER_CENTER_ENABLED = False

    assert LaneName.PARTNER_CENTER not in lane_notes()


@pytest.mark.proves("R7.7")
def test_the_note_of_the_lane_costs_a_constant_number_of_queries(signed_in, django_assert_num_queries):
    with django_assert_num_queries(3):
        lane_notes()
