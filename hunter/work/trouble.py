"""Trouble with a whole service: it pauses the lane and is one record, whatever number of items it meets (R2.6, R5.5)."""

from __future__ import annotations

import logging
from datetime import timedelta
from random import Random

from hunter.errors import HunterError
from hunter.remote import limits
from hunter.remote.errors import RemoteError
from hunter.remote.lanes import LaneName, figures
from hunter.work import backoff, problems
from hunter.work.problems import LANE, Problem

logger = logging.getLogger(__name__)

UNTIL_A_PERSON_ACTS = timedelta(minutes=5)
UNASKED_PAUSE = timedelta(seconds=10)  # the service has trouble of its own and said not for how long


def pause_for(lane: LaneName, error: RemoteError, *, rng: Random) -> None:
    """Stop the lane for as long as the error asks; what needs a person is kept as an error of the lane."""
    if error.retryable:
        limits.pause(lane, wait=backoff.asked_wait(error.retry_after or UNASKED_PAUSE, rng=rng), reason=error.message)
        logger.warning("lane.paused", extra={"lane": lane.value, "error_class": error.kind.value})
    else:
        pause_until_a_person_acts(lane, error)


def pause_until_a_person_acts(lane: LaneName, error: HunterError) -> None:
    """Stop the lane, look again in a while, and keep one error of the whole lane."""
    limits.pause(lane, wait=UNTIL_A_PERSON_ACTS, reason=error.message)
    record_trouble(lane, error)
    logger.warning("lane.paused", extra={"lane": lane.value, "error_class": problems.error_class(error)})


def record_trouble(lane: LaneName, error: HunterError) -> None:
    """Keep one error for the whole lane, to be resolved by its next success."""
    problems.record(Problem(LANE, lane.value, f"use {figures(lane).title}", error, service=lane.value, gave_up=False))


def resolve_trouble(lane: LaneName) -> None:
    """The lane works again."""
    problems.resolve_problems(LANE, [lane.value])
