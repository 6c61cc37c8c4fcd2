"""A pause for each host that messages go to: trouble with one of them holds up nobody else's (architecture §1).

All of it runs in the caller's transaction, which locks few rows: healthy hosts have none that is locked at a claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from hunter.remote.clock import database_now
from hunter.remote.limits import LONGEST_PAUSE
from hunter.remote.models import Host
from hunter.remote.wording import storable

FAILURES_BEFORE_PAUSE = 3
FIRST_PAUSE = timedelta(seconds=60)
PROBE_TAKES = timedelta(seconds=60)
AFTER_PROBE = timedelta(seconds=5)
MOST_DOUBLINGS = 6


@dataclass(frozen=True, slots=True)
class HostNews:
    """How one message to a host ended: well (`trouble` empty), or not; `rest` is what the host itself asked for."""

    host: str
    trouble: str = ""
    rest: timedelta | None = None


def waits_of(hosts: Sequence[str]) -> dict[int, timedelta]:
    """For each message about to go to `hosts[n]` the wait, by n; none where it may go now.

    After a pause one message goes ahead to see whether the host is well again; the others wait for it.
    """
    now = database_now()
    in_trouble = Q(paused_until__gt=now) | Q(pauses__gt=0)
    rows = Host.objects.select_for_update(no_key=True).filter(in_trouble, name__in=set(hosts)).order_by("name")
    known, probing, waits = {row.name: row for row in rows}, list[Host](), dict[int, timedelta]()
    for number, name in enumerate(hosts):
        row = known.get(name)
        if row is None:
            continue
        wait = wait_at(row, now=now)
        if wait is None:
            row.probed_until = now + PROBE_TAKES
            probing.append(row)
        else:
            waits[number] = wait
    Host.objects.bulk_update(probing, ["probed_until"])
    return waits


def wait_at(row: Host, *, now: datetime) -> timedelta | None:
    """How long a message has to wait at a host in trouble; None for the one that goes ahead."""
    if row.paused_until and now < row.paused_until <= now + LONGEST_PAUSE:  # a longer one is a clock that jumped
        return row.paused_until - now
    if row.probed_until and now < row.probed_until <= now + PROBE_TAKES:
        return AFTER_PROBE
    return None


def note(news: Iterable[HostNews]) -> None:
    """What messages told of their hosts, oldest first: a success ends all trouble, the third failure in a row pauses."""
    told: dict[str, list[HostNews]] = {}
    for one in news:
        told.setdefault(one.host, []).append(one)
    if not told:
        return
    if any(one.trouble for ones in told.values() for one in ones):
        Host.objects.bulk_create([Host(name=name) for name in sorted(told)], ignore_conflicts=True)
    rows = list(Host.objects.select_for_update(no_key=True).filter(name__in=told).order_by("name"))
    now = database_now()
    changed = [row for row in rows for one in told[row.name] if heed(row, one, now=now)]
    Host.objects.bulk_update(
        list(dict.fromkeys(changed)), ["failures", "pauses", "paused_until", "pause_reason", "probed_until"]
    )


def heed(row: Host, news: HostNews, *, now: datetime) -> bool:
    """Bring a host's row up to date; whether anything changed."""
    if not news.trouble:
        was_in_trouble = bool(row.failures or row.pauses or row.paused_until)
        row.failures = row.pauses = 0
        row.paused_until, row.probed_until, row.pause_reason = None, None, ""
        return was_in_trouble
    row.failures += 1
    row.pause_reason = storable(news.trouble, longest=300)
    row.probed_until = None
    rests_already = (
        row.paused_until is not None and row.paused_until > now
    )  # of calls that were out together one counts
    if news.rest is not None:
        pause(row, until=now + min(news.rest, LONGEST_PAUSE))
    elif not rests_already and (row.pauses or row.failures >= FAILURES_BEFORE_PAUSE):
        pause(row, until=now + next_pause(row.pauses))
    return True


def pause(row: Host, *, until: datetime) -> None:
    row.paused_until = max(until, row.paused_until) if row.paused_until else until
    row.pauses += 1


def next_pause(pauses: int) -> timedelta:
    """A minute, then twice as long each time, up to an hour."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(pauses, MOST_DOUBLINGS)))


def resting_hosts(names: Iterable[str]) -> Mapping[str, Host]:
    """Those of the hosts that rest at the moment, by name."""
    now = database_now()
    rows = Host.objects.filter(name__in=set(names), paused_until__gt=now, paused_until__lte=now + LONGEST_PAUSE)
    return {row.name: row for row in rows}
