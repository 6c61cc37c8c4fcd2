"""How often and how patiently each kind of work is tried again: the one place (R1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

CAP = timedelta(hours=1)  # R1.3
STANDING = 30_000  # work that comes back by itself never gives up for good


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`attempts` in all, the first included; waits double from `first_wait` up to `cap`, less up to `jitter` of them."""

    attempts: int
    first_wait: timedelta
    cap: timedelta = CAP
    jitter: float = 1 / 6


POLICIES: Mapping[str, RetryPolicy] = {
    "sync_referrals": RetryPolicy(attempts=STANDING, first_wait=timedelta(seconds=15), cap=timedelta(minutes=10)),
    "check_vanished": RetryPolicy(attempts=6, first_wait=timedelta(seconds=30)),
    "referral": RetryPolicy(attempts=4, first_wait=timedelta(seconds=30)),
    "find_candidates": RetryPolicy(attempts=STANDING, first_wait=timedelta(seconds=30)),
    "relink_referrals": RetryPolicy(attempts=4, first_wait=timedelta(seconds=15), cap=timedelta(minutes=10)),
    "write_referral": RetryPolicy(attempts=4, first_wait=timedelta(seconds=30)),
    "webhook": RetryPolicy(attempts=4, first_wait=timedelta(seconds=60)),  # g.2: after 60, 120, 240 s
    "import_companies": RetryPolicy(attempts=4, first_wait=timedelta(seconds=15), cap=timedelta(minutes=10)),
    "scan": RetryPolicy(attempts=4, first_wait=timedelta(seconds=30)),
    "scan_job": RetryPolicy(attempts=STANDING, first_wait=timedelta(seconds=5), cap=timedelta(minutes=5)),
    "push_dynamics365": RetryPolicy(attempts=4, first_wait=timedelta(seconds=60)),  # f.6: three on top of the first
    "pull_dynamics365": RetryPolicy(attempts=STANDING, first_wait=timedelta(seconds=15), cap=timedelta(minutes=10)),
    "provision_dynamics365": RetryPolicy(  # another customization there ends within a quarter of an hour, or not soon
        attempts=24, first_wait=timedelta(seconds=3), cap=timedelta(seconds=60)
    ),
    "remap_leads": RetryPolicy(attempts=STANDING, first_wait=timedelta(seconds=15), cap=timedelta(minutes=10)),
    "push_hubspot": RetryPolicy(attempts=4, first_wait=timedelta(seconds=60)),
    "pull_hubspot": RetryPolicy(attempts=STANDING, first_wait=timedelta(seconds=15), cap=timedelta(minutes=10)),
    "provision_hubspot": RetryPolicy(attempts=6, first_wait=timedelta(seconds=3), cap=timedelta(seconds=60)),
    "route_alerts": RetryPolicy(attempts=STANDING, first_wait=timedelta(seconds=30)),
    "deliver_alert": RetryPolicy(attempts=4, first_wait=timedelta(seconds=60)),  # g.2: after 60, 120, 240 s
    "rescan": RetryPolicy(attempts=STANDING, first_wait=timedelta(seconds=30)),
    "score_companies": RetryPolicy(attempts=4, first_wait=timedelta(seconds=30)),
    "error_run": RetryPolicy(attempts=STANDING, first_wait=timedelta(seconds=5), cap=timedelta(minutes=5)),
    "watch_causes": RetryPolicy(attempts=STANDING, first_wait=timedelta(seconds=30), cap=timedelta(minutes=10)),
    "prune_history": RetryPolicy(attempts=STANDING, first_wait=timedelta(minutes=1)),
    "repush_dynamics365": RetryPolicy(attempts=STANDING, first_wait=timedelta(seconds=30)),
    "repush_hubspot": RetryPolicy(attempts=STANDING, first_wait=timedelta(seconds=30)),
}
