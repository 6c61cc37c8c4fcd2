"""All that the sandbox simulates, put together: services, DNS zone, faults, journals, and the world they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hunter.sandbox.clock import Clock
from hunter.sandbox.dataverse.service import DataverseService
from hunter.sandbox.dns.server import DnsServer
from hunter.sandbox.dns.zone import Zone
from hunter.sandbox.entra.service import EntraService
from hunter.sandbox.faults import SERVICES, FaultBook
from hunter.sandbox.hubspot.service import HubSpotService
from hunter.sandbox.identities import PARTNER_CENTER_RESOURCE
from hunter.sandbox.journal import Journal
from hunter.sandbox.outgoing import OutgoingService
from hunter.sandbox.partner_center.service import PartnerCenterService
from hunter.sandbox.rdap import RdapService
from hunter.sandbox.service import Service
from hunter.sandbox.smtp import SmtpServer
from hunter.sandbox.whois.register import Register
from hunter.sandbox.whois.server import WhoisServer
from hunter.sandbox.world.generation import make_world
from hunter.sandbox.world.model import World


class OtherSide:
    """The simulated services at one base URL. A reset gives them another world; Entra's tokens outlive it."""

    def __init__(self, *, clock: Clock, seed: int) -> None:
        self.clock = clock
        self.faults = FaultBook(seed=seed)
        self.journals: dict[str, Journal] = {name: Journal() for name in sorted(SERVICES)}
        self.zone = Zone({}, {}, ())
        self.services: Mapping[str, Service] = {}
        self.world: World
        self.entra = EntraService(clock=clock, seed=seed, own_resources=self._own_resources)
        self.dns = DnsServer(self.zone, faults=self.faults, journal=self.journals["dns"], clock=clock)
        self.register = Register({})
        self.whois = WhoisServer(self.register, faults=self.faults, journal=self.journals["whois"], clock=clock)
        self.outgoing = OutgoingService()
        self.smtp = SmtpServer(faults=self.faults, keep=lambda message: self.outgoing.keep("email", message))
        self._base_url = ""

    def open_at(self, base_url: str, *, companies: int, referrals: int, seed: int) -> None:
        """Fill the services. `base_url` is where the frame listens."""
        self._base_url = base_url
        self.reset(companies=companies, referrals=referrals, seed=seed)

    def url(self, service: str) -> str:
        return f"{self._base_url}/{service}"

    def reset(self, *, companies: int, referrals: int, seed: int) -> None:
        """A new world; faults, journals and what was edited are gone."""
        today = self.clock.now().date()
        world = make_world(companies=companies, referrals=referrals, seed=seed, today=today)
        apexes = [company.domain for company in world.companies]
        self.faults.clear()
        for journal in self.journals.values():
            journal.clear()
        self.entra.forget()
        self.world = world
        self.zone = Zone(world.dns_records, world.dns_failures, apexes)
        self.dns.show(self.zone)
        self.register = Register(world.whois)
        self.whois.show(self.register)
        check = self.entra.check_token
        partner_center = PartnerCenterService(
            world, clock=self.clock, base_url=self.url("partner-center"), check_token=check
        )
        dataverse = DataverseService(world, clock=self.clock, base_url=self.url("dataverse"), check_token=check)
        rdap = RdapService(world.registrations)
        self.outgoing = OutgoingService()
        everyone = (self.entra, partner_center, dataverse, HubSpotService(clock=self.clock), rdap, self.outgoing)
        self.services = {one.name: one for one in everyone}

    def _own_resources(self) -> dict[str, str]:
        return {
            self.url("partner-center"): PARTNER_CENTER_RESOURCE,
            self.url("dataverse"): self.url("dataverse"),
        }

    def state(self, service: str) -> dict[str, Any]:
        if service == "dns":
            return {**self.zone.state(), "queries": self.journals["dns"].counts()}
        if service == "whois":
            return self.register.state()
        return self.services[service].state()

    def edit(self, service: str, change: Mapping[str, Any]) -> dict[str, Any]:
        if service == "dns":
            edited = self.zone.edit(change)
            self.dns.forget_answers()
            return edited
        if service == "whois":
            return self.register.edit(change)
        return self.services[service].edit(change)
