"""Trouble with a whole service: it pauses the lane and is one record, whatever number of items it meets (R2.6, R5.5)."""

from __future__ import annotations

import logging
from datetime import timedelta
from random import Random

from hunter.errors import HunterError
from hunter.logs import masked
from hunter.remote import limits
from hunter.remote.errors import Deferred, RemoteError, TransientFailure
from hunter.remote.lanes import LaneName, figures
from hunter.remote.models import Lane
from hunter.work import backoff, problems
from hunter.work.kinds import Claimed
from hunter.work.models import ErrorRecord
from hunter.work.problems import LANE, Problem
from hunter.work.retrying import open_lane

logger = logging.getLogger(__name__)

UNTIL_A_PERSON_ACTS = timedelta(minutes=5)
BRIEF_PAUSE = timedelta(seconds=5)
UNASKED_PAUSE = timedelta(seconds=10)  # the service has trouble of its own and said not for how long


def pause_for(lane: LaneName, error: RemoteError, *, rng: Random, met_by: Claimed | None = None) -> None:
    """Stop the lane for as long as the error asks; all but a wish for fewer calls is kept as an error of the lane (R1.6)."""
    if error.retryable:
        if isinstance(error, TransientFailure):
            record_trouble(lane, error)
        limits.pause(lane, wait=backoff.asked_wait(error.retry_after or UNASKED_PAUSE, rng=rng), reason=error.message)
        log_pause(lane, error, met_by=met_by)
    else:
        pause_until_a_person_acts(lane, error, rng=rng, met_by=met_by)


def pause_until_a_person_acts(
    lane: LaneName, error: HunterError, *, rng: Random, met_by: Claimed | None = None
) -> None:
    """Stop the lane, look again in a while, and keep one error of the whole lane."""
    limits.pause(lane, wait=backoff.own_wait(UNTIL_A_PERSON_ACTS, rng=rng), reason=error.message)
    record_trouble(lane, error)
    log_pause(lane, error, met_by=met_by)


def pause_briefly(lane: LaneName, error: Deferred, *, rng: Random) -> None:
    """Nobody may ask for a token just now: look again in a moment."""
    limits.pause(lane, wait=backoff.own_wait(BRIEF_PAUSE, rng=rng), reason=error.message)


def log_pause(lane: LaneName, error: HunterError, *, met_by: Claimed | None = None) -> None:
    """The line of the log: the service's request id, and whose attempt met the trouble (R5.6)."""
    ids = {"request_id": error.call.request_id} if isinstance(error, RemoteError) else {}
    about = {"lane": lane.value, "error_class": problems.error_class(error)} | ids
    logger.warning("lane.paused", extra=about | (met_by.in_log() if met_by else {}))


def record_trouble(lane: LaneName, error: HunterError) -> None:
    """Keep one error for the whole lane, to be resolved by its next success."""
    problems.record(Problem(LANE, lane.value, f"use {figures(lane).title}", error, service=lane.value, gave_up=False))


def mend(lane: LaneName) -> None:
    """A person has put right what kept the lane from working: its error is resolved, and it goes on at once.

    A pause that the service itself asked for stays (R2.6), and so does a person's hold. In the caller's transaction.
    """
    trouble = ErrorRecord.objects.filter(kind=LANE, key=lane.value).order_by("-last_seen").first()
    if trouble is None:
        return
    resolve_trouble(lane)
    paused = Lane.objects.filter(name=lane.value).values_list("pause_reason", flat=True).first()
    if paused and masked(paused) == trouble.message[: len(masked(paused))]:
        open_lane(lane)


def resolve_trouble(lane: LaneName) -> None:
    """The lane works again."""
    problems.resolve_problems(LANE, [lane.value])
