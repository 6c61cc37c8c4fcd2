"""Registration data over RDAP (domain document, b.3), the first that is asked. Whatever happens here, a scan goes on."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

from pydantic import ValidationError

from hunter.errors import HunterError
from hunter.remote.destinations import Reach, check_redirect
from hunter.remote.errors import Deferred, NotFound, RateLimited, RemoteError
from hunter.remote.gate import Gate, OpenGate
from hunter.remote.session import Answer, RemoteSession, TimeLimits
from hunter.remote.statuses import StatusTable
from hunter.remote.wording import storable
from leads.answers import Absent, NotKnown
from leads.scan_answer import Registration, RegistrationAnswer, RegistrationSource, Throttled
from leads.scanning.rdap_contract import RdapBootstrap, RdapDomain

SERVICE = "rdap"
STATUSES = StatusTable(SERVICE)
LIMITS = TimeLimits(connect=3.0, read=3.0, total=3.0)
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
BOOTSTRAP_URL = "https://data.iana.org/rdap/"
BOOTSTRAP_AGE = timedelta(hours=24)
BOOTSTRAP_AGAIN = timedelta(minutes=1)  # each try takes three seconds that all scans would wait for
CALLS_AT_ONCE = 16
LONGEST_NAME = 1000
NO_LEAVE = "no leave to ask in time"


class Rdap:
    """Asks the registries. With a `base_url` everything is asked there, else the server that IANA names.

    The scan runs on an event loop and the HTTP session in threads, so calls go to a small pool of its own.
    """

    def __init__(self, *, base_url: str = "", bootstrap_url: str = BOOTSTRAP_URL, limits: TimeLimits = LIMITS) -> None:
        self._limits = limits
        self._base_url = base_url
        self._bootstrap_url = bootstrap_url
        self._threads = ThreadPoolExecutor(max_workers=CALLS_AT_ONCE, thread_name_prefix="rdap")
        self._bootstrap: RdapBootstrap | None = None
        self._bootstrap_failure = ""
        self._bootstrap_ends = 0.0
        self._bootstrap_lock = threading.Lock()

    @property
    def is_the_registry(self) -> bool:
        """Whether the registry of each domain is asked: one server for all can't know each registry's domains."""
        return not self._base_url

    async def registration(self, domain: str, *, gate: Gate, deadline: float) -> RegistrationAnswer:
        """What the registry says of a registrable domain; leave to ask is waited for until `deadline`.

        Never raises for what a server or the gate does.
        """
        try:
            await gate.pass_async(deadline=deadline)
        except Deferred:
            return NotKnown(NO_LEAVE)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.ask, domain, gate, deadline)

    def ask(self, domain: str, gate: Gate, deadline: float) -> RegistrationAnswer:
        """The same in this thread, once leave was given; IANA's file and each redirect need leave of their own."""
        server = self._base_url or self._server_for(domain, gate)
        if isinstance(server, NotKnown):
            return server
        try:
            answer = self._answer(f"{server.rstrip('/')}/domain/{domain}", gate=gate, deadline=deadline)
            return read_registration(RdapDomain.model_validate_json(answer.body))
        except NotFound:
            return Absent("not registered, says the registry (RDAP)")
        except RateLimited as error:
            return Throttled("the registry wants fewer calls (RDAP)", wait=error.retry_after)
        except Deferred:
            return NotKnown(NO_LEAVE)
        except NotFollowed as error:
            return NotKnown(error.message)
        except RemoteError as error:
            return NotKnown(error.message.removesuffix(" It is tried again by itself.").rstrip("."))
        except ValidationError:
            return NotKnown("the registry's answer can't be read")

    def _answer(self, asked: str, *, gate: Gate, deadline: float) -> Answer:
        """What the registry answers to the question, wherever it sends us on to (contract 8.8).

        Raises RemoteError, Deferred, and NotFollowed where a redirect leads nowhere.
        """
        url, reach, seen = asked, Reach.ANYWHERE, {asked}
        leave: Gate = OpenGate()
        for _ in range(MOST_REDIRECTS + 1):
            session = self._session(server_of(url), leave, reach=reach, deadline=deadline)
            answer = session.call("GET", url, operation="domain", headers={"Accept": "application/rdap+json"})
            if answer.status not in REDIRECTS:
                return answer
            url, reach = sent_on_to(answer.headers.get("location", ""), url=url, asked=asked)
            if url in seen:
                raise NotFollowed("the registry sends the question on in a circle")
            seen.add(url)
            leave = gate
        raise NotFollowed(f"the registry sends the question on more than {MOST_REDIRECTS} times")

    def _server_for(self, domain: str, gate: Gate) -> str | NotKnown:
        """The registry's server by IANA's file, which one thread fetches while the others wait (R7.6).

        A file that can't be had is not asked for again at once; the one before goes on serving meanwhile.
        """
        with self._bootstrap_lock:
            if time.monotonic() >= self._bootstrap_ends:
                self._fetch_bootstrap(gate)
        if self._bootstrap is None:
            return NotKnown(f"IANA's list of registries can't be had ({self._bootstrap_failure})")
        return self._bootstrap.server_for(domain) or NotKnown("no RDAP server for this top-level domain")

    def _fetch_bootstrap(self, gate: Gate) -> None:
        try:
            answer = self._session(self._bootstrap_url, gate).call("GET", "dns.json", operation="bootstrap")
            self._bootstrap = RdapBootstrap.model_validate_json(answer.body)
            self._bootstrap_ends = time.monotonic() + BOOTSTRAP_AGE.total_seconds()
        except (RemoteError, Deferred, ValidationError) as error:
            self._bootstrap_failure = type(error).__name__
            self._bootstrap_ends = time.monotonic() + BOOTSTRAP_AGAIN.total_seconds()

    def _session(
        self, base_url: str, gate: Gate, *, reach: Reach = Reach.ANYWHERE, deadline: float | None = None
    ) -> RemoteSession:
        """A session with a registry; its gate is open where leave for the one call was asked for on the event loop."""
        limits = self._limits
        if deadline is not None:
            limits = replace(limits, gate=max(0.0, deadline - time.monotonic()))
        return RemoteSession(
            service=SERVICE, base_url=base_url, gate=gate, table=STATUSES, limits=limits, reach=reach, passes=REDIRECTS,
            title="the registry",
        )  # fmt: skip


class NotFollowed(HunterError):
    """A redirect that leads nowhere, or to where Hunter does not go."""


def server_of(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def sent_on_to(location: str, *, url: str, asked: str) -> tuple[str, Reach]:
    """Where a redirect leads, and which addresses a connection may be made to for it. Raises NotFollowed."""
    try:
        following = urljoin(url, location)
        return following, check_redirect(following, asked=asked)
    except (HunterError, ValueError) as error:
        reason = error.message if isinstance(error, HunterError) else "it is sent on to what is no web address"
        raise NotFollowed(f"the registry does not answer the question: {reason}") from error


def read_registration(told: RdapDomain) -> Registration | NotKnown:
    """The fields of b.3. A registry that tells none of the three has not said that there is no registration."""
    found = Registration(
        registrar=storable(told.registrar, longest=LONGEST_NAME),
        expires_at=told.expires_at,
        nameservers=told.nameserver_names,
        created_at=told.created_at,
        source=RegistrationSource.RDAP,
    )
    return found if found.tells_something else NotKnown("RDAP told none of registrar, end and name servers")
