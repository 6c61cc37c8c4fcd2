"""`manage.py drain LANE`: a drainer in this process."""

from __future__ import annotations

import signal
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from hunter.commands import HunterCommand
from hunter.errors import HunterError
from hunter.remote.lanes import LaneName
from hunter.work.drainer import Drainer
from hunter.work.shift import DrainReport

LONGEST_BUDGET = 86_400


@dataclass(frozen=True, slots=True)
class Drained:
    """What the drainer did."""

    report: DrainReport

    @property
    def failed(self) -> bool:
        return self.report.failed > 0

    def sentence(self) -> str:
        if not self.report.had_slots:
            return "All slots of the lane are taken by others; nothing was left to do here."
        return f"{self.report.done} done, {self.report.failed} failed for good, {self.report.put_off} put off."

    def as_dict(self) -> dict[str, Any]:
        return asdict(self.report)


class Command(HunterCommand):
    help = "Work off what is due in a lane in this process, without django-q2. Any number may run at once."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument("lane", help=f"one of {', '.join(LaneName)}")
        parser.add_argument(
            "--budget", type=float, default=60, metavar="SECONDS", help="claim nothing new after (default 60)"
        )

    def run(self, *, lane: str, budget: float) -> Drained:
        if lane not in set(LaneName):
            raise HunterError(f"There is no lane {lane!r}. Known: {', '.join(LaneName)}.", field="lane")
        if not 0 <= budget <= LONGEST_BUDGET:
            raise HunterError(f"--budget takes a number of seconds from 0 to {LONGEST_BUDGET}.", field="budget")
        drainer = Drainer(LaneName(lane), budget=timedelta(seconds=budget))
        signal.signal(signal.SIGTERM, lambda *_: drainer.stop())
        return Drained(drainer.run())
