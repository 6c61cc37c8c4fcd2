"""`manage.py work_status`: what waits and runs."""

from __future__ import annotations

from typing import Any

from hunter.commands import HunterCommand
from hunter.work.status import WorkStatus, work_status


class Command(HunterCommand):
    help = "Show each lane: what waits, how long, what runs, whether the lane is paused or held."

    def run(self, **options: Any) -> WorkStatus:
        return work_status()
