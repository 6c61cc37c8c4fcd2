"""Whether a cluster of workers hangs: it is asked for a sign of life, and its row in the database answers or does not."""

from __future__ import annotations

import time

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django_q.tasks import async_task

from hunter.work import heartbeats

SIGN = "hunter.work.tasks.sign_of_life"
LOOKS = 6  # in the longest silence: so often a cluster is asked before it is given up
LONGEST_START_SECONDS = 60.0


class SignsOfLife:
    """Looked at by the process that started the cluster, which does no work itself."""

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self._last = heartbeats.last_sign(cluster)
        self._longest = float(settings.WORKERS_SILENCE_SECONDS)
        self.heard = False
        self._heard_at = self._looked_at = time.monotonic()

    def is_silent(self) -> bool:
        """Whether nothing was heard for too long. Asks the database a few times in the longest silence, not more.

        Nobody can give a sign while the database is away, so that time does not count.
        """
        now = time.monotonic()
        if now - self._looked_at < self._longest / LOOKS:
            return False
        self._looked_at = now
        try:
            self._listen(now)
        except (OperationalError, InterfaceError):
            self._heard_at = now
        finally:
            connection.close()  # not kept open for a look now and then
        longest = self._longest if self.heard else max(self._longest, LONGEST_START_SECONDS)
        return now - self._heard_at > longest

    def _listen(self, now: float) -> None:
        sign = heartbeats.last_sign(self._cluster)
        if sign is not None and sign != self._last:
            self._last, self._heard_at, self.heard = sign, now, True
        else:
            async_task(SIGN, task_name="sign of life")  # another machine may take it: it is asked again
