"""Starts and stops the sandbox, and says how to reach it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from hunter.sandbox import identities
from hunter.sandbox.clock import Clock
from hunter.sandbox.control import Control, ControlRoutes
from hunter.sandbox.frame import Frame
from hunter.sandbox.http_server import LOOPBACK, LoopbackServer
from hunter.sandbox.other_side import OtherSide
from hunter.sandbox.partner_center.authority import roots_pem
from hunter.sandbox.service import TokenCheck
from hunter.sandbox.world.model import World

LIFTED = "100000,100000"
MANY_AT_ONCE = "256"


class PortTaken(OSError):
    """The port that was asked for is in use."""


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How the sandbox is to be; `port` 0 takes a free one, `fixed_at` stops its clock there."""

    port: int = 0
    companies: int = 200
    referrals: int = 300
    seed: int = 1
    fixed_at: datetime | None = None


class RunningSandbox:
    """The sandbox while it listens. `url` is its root, `env` what other commands need to talk to it."""

    def __init__(self, other_side: OtherSide, server: LoopbackServer, frame: Frame) -> None:
        self._other_side = other_side
        self._server = server
        self._frame = frame
        self.control = Control(other_side)

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def dns_port(self) -> int:
        return self._other_side.dns.port

    @property
    def whois_port(self) -> int:
        return self._other_side.whois.port

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def clock(self) -> Clock:
        return self._other_side.clock

    @property
    def world(self) -> World:
        return self._other_side.world

    def check_token(self, token: str, audience: str) -> TokenCheck:
        """What Entra says of this token."""
        return self._other_side.entra.check_token(token, audience)

    @property
    def env(self) -> dict[str, str]:
        return {
            "PARTNER_CENTER_ENABLED": "true",
            "PARTNER_CENTER_URL": f"{self.url}/partner-center",
            "PARTNER_CENTER_REGISTRATION_URL": f"{self.url}/partner-center",
            "PARTNER_CENTER_TENANT_ID": identities.TENANT_ID,
            "PARTNER_CENTER_CLIENT_ID": identities.PARTNER_CENTER_CLIENT_ID,
            "PARTNER_CENTER_CLIENT_SECRET": identities.PARTNER_CENTER_CLIENT_SECRET,
            "PARTNER_CENTER_REFRESH_TOKEN": self._other_side.entra.first_refresh_token(),
            "PARTNER_CENTER_CERTIFICATES_URL": f"{self.url}/partner-center",
            "PARTNER_CENTER_CERTIFICATE_ROOTS": roots_pem(),
            "D365_ENABLED": "true",
            "D365_URL": f"{self.url}/dataverse",
            "D365_TENANT_ID": identities.TENANT_ID,
            "D365_CLIENT_ID": identities.DATAVERSE_CLIENT_ID,
            "D365_CLIENT_SECRET": identities.DATAVERSE_CLIENT_SECRET,
            "HUBSPOT_ENABLED": "true",
            "HUBSPOT_URL": f"{self.url}/hubspot",
            "HUBSPOT_PORTAL_ID": str(identities.HUBSPOT_PORTAL),
            "HUBSPOT_TOKEN": identities.HUBSPOT_TOKEN,
            "ENTRA_URL": f"{self.url}/entra",
            "DNS_NAMESERVERS": f"{LOOPBACK}:{self.dns_port}",
            "RDAP_URL": f"{self.url}/rdap/",
            "WHOIS_SERVER": f"{LOOPBACK}:{self.whois_port}",
            "EMAIL_URL": f"smtp://{LOOPBACK}:{self._other_side.smtp.port}",
            "OUTGOING_PRIVATE_HOSTS": LOOPBACK,
            "LIMIT_DNS": LIFTED,
            "LIMIT_RDAP": LIFTED,
            "LIMIT_PARTNER_CENTER": LIFTED,
            "CONCURRENCY_DNS": MANY_AT_ONCE,
            "CONCURRENCY_RDAP": MANY_AT_ONCE,
        }

    def stop(self) -> None:
        self._frame.stop()
        self._server.stop()
        self._other_side.dns.stop()
        self._other_side.whois.stop()
        self._other_side.smtp.stop()


def serve(options: SandboxOptions) -> RunningSandbox:
    """Start the sandbox in threads of this process. Raises PortTaken. The caller stops it."""
    other_side = OtherSide(clock=Clock(fixed_at=options.fixed_at), seed=options.seed)
    frame = Frame(
        clock=other_side.clock,
        services=lambda: other_side.services,
        faults=other_side.faults,
        journals=other_side.journals,
        control=ControlRoutes(Control(other_side)),
        expire_token=other_side.entra.expire,
    )
    try:
        server = LoopbackServer(options.port, application=frame)
    except OSError as error:
        other_side.dns.close()
        other_side.whois.close()
        other_side.smtp.close()
        raise PortTaken(error.errno, f"Port {options.port} of {LOOPBACK} can't be taken ({error.strerror}).") from error
    other_side.open_at(
        f"http://{LOOPBACK}:{server.port}",
        companies=options.companies,
        referrals=options.referrals,
        seed=options.seed,
    )
    other_side.dns.start()
    other_side.whois.start()
    other_side.smtp.start()
    server.start()
    return RunningSandbox(other_side, server, frame)


@contextlib.contextmanager
def running_sandbox(
    *, companies: int = 20, referrals: int = 30, seed: int = 1, fixed_at: datetime | None = None
) -> Iterator[RunningSandbox]:
    """A sandbox on free ports for the length of a `with` block."""
    sandbox = serve(SandboxOptions(companies=companies, referrals=referrals, seed=seed, fixed_at=fixed_at))
    try:
        yield sandbox
    finally:
        sandbox.stop()
