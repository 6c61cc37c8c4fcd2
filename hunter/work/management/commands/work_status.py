"""`manage.py work_status`: what waits and runs, and whether workers live."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hunter.commands import HunterCommand
from hunter.work.heartbeats import workers_seen
from hunter.work.status import WorkStatus, work_status


class Command(HunterCommand):
    help = (
        "Show each lane: what waits, how long, what runs, whether the lane is paused or held; and whether workers live."
    )

    def run(self, **options: Any) -> WorkStatus:
        return replace(work_status(), workers=workers_seen())
