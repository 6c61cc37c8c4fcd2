"""The `sandbox` command."""

from __future__ import annotations

import json
import signal
from typing import Any

from django.core.management.base import CommandError, CommandParser

from hunter.commands import NOT_STARTED, PlainCommand
from hunter.sandbox.running import PortTaken, RunningSandbox, SandboxOptions, serve

ENDING = frozenset({signal.SIGINT, signal.SIGTERM})


class Command(PlainCommand):
    """Listens until it is told to end; needs no database."""

    help = "Run simulated Entra, Partner Center, Dataverse, DNS, RDAP, WHOIS and receivers of alerts, until Ctrl-C."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8900, help="the HTTP port; 0 takes a free one (8900)")
        parser.add_argument("--companies", type=int, default=200, help="how many companies there are (200)")
        parser.add_argument("--referrals", type=int, default=300, help="how many referrals the list has (300)")
        parser.add_argument("--seed", type=int, default=1, help="which world; the same seed gives the same one (1)")
        parser.add_argument("--json", action="store_true", help="print ports and environment as one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        wanted = {name: options[name] for name in ("port", "companies", "referrals", "seed")}
        for name in ("port", "companies", "referrals"):
            if wanted[name] < 0:
                raise CommandError(f"--{name} is a number from 0, not {wanted[name]}.", returncode=NOT_STARTED)
        # Blocked and waited for: a handler that sets an event can meet the very lock its own thread waits with.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        try:
            sandbox = serve(SandboxOptions(**wanted))
        except PortTaken as error:
            way_out = "Give another with --port, or --port 0 for a free one."
            raise CommandError(f"{error.strerror} {way_out}", returncode=NOT_STARTED) from error
        try:
            self._tell(sandbox, as_json=options["json"])
            signal.sigwait(ENDING)
        finally:
            sandbox.stop()

    def _tell(self, sandbox: RunningSandbox, *, as_json: bool) -> None:
        if as_json:
            told = {
                "port": sandbox.port,
                "dns_port": sandbox.dns_port,
                "whois_port": sandbox.whois_port,
                "env": sandbox.env,
            }
            self.stdout.write(json.dumps(told))
        else:
            world = sandbox.world
            self.stdout.write(
                f"The sandbox listens at {sandbox.url}, DNS at port {sandbox.dns_port}, WHOIS at port {sandbox.whois_port}."
            )
            self.stdout.write(
                f"It has {len(world.companies)} companies, {len(world.referrals)} referrals and "
                f"{len(world.existing_leads)} leads. Ctrl-C ends it. The other commands find it with:\n"
            )
            for name, value in sandbox.env.items():
                self.stdout.write(f"export {name}='{value}'")
        self.stdout.flush()
