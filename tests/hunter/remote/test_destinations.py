"""Where people may send messages to, and where not: nothing that only Hunter's own network reaches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hunter.errors import HunterError
from hunter.remote.destinations import Reach, check_destination, check_redirect, is_public, reach_of
from hunter.remote.errors import PermanentFailure
from hunter.remote.gate import OpenGate
from hunter.remote.session import RemoteSession
from hunter.remote.statuses import StatusTable
from hunter.remote.transport import _PublicConnection
from tests.hunter.remote.server import toy_server


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://example.com/hook?a=1", id="an ordinary one"),
        pytest.param("https://example.com:8443/", id="another port"),
        pytest.param("https://8.8.8.8/x", id="a public address"),
        pytest.param("https://[2001:4860:4860::8888]/x", id="a public IPv6 address"),
    ],
)
def test_a_public_address_by_https_may_be_sent_to(url):
    assert check_destination(url).scheme == "https"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        pytest.param("http://example.com/hook", "https", id="not encrypted"),
        pytest.param("ftp://example.com/", "no web address", id="not the web"),
        pytest.param("example.com/hook", "no web address", id="no scheme"),
        pytest.param("https:///hook", "no web address", id="no host"),
        pytest.param("https://[::1/hook", "no web address", id="nonsense"),
        pytest.param("https://example.com:99999/", "no web address", id="no such port"),
        pytest.param("https://a:b@example.com/", "name and password", id="with a password"),
        pytest.param("https://example.com/a b", "spaces", id="a space"),
        pytest.param("https://example.com/\r\nHost: x", "line breaks", id="a line break"),
        pytest.param("https://127.0.0.1/", "private address", id="this machine"),
        pytest.param("https://localhost:5432/", "private address", id="this machine by name"),
        pytest.param("https://169.254.169.254/latest/meta-data", "private address", id="a cloud's metadata"),
        pytest.param("https://10.1.2.3/", "private address", id="a private network"),
        pytest.param("https://[::ffff:10.0.0.1]/", "private address", id="a private one inside IPv6"),
        pytest.param("https://[fe80::1]/", "private address", id="link-local"),
    ],
)
def test_what_is_refused_says_why(url, reason):
    with pytest.raises(HunterError) as caught:
        check_destination(url)

    assert reason in caught.value.message
    assert caught.value.field == "target"


def test_a_host_that_the_set_up_names_may_be_private_and_without_https(settings):
    settings.OUTGOING_PRIVATE_HOSTS = ["10.1.2.3"]

    assert check_destination("http://10.1.2.3/hook").hostname == "10.1.2.3"
    assert (reach_of("10.1.2.3"), reach_of("10.1.2.4")) == (Reach.ANYWHERE, Reach.PUBLIC)


def test_this_machine_may_be_sent_to_with_debug_only(settings):
    settings.DEBUG = True

    assert check_destination("http://localhost:8900/hook").port == 8900
    with pytest.raises(HunterError):
        check_destination("http://192.168.1.1/hook")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        pytest.param("8.8.8.8", True, id="public"),
        pytest.param("2606:4700::1111", True, id="public IPv6"),
        pytest.param("127.0.0.53", False, id="loopback"),
        pytest.param("0.0.0.0", False, id="any"),  # noqa: S104  an address to be refused
        pytest.param("100.64.0.1", False, id="a provider's own network"),
        pytest.param("224.0.0.1", False, id="many at once"),
        pytest.param("::ffff:169.254.169.254", False, id="mapped"),
        pytest.param("2002:7f00:1::1", False, id="6to4 of loopback"),
        pytest.param("64:ff9b::a00:1", False, id="NAT64 of a private one"),
        pytest.param("64:ff9b::808:808", True, id="NAT64 of a public one"),
        pytest.param("fc00::1", False, id="unique local"),
        pytest.param("no address", False, id="none"),
    ],
)
def test_which_addresses_are_public(address, public):
    assert is_public(address) is public


@given(st.ip_addresses())
def test_an_address_of_a_private_network_is_never_public(address):
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert not is_public(str(address))


class HereIsPublic(_PublicConnection):
    """As if this machine were out there."""

    allows = staticmethod(lambda address: address in {"127.0.0.1", "::1"})


def test_a_name_is_connected_to_at_the_address_that_was_looked_at_and_keeps_its_name():
    with toy_server() as server:
        connection = HereIsPublic("localhost", server.port, timeout=5)
        connection.request("GET", "/hook")
        answer = connection.getresponse()
        connection.close()

    assert (answer.status, connection.host) == (200, "localhost")
    assert server.requests[0].headers["host"] == f"localhost:{server.port}"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433"])
def test_a_name_that_leads_to_a_private_network_is_never_connected_to(host):
    with toy_server() as server:
        session = RemoteSession(
            service="outgoing", base_url=f"http://{host}:{server.port}", gate=OpenGate(),
            table=StatusTable(service="outgoing"), title=host, reach=Reach.PUBLIC,
        )  # fmt: skip

        with pytest.raises(PermanentFailure) as caught:
            session.call("POST", "hook", operation="webhook", json={})

    assert "private network" in caught.value.message
    assert server.requests == []


@pytest.mark.parametrize(
    ("url", "asked", "reach"),
    [
        pytest.param("https://b.example/x", "https://a.example/", Reach.PUBLIC, id="another public server"),
        pytest.param("https://a.example/y", "https://a.example/", Reach.ANYWHERE, id="the same one"),
        pytest.param("http://10.0.0.1/y", "http://10.0.0.1/", Reach.ANYWHERE, id="the private one that was set up"),
        pytest.param("http://a.example/x", "https://a.example/", None, id="the same one without encryption"),
        pytest.param("https://10.0.0.1/x", "https://a.example/", None, id="a private one"),
        pytest.param("http://127.0.0.2/x", "http://127.0.0.1/", None, id="another private one"),
        pytest.param("https://a.example\\@10.0.0.1/", "https://a.example/", None, id="an address in disguise"),
    ],
)
def test_where_a_redirect_may_lead(url, asked, reach):
    if reach is None:
        with pytest.raises(HunterError, match="sent on"):
            check_redirect(url, asked=asked)
    else:
        assert check_redirect(url, asked=asked) is reach
