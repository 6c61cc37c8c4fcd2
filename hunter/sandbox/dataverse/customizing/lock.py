"""One customization at a time: who comes meanwhile is refused, and nothing of his is done (contract 16.6, D57)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Lock

from hunter.sandbox.dataverse.errors import DataverseError, Refusal

ANSWERS = {
    "429": Refusal.CUSTOMIZATION_LOCK,
    "503": Refusal.CUSTOMIZATION_LOCK_503,
    "0x80090412": Refusal.CUSTOMIZATION_RUNS,
}


class CustomizationLock:
    """Held by a metadata write while it runs, or for a time by somebody's import."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._import_until: datetime | None = None

    def hold_until(self, moment: datetime) -> None:
        """An import runs until then."""
        self._import_until = moment

    @contextmanager
    def held(self, *, now: datetime, seconds: float, answer: str) -> Iterator[None]:
        """Hold it for the block, which takes `seconds` longer. Raises DataverseError, without Retry-After."""
        if self._import_until is not None and now < self._import_until:
            raise _busy(answer)
        if not self._lock.acquire(blocking=False):
            raise _busy(answer)
        try:
            if seconds:
                Event().wait(seconds)
            yield
        finally:
            self._lock.release()


def _busy(answer: str) -> DataverseError:
    refusal = ANSWERS[answer]
    if refusal is Refusal.CUSTOMIZATION_RUNS:
        text = "Cannot start the requested operation because there is an entity customization running at this moment."
    else:
        text = (
            "Cannot start another [EntityCustomization] because there is a previous [EntityCustomization] running at "
            "this moment."
        )
    return DataverseError(refusal, text)
