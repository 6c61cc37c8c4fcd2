"""Connections to other servers: kept open, shared by a process's threads, and limited in time as a whole (R7.5)."""

from __future__ import annotations

import contextlib
import http.client
import http.cookiejar
import io
import math
import os
import socket
import ssl
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError

from hunter.remote.destinations import Reach, is_public, is_this_machine

POOL_SIZE = 64

_ends_at: ContextVar[float] = ContextVar("ends_at", default=math.inf)


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let no read of this thread go on past `seconds` from now, however slowly the bytes drip; TimeoutError then."""
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


class _TimedReads(io.RawIOBase):
    """A socket's bytes; each wait for more of them ends with the time limit of the whole answer."""

    def __init__(self, raw: io.RawIOBase, *, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock
        self._between_bytes = sock.gettimeout() or math.inf
        self.have_ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = _ends_at.get() - time.monotonic()
        if left <= 0:
            raise TimeoutError("the whole answer took too long")
        wait = min(self._between_bytes, left)
        self._sock.settimeout(None if math.isinf(wait) else wait)
        count = self._raw.readinto(buffer)
        self.have_ended = count == 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """An answer whose status line and headers are limited in time as its body is, and must be whole.

    http.client waits for each byte anew, and takes headers that were cut off for all there are: a success without them.
    """

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._reads = _TimedReads(self.fp.detach(), sock=sock)
        self.fp = io.BufferedReader(self._reads)

    def begin(self) -> None:
        super().begin()
        if self._reads.have_ended:
            raise http.client.IncompleteRead(b"")


class _Connection(HTTPConnection):
    response_class = _TimedResponse


class _SecureConnection(HTTPSConnection):
    response_class = _TimedResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it wraps: requests and urllib3 keep the reason now here, now there."""
    waiting: list[Any] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            waiting += [cause.__cause__, getattr(cause, "reason", None), *cause.args]
            yield cause


def is_certificate_refused(error: BaseException) -> bool:
    """Whether the other side could not prove to be who it should: a foreign authority, another name, out of date."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes_of(error))


class AddressRefused(OSError):
    """A name led to an address of a private network; no connection was made."""


class _PublicOnly(HTTPConnection):
    """Looks the name up itself and connects to just what it looked at: a second answer could be another one."""

    allows = staticmethod(is_public)

    def _new_conn(self) -> socket.socket:
        name = self._dns_host
        try:
            found = socket.getaddrinfo(name.strip("[]"), self.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NameResolutionError(name, self, error) from error
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        if not all(self.allows(address) for address in addresses):
            raise AddressRefused(f"{name} leads to a private address")
        try:
            return self._connected(addresses)
        finally:
            self._dns_host = name  # what the certificate is held against

    def _connected(self, addresses: list[str]) -> socket.socket:
        *first, last = addresses
        for address in first:
            self._dns_host = address
            with contextlib.suppress(HTTPError):
                return super()._new_conn()
        self._dns_host = last
        return super()._new_conn()


class _PublicConnection(_PublicOnly, _Connection):
    pass


class _PublicSecureConnection(_PublicOnly, _SecureConnection):
    pass


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicSecurePool(HTTPSConnectionPool):
    ConnectionCls = _PublicSecureConnection


POOLS = {
    Reach.ANYWHERE: {"http": _Pool, "https": _SecurePool},
    Reach.PUBLIC: {"http": _PublicPool, "https": _PublicSecurePool},
}


class TimedAdapter(HTTPAdapter):
    """Sends over connections that heed `time_limit`, to the addresses within `reach`."""

    def __init__(self, *, reach: Reach = Reach.ANYWHERE, pool_maxsize: int = POOL_SIZE) -> None:
        self._pools = POOLS[reach]
        super().__init__(pool_maxsize=pool_maxsize)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
        return manager


class _NoCookies(http.cookiejar.DefaultCookiePolicy):
    """Cookies would tie all calls to one of the service's servers, whose share of the limit is smaller."""

    def set_ok(self, cookie: http.cookiejar.Cookie, request: Any) -> bool:
        return False


class _NeverRedirected(requests.Session):
    """Reads no `Location`: requests takes it apart even where it is not to follow, and stumbles over nonsense."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


_transports: dict[tuple[int, str, Reach], requests.Session] = {}


def transport(base_url: str, *, reach: Reach = Reach.ANYWHERE) -> requests.Session:
    """The connection pool to a server, shared by this process's threads; a forked process makes its own.

    Where a proxy is set, it makes the connections, and what may be reached is its decision.
    """
    key = (os.getpid(), base_url, reach)
    if key not in _transports:
        session = _NeverRedirected()
        session.mount("http://", TimedAdapter(reach=reach))
        session.mount("https://", TimedAdapter(reach=reach))
        session.cookies.set_policy(_NoCookies())
        session.trust_env = not is_loopback(base_url)
        session.verify = session.merge_environment_settings(base_url, {}, None, None, None)["verify"]
        _transports[key] = session
    return _transports[key]


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine."""
    return is_this_machine(urlsplit(url).hostname or "")
