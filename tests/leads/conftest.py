"""The other side of a scan: DNS and RDAP on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from hunter.remote.lanes import LaneName
from hunter.sandbox.running import RunningSandbox, running_sandbox
from hunter.work import kinds
from hunter.work.kinds import Handler, Kind, Step
from hunter.work.policies import RetryPolicy
from leads.scan_kind import SCAN, ScanHandler, scan_kind
from leads.scanning.resolver import DnsLimits


@pytest.fixture
def other_side(settings: Any) -> Iterator[RunningSandbox]:
    """An empty world; Hunter's settings lead to it, and no lane holds a test up."""
    with running_sandbox(companies=0, referrals=0) as sandbox:
        settings.DNS_NAMESERVERS = [sandbox.env["DNS_NAMESERVERS"]]
        settings.RDAP_URL = sandbox.env["RDAP_URL"]
        settings.WHOIS_SERVER = sandbox.env["WHOIS_SERVER"]
        settings.LANE_LIMITS = {"dns": "100000,100000", "rdap": "100000,100000"}
        settings.LANE_CONCURRENCY = {"dns": "256", "rdap": "256"}
        yield sandbox


@pytest.fixture
def give_dns(monkeypatch: pytest.MonkeyPatch) -> Callable[[DnsLimits], None]:
    """Let scans give a DNS server so much time."""

    def give(limits: DnsLimits) -> None:
        monkeypatch.setitem(kinds._kinds, SCAN, replace(scan_kind(), handler=partial(ScanHandler, limits=limits)))

    return give


@pytest.fixture
def impatient(give_dns: Callable[[DnsLimits], None]) -> None:
    """Scans give a silent server three seconds instead of ten."""
    give_dns(DnsLimits(total=3.0, one_try=1.0))


@pytest.fixture
def other_crm(monkeypatch: pytest.MonkeyPatch) -> str:
    """A kind of work that does the step after a scan, whichever CRMs are registered; its name."""
    kind = Kind(
        name="push_elsewhere",
        lane=LaneName.HUNTER,
        handler=Handler,
        policy=RetryPolicy(attempts=1, first_wait=timedelta(seconds=1)),
        service="elsewhere",
        operation="push a lead",
        longest_act=timedelta(seconds=1),
        step=Step.PUSH,
    )
    monkeypatch.setitem(kinds._kinds, kind.name, kind)
    return kind.name
