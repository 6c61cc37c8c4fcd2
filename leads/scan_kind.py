"""Scans as work of the ledger: lane dns, with rdap beside it; the key is the domain (architecture §1)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import SystemRandom

from django.conf import settings
from django.db import transaction

from hunter.errors import HunterError
from hunter.remote import limits
from hunter.remote.errors import Call, TransientFailure
from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work.backoff import asked_wait
from hunter.work.kinds import Claimed, Dead, Done, Handler, Kind, Later, Outcome, Step, Verdict
from hunter.work.policies import POLICIES
from hunter.work.verdicts import verdict_for
from leads.answers import is_known
from leads.assessment import Assessment, Unanswered
from leads.domains import read_domain
from leads.models import Company, ScanJobEntry
from leads.rules import load_rules
from leads.scan_answer import KnownRegistration, ScanAnswer, Throttled
from leads.scanning.kept_answers import KeptAnswers
from leads.scanning.own_resolver import OwnResolver
from leads.scanning.rdap import Rdap
from leads.scanning.registries import Registries
from leads.scanning.resolver import DnsLimits, Resolver, read_nameservers
from leads.scanning.scan import scan
from leads.scanning.whois import Whois, read_whois_server
from leads.services.recording import COMPANY_GONE, fail_entries, record_invalid, record_scans
from leads.services.registrations import known_registrations

SCAN = "scan"
OPERATION = "scan a domain"
# Four selectors and their aliases one after the other, each with its ten seconds, and a wait at the registry's gate.
LONGEST_SCAN = timedelta(seconds=120)
GATE_WAIT_SECONDS = 30.0
UNASKED_PAUSE = timedelta(minutes=5)  # the registry said "too many" and not for how long (contract 8.8)


@dataclass(frozen=True, slots=True)
class ScanBrief:
    """What a scan needs to know. `registration`: what is known of it and new enough not to be asked for (b.4)."""

    domain: str
    registration: KnownRegistration | None = None


class ScanHandler(Handler[ScanBrief, ScanAnswer]):
    """Scans domains: many at once on one event loop, settled in blocks."""

    def __init__(self, *, limits: DnsLimits | None = None) -> None:
        self._limits = limits
        self._nameservers = read_nameservers(settings.DNS_NAMESERVERS)
        self._rdap = Rdap(base_url=settings.RDAP_URL)
        self._whois_server = read_whois_server(settings.WHOIS_SERVER)
        self._resolver: Resolver | None = None
        self._kept: KeptAnswers | None = None
        self._own: OwnResolver | None = None
        self._registries: Registries | None = None

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, ScanBrief | Verdict]:
        known = set(Company.objects.filter(domain__in=[one.key for one in claimed]).values_list("domain", flat=True))
        invalid = {one.key for one in claimed if one.key in known and read_domain(one.key).domain is None}
        gone = [one.key for one in claimed if one.key not in known]
        fail_entries(gone, reason=COMPANY_GONE)
        if invalid:
            record_invalid(invalid, rules=load_rules())
        # A rescan looks everything up, whatever was found lately.
        rescanned = set(ScanJobEntry.objects.of_rescans(one.key for one in claimed).values_list("domain", flat=True))
        registrations = known_registrations(known - rescanned)
        return {
            one.item_id: self._brief_for(one, known=known, invalid=invalid, registrations=registrations)
            for one in claimed
        }

    def _brief_for(
        self, claimed: Claimed, *, known: set[str], invalid: set[str], registrations: Mapping[str, KnownRegistration]
    ) -> ScanBrief | Verdict:
        if claimed.key not in known:
            return Done()  # the company is gone
        if claimed.key in invalid:
            return Dead(
                HunterError(
                    f"{claimed.key} is no valid domain, so it can't be scanned. Correct the company's domain.",
                    field="domain",
                )
            )
        return ScanBrief(claimed.key, registrations.get(claimed.key))

    async def act(self, brief: ScanBrief, gates: Gates) -> ScanAnswer:
        if (
            self._resolver is None or self._registries is None or self._own is None
        ):  # made here: they belong to the event loop
            self._resolver = Resolver(self._nameservers, limits=self._limits)
            self._kept = KeptAnswers(self._resolver)
            self._own = OwnResolver(self._resolver)
            self._registries = Registries(self._rdap, Whois(server=self._whois_server))
        await gates[LaneName.DNS].pass_async(deadline=time.monotonic() + GATE_WAIT_SECONDS)  # for the domain (b.4)
        answer = await scan(
            brief.domain,
            resolver=self._resolver,
            registries=self._registries,
            registry_gate=gates[LaneName.RDAP],
            known=brief.registration,
            kept=self._kept,
        )
        return replace(answer, resolver_trouble=await self._own.trouble()) if nothing_answered(answer) else answer

    def trouble_of(self, result: ScanAnswer) -> HunterError | None:
        """What the lane's breaker is told: our own resolver answers nothing. One domain's servers are no sign (R5.8)."""
        if not result.resolver_trouble:
            return None
        return TransientFailure(
            f"No DNS server answers ({result.resolver}: {result.resolver_trouble}). Look at DNS_NAMESERVERS and the network; "
            "scans go on by themselves.",
            call=Call("dns", "ask the resolver"),
        )

    def settle(self, outcomes: Sequence[Outcome[ScanAnswer]]) -> Mapping[int, Verdict]:
        answers = [one.result for one in outcomes if one.result is not None]
        results = record_scans(answers, rules=load_rules())
        broken = [one.claimed.key for one in outcomes if isinstance(verdict_for(one), Later | Dead)]
        fail_entries(broken, reason="Hunter failed over this domain; see its error record.")
        pause_registries(answers)
        return {one.claimed.item_id: verdict_of(one, results.get(one.claimed.key)) for one in outcomes}


def nothing_answered(answer: ScanAnswer) -> bool:
    """Nobody told anything of the domain: its servers are silent, or our own resolver is."""
    return not any(map(is_known, (answer.dns.evidence.mx, answer.dns.evidence.txt, answer.dns.nameservers)))


def verdict_of(outcome: Outcome[ScanAnswer], result: Assessment | Unanswered | None) -> Verdict:
    """A scan that DNS did not answer is tried again by the policy; it is not the lane's trouble, but the domain's."""
    if not isinstance(result, Unanswered):
        return verdict_for(outcome)
    return Later(
        TransientFailure(
            f"{result.sentence}. What was known stays.",
            call=Call("dns", OPERATION),
        )
    )


def pause_registries(answers: Sequence[ScanAnswer]) -> None:
    """A registry that asked for fewer calls is left alone by everybody (R2.6), once this transaction is over."""
    throttled = [one.registration for one in answers if isinstance(one.registration, Throttled)]
    if throttled:
        wait = asked_wait(max(one.wait or UNASKED_PAUSE for one in throttled), rng=SystemRandom())
        transaction.on_commit(lambda: limits.pause(LaneName.RDAP, wait=wait, reason=throttled[0].reason), robust=True)


def scan_kind() -> Kind:
    """How the ledger does a scan."""
    return Kind(
        name=SCAN,
        lane=LaneName.DNS,
        handler=ScanHandler,
        policy=POLICIES[SCAN],
        service="dns",
        operation=OPERATION,
        longest_act=LONGEST_SCAN,
        side_lanes=(LaneName.RDAP,),
        step=Step.SCAN,
    )
