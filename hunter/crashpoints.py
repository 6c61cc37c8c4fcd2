"""Named places where a test may let the process die, as the kernel or a power cut would, or fall asleep (architecture §1)."""

from __future__ import annotations

import os
import signal
import threading

# At the place that HUNTER_CRASH_AT names the process is killed; at that of HUNTER_STOP_AT it sleeps until SIGCONT.
SIGNALS = {"HUNTER_CRASH_AT": signal.SIGKILL, "HUNTER_STOP_AT": signal.SIGSTOP}
# Read once: a scan passes such a place many times.
WANTED = {variable: os.environ[variable] for variable in SIGNALS if os.environ.get(variable)}

_passes: dict[str, int] = {}
_counting = threading.Lock()


def crash_point(name: str) -> None:
    """Do nothing; where the environment names this place, `<name>` or its n-th pass `<name>:<n>`, send the signal."""
    for variable, wanted in WANTED.items():
        if _is_reached(name, wanted=wanted, variable=variable):
            # To this thread: a signal to the process may first reach another, and this one would run on meanwhile.
            signal.pthread_kill(threading.get_ident(), SIGNALS[variable])


def _is_reached(name: str, *, wanted: str, variable: str) -> bool:
    """Counted under a lock: of threads that pass at the same time exactly one is the n-th."""
    place, _, count = wanted.partition(":")
    if place != name:
        return False
    with _counting:
        _passes[variable] = passes = _passes.get(variable, 0) + 1
    return passes == int(count or 1)
