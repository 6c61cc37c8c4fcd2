"""One other side for all tests of a run, made anew for each; and processes that never outlive their test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings

from hunter.sandbox.running import RunningSandbox, running_sandbox
from tests.processes.pipelines.hunter_process import HunterProcess
from tests.processes.running import environment

FREELY = "100000,100000"
Begin = Callable[..., HunterProcess]


@pytest.fixture(scope="session")
def other_side() -> Iterator[RunningSandbox]:
    with running_sandbox(companies=0, referrals=0) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(other_side: RunningSandbox, settings: LazySettings) -> RunningSandbox:
    """A small world, which this process too may work on; calls are not held back."""
    other_side.control.reset(companies=20, referrals=0, seed=1)
    for name, value in other_side.env.items():
        if name.startswith(("PARTNER_CENTER_", "D365_", "ENTRA_", "RDAP_", "WHOIS_")):
            setattr(settings, name, value)
    settings.PARTNER_CENTER_ENABLED = settings.D365_ENABLED = True
    settings.DNS_NAMESERVERS = [other_side.env["DNS_NAMESERVERS"]]
    settings.LANE_LIMITS = dict.fromkeys(("partner_center", "dynamics365", "entra", "dns", "rdap"), FREELY)
    return other_side


@pytest.fixture
def begin(sandbox: RunningSandbox, transactional_db: None, tmp_path: Path) -> Iterator[Begin]:
    """Starts a command of Hunter on this test's database and sandbox; `HUNTER_CRASH_AT` and the like by keyword."""
    begun: list[HunterProcess] = []
    hunters_own = {
        "DJANGO_SETTINGS_MODULE": "hunter.settings", "LIMIT_DYNAMICS365": FREELY, "LIMIT_ENTRA": FREELY, "LEASE_SECONDS": "600",
    }  # fmt: skip

    def start(*arguments: str, **more: str) -> HunterProcess:
        log = tmp_path / f"process-{len(begun)}.log"
        begun.append(HunterProcess(arguments, env=environment(**sandbox.env | hunters_own | more), log=log))
        return begun[-1]

    yield start
    for one in begun:
        one.kill()
