"""Before the first claim: each kind gets ready, and what keeps one from it does not keep the others (R7.5)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from random import Random
from typing import Any

from django.db import InterfaceError, OperationalError

from hunter.errors import HunterError
from hunter.remote.errors import Deferred, RemoteError
from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work.kinds import Handler, NotReady
from hunter.work.trouble import pause_briefly, pause_for, pause_until_a_person_acts, record_trouble
from hunter.work.verdicts import unforeseen

logger = logging.getLogger(__name__)


def prepared(lane: LaneName, handlers: Mapping[str, Handler[Any, Any]], gates: Gates, *, rng: Random) -> set[str]:
    """The kinds that can be worked now; none when the service itself is in trouble, for which the lane pauses."""
    ready = set(handlers)
    for name, handler in handlers.items():
        try:
            handler.prepare(gates)
        except NotReady as error:
            record_trouble(lane, error)
            ready.discard(name)
        except RemoteError as error:
            pause_for(lane, error, rng=rng)
            return set()
        except Deferred as error:
            pause_briefly(lane, error, rng=rng)
            return set()
        except HunterError as error:
            pause_until_a_person_acts(lane, error, rng=rng)
            return set()
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            logger.exception("prepare.failed", extra={"lane": lane.value})
            pause_until_a_person_acts(lane, unforeseen(error), rng=rng)
            return set()
    return ready
