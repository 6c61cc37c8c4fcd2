"""Where the client's requests go, and with what (contract 2, trap T10)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hunter.remote.errors import Misconfigured, PermanentFailure
from hunter.remote.gate import OpenGate
from referrals.client import PartnerCenterClient, list_filter, trusted_link

BASE = "https://api.partner.microsoft.com"
LIST = f"{BASE}/v1.0/engagements/referrals"


@pytest.mark.parametrize(
    ("link", "address"),
    [
        pytest.param(f"{LIST}?$skiptoken=abc", f"{LIST}?$skiptoken=abc", id="as it is"),
        pytest.param(f"{LIST.replace('https', 'http')}?$skiptoken=abc", f"{LIST}?$skiptoken=abc", id="https is forced"),
        pytest.param("/v1.0/engagements/referrals?$skiptoken=abc", f"{LIST}?$skiptoken=abc", id="relative"),
        pytest.param(
            f"{BASE}/v1.0/referrals?$skiptoken=b3du%3d%3d", f"{LIST}?$skiptoken=b3du%3D%3D", id="another path"
        ),
        pytest.param(f"{BASE}/v1.0/referrals?%24skiptoken=abc", f"{LIST}?$skiptoken=abc", id="an encoded dollar"),
        pytest.param(
            f"{BASE}:443/v1.0/referrals?$skiptoken=a", f"{LIST}?$skiptoken=a", id="the usual port, written out"
        ),
        pytest.param(
            "HTTPS://API.Partner.Microsoft.COM/v1.0/engagements/referrals?$skiptoken=a",
            f"{LIST}?$skiptoken=a",
            id="our host in other letters, written as ours",
        ),
    ],
)
def test_a_link_to_the_next_page_is_followed_on_our_own_server(link, address):
    assert trusted_link(link, base_url=BASE) == address


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("https://evil.example/v1.0/engagements/referrals?$skiptoken=a", id="another host"),
        pytest.param(f"{BASE}.evil.example/v1.0/engagements/referrals?$skiptoken=a", id="a host that begins like ours"),
        pytest.param("https://api.partner.microsoft.com@evil.example/?$skiptoken=a", id="our name as a user's"),
        pytest.param(f"{BASE}:8443/v1.0/referrals?$skiptoken=a", id="another port"),
        pytest.param("//evil.example/v1.0/referrals?$skiptoken=a", id="no scheme"),
        pytest.param(LIST.replace("https://", "https://hunter:word@") + "?$skiptoken=a", id="a name and a password"),
        pytest.param(LIST.replace("https://", "https://@") + "?$skiptoken=a", id="an empty name"),
        pytest.param(LIST.replace("https", "ftp") + "?$skiptoken=a", id="another scheme"),
        pytest.param("javascript:/v1.0/engagements/referrals?$skiptoken=a", id="no server, another scheme"),
        pytest.param("https://api.partner%2Emicrosoft.com/v1.0/referrals?$skiptoken=a", id="an encoded host"),
        pytest.param("https://api.partner.microsoft.com%2F@evil.example/?$skiptoken=a", id="an encoded slash"),
        pytest.param("https://api.partner.microsoft.com\\@evil.example/?$skiptoken=a", id="a backslash"),
        pytest.param("https://api.partner.microsoft.com:x/v1.0/referrals?$skiptoken=a", id="a port that is none"),
        pytest.param(
            "https://аpi.partner.microsoft.com/v1.0/referrals?$skiptoken=a", id="a letter that looks like ours"
        ),
        pytest.param(f"{BASE}/v1.0/other?x=1", id="no place in the list"),
        pytest.param("https://[broken", id="no address at all"),
        pytest.param("", id="empty"),
    ],
)
def test_a_link_to_elsewhere_is_refused(link):
    with pytest.raises(PermanentFailure, match="was not followed"):
        trusted_link(link, base_url=BASE)


def test_the_filter_writes_times_in_utc_with_a_z():
    since = datetime(2026, 5, 4, 10, 0, 0, 5, tzinfo=UTC)

    assert list_filter(since) == "direction eq 'Incoming' and updatedDateTime ge 2026-05-04T10:00:00.000005Z"
    assert list_filter(None) == "direction eq 'Incoming'"


def test_a_token_is_never_sent_in_the_clear_to_another_machine():
    with pytest.raises(Misconfigured, match="https"):
        PartnerCenterClient(base_url="http://api.partner.example", gate=OpenGate(), bearer="secret")


def test_a_page_and_a_single_referral_of_the_sandbox(partner_center_alone):
    sandbox, client = partner_center_alone

    page = client.first_page(since=None)
    one = client.referral(page.rows[0]["id"])

    assert page.next_link == ""
    assert one["id"] == page.rows[0]["id"]
    calls = sandbox.control.calls("partner-center")
    assert [call["method"] for call in calls] == ["GET", "GET"]
