"""How fast Hunter scans, limits lifted, as ratios: its engine and its whole pipeline, a bare loop of dnspython, checkdmarc.

All ask one small nameserver on loopback (`_nameserver.py`), which answers at once or after 20 ms. Each contestant runs in a
process of its own and counts from its first question to its last answer; they take turns, and ratios are medians of turns.
    python benchmarks/scans.py [DOMAINS] [TURNS]
    python benchmarks/scans.py --memory [DOMAINS]      the pipeline's resident memory over 100,000 domains
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"
IN_FLIGHT = 256
QUERIES_AT_ONCE = 400  # for the bare loop too: each has a socket
DELAYS = (0.0, 0.02)
SHARES = {
    "engine": 1.0,
    "bare loop": 0.5,
    "pipeline": 0.5,
    "checkdmarc": 0.02,
}  # of the domains: the slow ones take a few
PREFIX = "hunter-bench-"
TELL_EVERY = 5000


def main() -> None:
    """Measure everything, or do the part of one contestant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("domains", nargs="?", type=int, default=0)
    parser.add_argument("turns", nargs="?", type=int, default=3)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--contestant", choices=list(CONTESTANTS))
    parser.add_argument("--port", type=int)
    asked = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if asked.contestant:
        print(json.dumps(CONTESTANTS[asked.contestant](asked.domains, asked.port)))
    elif asked.memory:
        with nameserver(0.0) as port:
            run("pipeline", domains=asked.domains or 100_000, port=port, tell=True)
    else:
        for delay in DELAYS:
            with nameserver(delay) as port:
                compare(domains=asked.domains or 2000, turns=asked.turns, port=port, delay=delay)


def compare(*, domains: int, turns: int, port: int, delay: float) -> None:
    """Let the contestants take turns, and print what each costs and how Hunter's engine compares."""
    print(f"\nanswers after {delay * 1000:.0f} ms, {IN_FLIGHT} domains in flight, load {os.getloadavg()[0]:.1f}")
    results: dict[str, list[dict[str, float]]] = {name: [] for name in CONTESTANTS}
    for _ in range(turns):
        for name, share in SHARES.items():
            results[name].append(run(name, domains=max(10, int(domains * share)), port=port))
    for name, turns_of in results.items():
        rates = [engine["rate"] / one["rate"] for engine, one in zip(results["engine"], turns_of, strict=True)]
        costs = [one["cpu"] / engine["cpu"] for engine, one in zip(results["engine"], turns_of, strict=True)]
        print(
            f"{name:<11}{median(one['rate'] for one in turns_of):>8,.1f} domains/s"
            f"{median(one['cpu'] for one in turns_of) * 1000:>8.2f} ms CPU/domain{max(one['peak'] for one in turns_of):>6.0f} MB"
            f"   the engine: {median(rates):>6.1f} x the rate, {median(costs):>5.1f} x less CPU"
        )


def run(name: str, *, domains: int, port: int, tell: bool = False) -> dict[str, float]:
    """One contestant in a process of its own; it tells of its progress on standard error."""
    command = [sys.executable, __file__, str(domains), "--contestant", name, "--port", str(port)]
    told = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=None if tell else subprocess.DEVNULL, check=True, text=True
    )
    result: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    if tell:
        print(
            f"{result['rate']:,.1f} domains/s, {result['cpu'] * 1000:.2f} ms CPU/domain, at most {result['peak']:.0f} MB"
        )
    return result


@contextlib.contextmanager
def nameserver(delay: float) -> Iterator[int]:
    """The port of a nameserver that runs as long as the block."""
    command = [sys.executable, str(ROOT / "benchmarks" / "_nameserver.py"), str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline() if process.stdout else 0)
        finally:
            process.kill()


def measured(work: Callable[[], object], *, domains: int) -> dict[str, float]:
    """Domains a second, processor seconds a domain, and the most memory in MB."""
    began, used = time.perf_counter(), time.process_time()
    work()
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    return {"rate": domains / seconds, "cpu": cpu / domains, "peak": peak_memory()}


def peak_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def each_domain(scan: Callable[[str], Awaitable[object]], *, domains: int) -> None:
    """Scan so many domains, IN_FLIGHT of them at a time."""
    numbers = iter(range(domains))

    async def in_turn() -> None:
        for number in numbers:
            await scan(f"d{number}.com")

    await asyncio.gather(*(in_turn() for _ in range(IN_FLIGHT)))


# The contestants -------------------------------------------------------------------------------------------------------


def engine(domains: int, port: int) -> dict[str, float]:
    """Hunter's scan of DNS as the pipeline does it, without ledger and database."""
    from hunter.work.collecting import collect_rarely  # noqa: PLC0415  each contestant loads only what is its own
    from leads.scanning.dns import look_up  # noqa: PLC0415
    from leads.scanning.kept_answers import KeptAnswers  # noqa: PLC0415
    from leads.scanning.resolver import Nameserver, Resolver  # noqa: PLC0415

    collect_rarely()  # as in a worker

    async def scan_all() -> None:
        resolver = Resolver([Nameserver(LOOPBACK, port)])
        kept = KeptAnswers(resolver)
        await each_domain(
            lambda domain: look_up(domain, organizational=domain, resolver=resolver, kept=kept), domains=domains
        )

    return measured(lambda: asyncio.run(scan_all()), domains=domains)


def bare_loop(domains: int, port: int) -> dict[str, float]:
    """The same questions by dnspython alone: a query, its answer, the records as text; those of a domain at once."""
    import dns.asyncquery  # noqa: PLC0415
    import dns.message  # noqa: PLC0415

    from hunter.work.collecting import collect_rarely  # noqa: PLC0415

    collect_rarely()  # the same for both
    questions = asyncio.run(questions_of_a_scan(port))

    async def scan_all() -> None:
        at_once = asyncio.Semaphore(QUERIES_AT_ONCE)

        async def ask(name: str, kind: str) -> list[str]:
            async with at_once:
                query = dns.message.make_query(name, kind, use_edns=0)
                response = await dns.asyncquery.udp(query, LOOPBACK, port=port, timeout=5)
                return [record.to_text() for rrset in response.answer for record in rrset]

        async def scan(domain: str) -> None:
            await asyncio.gather(
                *(ask(name.format(domain, domain.replace(".", "-")), kind) for name, kind in questions)
            )

        await each_domain(scan, domains=domains)

    return measured(lambda: asyncio.run(scan_all()), domains=domains)


async def questions_of_a_scan(port: int) -> list[tuple[str, str]]:
    """What the engine asks of one domain; `{}` stands for it. What it asks once for all domains is left out."""
    from leads.scanning.dns import look_up  # noqa: PLC0415
    from leads.scanning.resolver import Nameserver, Resolver  # noqa: PLC0415

    asked: list[tuple[str, str]] = []

    class Listening(Resolver):
        async def lookup(self, name: str, rdtype: Any) -> Any:
            if "d0" in name:
                asked.append((name.replace("d0.com", "{0}").replace("d0-com", "{1}"), rdtype.name))
            return await super().lookup(name, rdtype)

    await look_up("d0.com", organizational="d0.com", resolver=Listening([Nameserver(LOOPBACK, port)]))
    return asked


def with_checkdmarc(domains: int, port: int) -> dict[str, float]:
    """checkdmarc as a program would call it: one domain after the other, no connection to a mail server."""
    import checkdmarc  # noqa: PLC0415
    import dns.nameserver  # noqa: PLC0415

    logging.disable(logging.CRITICAL)
    servers = [dns.nameserver.Do53Nameserver(LOOPBACK, port)]
    names = [f"d{number}.com" for number in range(domains)]
    return measured(lambda: checkdmarc.check_domains(names, nameservers=servers), domains=domains)


def pipeline(domains: int, port: int) -> dict[str, float]:
    """A job through the ledger: claimed, scanned, scored, recorded, settled. The registries' lane is held."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    folder.chmod(0o755)
    os.environ |= {
        "HUNTER_VAR": str(folder), "DEBUG": "1", "READ_DOT_ENV": "0", "DATABASE_URL": "", "LOG_FORMAT": "json",
        "DNS_NAMESERVERS": f"{LOOPBACK}:{port}", "LIMIT_DNS": "1000000,1000000", "CONCURRENCY_DNS": str(IN_FLIGHT + 2),
        "DJANGO_SETTINGS_MODULE": "hunter.settings",
    }  # fmt: skip
    import django  # noqa: PLC0415

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from hunter.postgres.server import EmbeddedServer  # noqa: PLC0415

    try:
        call_command("migrate", verbosity=0, stdout=sys.stderr)
        return scanned_by_the_ledger(domains)
    finally:
        EmbeddedServer(folder / "postgres").stop()
        shutil.rmtree(folder, ignore_errors=True)


def scanned_by_the_ledger(domains: int) -> dict[str, float]:
    from django.conf import settings  # noqa: PLC0415

    from hunter.remote.lanes import LaneName  # noqa: PLC0415
    from hunter.remote.limits import ensure_lane  # noqa: PLC0415
    from hunter.remote.models import Lane  # noqa: PLC0415
    from leads.models import Company  # noqa: PLC0415
    from leads.services.scanning import finish_scan, start_scan_of  # noqa: PLC0415

    settings.DEBUG = False
    for start in range(0, domains, 1000):
        piece = range(start, min(start + 1000, domains))
        Company.objects.bulk_create(Company(domain=f"d{number}.com") for number in piece)
    ensure_lane(LaneName.RDAP)
    Lane.objects.filter(name=LaneName.RDAP).update(held=True, held_reason="left out of the measurement")
    job = start_scan_of(Company.objects.all(), wanted="a benchmark")
    print(f"before the first scan: {memory_now():.0f} MB", file=sys.stderr, flush=True)
    last = 0

    def progress(text: str) -> None:
        nonlocal last
        done = job.counts().done if text.endswith("domains") else 0
        if done - last >= TELL_EVERY:
            last = done
            print(f"{text}: {memory_now():.0f} MB", file=sys.stderr, flush=True)

    result = measured(lambda: finish_scan(job, progress=progress), domains=domains)
    if job.counts().scanned != domains:
        raise SystemExit(f"not all was scanned: {job.counts()}")
    return result


def memory_now() -> float:
    import psutil  # noqa: PLC0415

    return float(psutil.Process().memory_info().rss) / 2**20


CONTESTANTS: dict[str, Callable[[int, int], dict[str, float]]] = {
    "engine": engine,
    "bare loop": bare_loop,
    "pipeline": pipeline,
    "checkdmarc": with_checkdmarc,
}

if __name__ == "__main__":
    main()
