"""A process that is no drainer and calls TOY_URL as often as its lane allows; it says why when it may not, and goes on."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from urllib.request import urlopen

import django


def calls_without_end() -> None:
    from django.db import close_old_connections  # noqa: PLC0415  Django has to be set up first

    from hunter.remote.errors import Deferred  # noqa: PLC0415
    from hunter.remote.gate import direct_gate  # noqa: PLC0415
    from hunter.remote.lanes import LaneName  # noqa: PLC0415

    while True:
        try:
            with direct_gate(LaneName.OUTGOING, wait=timedelta(seconds=5)) as gate:
                while True:
                    gate.pass_(deadline=time.monotonic() + 5)
                    with urlopen(os.environ["TOY_URL"], timeout=10) as answer:  # noqa: S310  the test's own server
                        answer.read()
        except Deferred as refused:
            print(refused.message, flush=True)  # noqa: T201  the test reads it
            close_old_connections()  # as between two requests


if __name__ == "__main__":
    django.setup()
    calls_without_end()
