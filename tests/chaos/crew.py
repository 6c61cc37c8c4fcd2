"""The processes that do the work of a run: whoever ends or is killed is followed by another, until the run is over."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psutil

from tests.chaos.nursery import Forked, Nursery
from tests.processes.pipelines.hunter_process import HunterProcess
from tests.waiting import until

WORKERS = ("workers",)
DRAINER = ("drain", "dynamics365", "--skip-checks")
BREATH_SECONDS = 0.3  # between two starts at one post: a lane that is closed would else cost a process all the time
END_SECONDS = 75  # a drainer's budget, and a little more
WHOLE_CLUSTER, PART_OF_CLUSTER = 0.02, 0.25  # the other kills meet a drainer


@dataclass(slots=True)
class Post:
    """One place at work, and who holds it."""

    command: tuple[str, ...]
    process: HunterProcess | Forked | None = None
    began: float = 0.0

    def family(self) -> list[psutil.Process]:
        return [] if self.process is None else self.process.family()

    def is_free(self, *, now: float) -> bool:
        return (self.process is None or self.process.has_ended()) and now - self.began > BREATH_SECONDS


@dataclass(slots=True)
class Crew:
    """Real processes of Hunter on the run's database: the workers, and two drainers of the CRM's lane beside them."""

    env: Mapping[str, str]
    folder: Path
    nursery: Nursery
    workers: Post = field(default_factory=lambda: Post(WORKERS))
    drainers: list[Post] = field(default_factory=lambda: [Post(DRAINER), Post(DRAINER)])
    starts: int = 0
    deaths: int = 0
    ended_by_force: int = 0
    asleep: list[tuple[float, psutil.Process]] = field(default_factory=list)

    def keep_at_work(self) -> None:
        """Fill every post that is free; wake those whose sleep is over."""
        now = time.monotonic()
        for when, one in list(self.asleep):
            if when <= now:
                self._wake(one)
        for post in (self.workers, *self.drainers):
            if post.is_free(now=now):
                self._start(post, now=now)

    def kill_one(self, rng: Random) -> int | None:
        """SIGKILL: mostly for a drainer, else for some process of the workers, now and then for all of them.

        The number of the drainer, if it was one.
        """
        lot = rng.random()
        cluster = self.workers.family()
        drainers = [one for post in self.drainers for one in post.family()]
        if lot < WHOLE_CLUSTER and self.workers.process is not None:
            self.deaths += len(cluster)
            self.workers.process.kill()
        elif lot < PART_OF_CLUSTER and len(cluster) > 2:
            self._kill(rng.choice(cluster[2:]))  # of the first two the rest ends in order
        elif drainers:
            killed = rng.choice(drainers)
            self._kill(killed)
            return int(killed.pid)
        return None

    def put_one_to_sleep(self, rng: Random, *, seconds: float) -> None:
        """SIGSTOP, as a machine that swaps: somebody else takes its items over, then it wakes up."""
        drainers = [one for post in self.drainers for one in post.family()]
        if drainers:
            one = rng.choice(drainers)
            with contextlib.suppress(psutil.NoSuchProcess):
                one.suspend()
                self.asleep.append((time.monotonic() + seconds, one))

    def end(self) -> None:
        """SIGTERM: each finishes what it holds. Who has not ended in time is killed, as a supervisor does, and counted."""
        for _, one in list(self.asleep):
            self._wake(one)
        running = [post.process for post in (self.workers, *self.drainers) if post.process is not None]
        for process in running:
            if not process.has_ended():
                process.end()
        with contextlib.suppress(AssertionError):
            until(lambda: not self._left_over(), seconds=END_SECONDS)
        for one in self._left_over():
            self.ended_by_force += 1
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()

    def kill_all(self) -> None:
        """Nothing of the run is left, however it ended."""
        self.nursery.close()
        for post in (self.workers, *self.drainers):
            if post.process is not None:
                post.process.kill()
        for one in self._left_over():
            self._kill(one)

    def _start(self, post: Post, *, now: float) -> None:
        self.starts += 1
        post.began = now
        if post is self.workers:
            if post.process is not None:
                post.process.kill()  # whom it has left behind
            post.process = HunterProcess(post.command, env=self.env, log=self.folder / "workers.log")
        else:
            post.process = self.nursery.begin(*post.command)

    def _kill(self, one: psutil.Process) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
            self.deaths += 1

    def _wake(self, one: psutil.Process) -> None:
        self.asleep = [(when, other) for when, other in self.asleep if other is not one]
        with contextlib.suppress(psutil.NoSuchProcess):
            one.send_signal(signal.SIGCONT)

    def _left_over(self) -> list[psutil.Process]:
        """Processes of this run whose parents are gone: they are known by its folder."""
        found = []
        for one in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                is_ours = one.environ().get("HUNTER_VAR") == str(self.folder) and "manage.py" in one.cmdline()
                if is_ours and one.status() != psutil.STATUS_ZOMBIE:
                    found.append(one)
        return found
