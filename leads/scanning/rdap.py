"""Registration data over RDAP (domain document, b.3), the first that is asked. Whatever happens here, a scan goes on."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from pydantic import ValidationError

from hunter.remote.errors import Deferred, NotFound, RateLimited, RemoteError
from hunter.remote.gate import Gate, OpenGate
from hunter.remote.session import RemoteSession, TimeLimits
from hunter.remote.statuses import StatusTable
from hunter.remote.wording import storable
from leads.answers import Absent, NotKnown
from leads.scan_answer import Registration, RegistrationAnswer, RegistrationSource, Throttled
from leads.scanning.rdap_contract import RdapBootstrap, RdapDomain

SERVICE = "rdap"
STATUSES = StatusTable(SERVICE)
LIMITS = TimeLimits(connect=3.0, read=3.0, total=3.0)
BOOTSTRAP_URL = "https://data.iana.org/rdap/"
BOOTSTRAP_AGE = timedelta(hours=24)
BOOTSTRAP_AGAIN = timedelta(minutes=1)  # each try takes three seconds that all scans would wait for
CALLS_AT_ONCE = 16
LONGEST_NAME = 1000


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
            return NotKnown("no leave to ask in time")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.ask, domain, gate)

    def ask(self, domain: str, gate: Gate) -> RegistrationAnswer:
        """The same in this thread, once leave was given; IANA's file needs leave of its own."""
        server = self._base_url or self._server_for(domain, gate)
        if isinstance(server, NotKnown):
            return server
        try:
            answer = self._session(server, OpenGate()).call(
                "GET", f"domain/{domain}", operation="domain", headers={"Accept": "application/rdap+json"}
            )
            return read_registration(RdapDomain.model_validate_json(answer.body))
        except NotFound:
            return Absent("not registered, says the registry (RDAP)")
        except RateLimited as error:
            return Throttled("the registry wants fewer calls (RDAP)", wait=error.retry_after)
        except RemoteError as error:
            return NotKnown(error.message.removesuffix(" It is tried again by itself.").rstrip("."))
        except ValidationError:
            return NotKnown("the registry's answer can't be read")

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

    def _session(self, base_url: str, gate: Gate) -> RemoteSession:
        """A session with a registry; its gate is open where leave for the one call was asked for on the event loop."""
        return RemoteSession(service=SERVICE, base_url=base_url, gate=gate, table=STATUSES, limits=self._limits)


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
