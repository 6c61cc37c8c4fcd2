"""Where messages may go that people send from Hunter to a host of their choice: to the public internet, by HTTPS.

A person who may set a target must not be able to make Hunter call what only Hunter's network reaches (its own services,
a cloud's metadata address). Hosts that are meant all the same are named in OUTGOING_PRIVATE_HOSTS.
"""

from __future__ import annotations

import enum
import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from hunter.errors import HunterError

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f\\]")
LONGEST_URL = 2000


class Reach(enum.Enum):
    """Which addresses a connection may be made to."""

    ANYWHERE = "anywhere"
    PUBLIC = "public"


def reach_of(host: str) -> Reach:
    """Public addresses only, unless the host is one that the set-up names; with DEBUG this machine is one."""
    if host in settings.OUTGOING_PRIVATE_HOSTS or (settings.DEBUG and is_this_machine(host)):
        return Reach.ANYWHERE
    return Reach.PUBLIC


def check_destination(url: str) -> SplitResult:
    """The parts of an address that messages may be sent to. Raises HunterError that says what is wrong with it.

    What a name leads to is looked at when the connection is made, each time: it may be another address by then.
    """
    if UNPRINTABLE.search(url) or len(url) > LONGEST_URL:
        raise _refused("That is no web address: it has spaces or line breaks in it, or is too long.")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _refused("That is no web address. Give one like https://example.com/hook.") from error
    if not host or parts.scheme not in {"http", "https"}:
        raise _refused("That is no web address. Give one like https://example.com/hook.")
    if "@" in parts.netloc:
        raise _refused("Leave name and password out of the address; the signature says who calls.")
    if reach_of(host) is Reach.ANYWHERE:
        return parts
    if parts.scheme != "https":
        raise _refused("The address must begin with https, so that nobody reads along.")
    if is_this_machine(host) or (_address(host) is not None and not is_public(host)):
        raise _refused(
            f"{host} is a private address. Name it in OUTGOING_PRIVATE_HOSTS if messages are meant to go there."
        )
    return parts


def check_redirect(url: str, *, asked: str) -> Reach:
    """Which addresses a connection may be made to where a server that was asked sends us on to `url`.

    The server that was set up may send us to itself, wherever it stands; every other address is one of the public
    internet, by HTTPS. Raises HunterError that says what is wrong with it.
    """
    try:
        parts, own = urlsplit(url), urlsplit(asked)
        host, _port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _refused("it is sent on to what is no web address") from error
    if UNPRINTABLE.search(url) or len(url) > LONGEST_URL or not host or "@" in parts.netloc:
        raise _refused("it is sent on to what is no web address")
    if (parts.scheme, host) == (own.scheme, own.hostname):
        return Reach.ANYWHERE
    if parts.scheme != "https":
        raise _refused(f"it is sent on to {host} without encryption, which is not followed")
    if is_this_machine(host) or (_address(host) is not None and not is_public(host)):
        raise _refused(f"it is sent on to {host}, an address of a private network")
    return Reach.PUBLIC


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet; one that carries another inside must be so twice."""
    found = _address(address)
    if found is None:
        return False
    return all(one.is_global and not one.is_multicast and not one.is_reserved for one in _judged(found))


def is_this_machine(host: str) -> bool:
    """Whether a name or an address plainly means this machine."""
    found = _address(host)
    return found.is_loopback if found else host == "localhost" or host.endswith(".localhost")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _judged(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The address and those that it leads to (mapped, 6to4, Teredo); through NAT64 only that at its end."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address in NAT64:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    inside = (address.ipv4_mapped, address.sixtofour, *(address.teredo or ()))
    return [address, *(one for one in inside if one is not None)]


def _refused(reason: str) -> HunterError:
    return HunterError(reason, field="target")
