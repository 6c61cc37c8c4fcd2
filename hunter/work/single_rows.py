"""A block of rows is written at once; when that fails, row by row, so that a bad one costs itself only (R3.5)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import InterfaceError, OperationalError, transaction

from hunter.errors import HunterError
from hunter.work.kinds import Dead, Kind, Later, Outcome
from hunter.work.verdicts import unforeseen

logger = logging.getLogger(__name__)


def one_bad_costs_one(
    kind: Kind, rows: Sequence[Any], write: Callable[[Sequence[Any]], Mapping[int, Any]]
) -> Mapping[int, Any]:
    """What `write` gives for a block of claimed items or outcomes, by item id; for a row that breaks it, a verdict.

    In a savepoint of the caller's transaction. Raises only what is the database's own trouble.
    """
    try:
        with transaction.atomic():
            return write(rows)
    except (OperationalError, InterfaceError):
        raise  # the database itself: nothing about these rows
    except Exception as error:
        if len(rows) > 1:
            return {key: value for one in rows for key, value in one_bad_costs_one(kind, [one], write).items()}
        claimed = rows[0].claimed if isinstance(rows[0], Outcome) else rows[0]
        if isinstance(error, HunterError):
            return {claimed.item_id: Dead(error)}
        logger.exception("work.failed", extra=claimed.in_log())
        return {claimed.item_id: Later(unforeseen(error))}
