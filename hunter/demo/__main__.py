"""`make demo`: referrals come in, companies are scanned and scored, leads arrive in the CRM, by themselves."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shlex
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from hunter.demo.processes import ROOT, Processes
from hunter.errors import HunterError
from hunter.postgres.server import EmbeddedServer

LOGIN, PASSWORD = "demo", "demo-on-loopback"
LONGEST_SECONDS = 300
LOOK_EVERY_SECONDS = 0.2
# 16 × 301 s + 1,000 + 50 calls stay within the 6,000 that Dataverse allows in 300 s, and a demo needs few hundred.
CRM_LIMIT = "16,1000"
CRMS = ("dynamics365", "hubspot")
MOST_ROWS, MOST_PORTS = 100_000, 65_535
SHELL = "env.sh"
ENDING = (signal.SIGINT, signal.SIGTERM)


def main() -> None:
    """Run the demo; exit status 0 when the figures add up, 1 when they don't, 2 when it could not start."""
    for number in ENDING:
        signal.signal(number, _as_interrupt)
    options = read_options()
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            sys.exit(run(options, folder=folder))
        except BlockingIOError:
            sys.stderr.write("Another demo runs from this folder; end it with Ctrl-C first.\n")
        except HunterError as error:
            sys.stderr.write(f"{error.message}\n")
        except KeyboardInterrupt:
            sys.stderr.write("\nThe demo has ended.\n")
            sys.exit(130 if options.exit else 0)
    sys.exit(2)


def read_options() -> argparse.Namespace:
    """What the caller asked for."""
    parser = argparse.ArgumentParser(prog="make demo", description="Hunter with a sandbox in place of Microsoft.")
    parser.add_argument("--exit", action="store_true", help="end by itself when everything is through")
    parser.add_argument("--json", action="store_true", help="the last line is the figures as one JSON object")
    parser.add_argument("--companies", type=int, default=200, help="how many companies the sandbox knows (200)")
    parser.add_argument("--referrals", type=int, default=300, help="how many referrals it has (300)")
    parser.add_argument("--seed", type=int, default=1, help="which world: the same seed gives the same one (1)")
    parser.add_argument(
        "--crm",
        default="dynamics365",
        help="where leads go: dynamics365 (unless said), hubspot, or dynamics365,hubspot",
    )
    parser.add_argument("--port", type=int, default=8000, help="where the admin listens (8000, or a free one)")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "var" / "demo", help="where its data is made anew (var/demo)"
    )
    options = parser.parse_args()
    if unknown := set(options.crm.split(",")) - set(CRMS):
        parser.error(f"--crm takes {' or '.join(CRMS)}, or both with a comma, not {', '.join(sorted(unknown))}")
    for name, most in (("companies", MOST_ROWS), ("referrals", MOST_ROWS), ("port", MOST_PORTS)):
        if not 0 <= getattr(options, name) <= most:
            parser.error(f"--{name} takes a number from 0 to {most}")
    return options


def run(options: argparse.Namespace, *, folder: Path) -> int:
    """Start everything, watch it work, tell the figures, and end or stay."""
    database = EmbeddedServer(folder / "postgres")
    processes = Processes(logs=folder)
    try:
        say("Starting the database and the sandbox …")
        database.stop()
        shutil.rmtree(folder / "postgres", ignore_errors=True)
        sandbox = processes.start_announced("sandbox", sandbox_arguments(options), env=os.environ)
        port = free_port(options.port)
        if options.port not in {0, port}:
            say(f"Port {options.port} is taken; the admin listens on {port}.")
        own = {"CRM_BACKEND": options.crm, "HUNTER_URL": f"http://127.0.0.1:{port}"}
        settings = environment(sandbox["env"], folder=folder) | own
        write_for_the_shell(settings, file=folder / SHELL)
        os.environ.update(settings)
        prepare()
        began = time.monotonic()
        processes.start("web", web_arguments(port), env=os.environ)
        processes.start("workers", ["manage.py", "workers"], env=os.environ)
        say(f"The admin is at http://127.0.0.1:{port}/admin/ (login {LOGIN}, password {PASSWORD}).")
        say(f"The sandbox is at http://127.0.0.1:{sandbox['port']}/ (docs/reference/sandbox.md).")
        say(f"For manage.py in another terminal: . {shown(folder / SHELL)}\n")

        figures = watch(processes, sandbox_url=f"http://127.0.0.1:{sandbox['port']}", began=began)
        report(figures, as_json=options.json)
        if not options.exit:
            say(f"\nEverything is through. Look around at http://127.0.0.1:{port}/admin/; Ctrl-C ends the demo.")
            stay(processes)
        return 0 if figures.adds_up() else 1
    finally:
        end_undisturbed()
        processes.stop()
        database.stop()


def sandbox_arguments(options: argparse.Namespace) -> list[str]:
    """The sandbox on a free port, with the world that was asked for."""
    world = [f"--{name}={getattr(options, name)}" for name in ("companies", "referrals", "seed")]
    return ["manage.py", "sandbox", "--json", "--port=0", *world]


def web_arguments(port: int) -> list[str]:
    """The admin and the API, on loopback only."""
    return [
        "-m",
        "gunicorn",
        "hunter.wsgi",
        f"--bind=127.0.0.1:{port}",
        "--workers=2",
        "--threads=4",
        "--log-level=warning",
    ]


def environment(sandbox: Mapping[str, str], *, folder: Path) -> dict[str, str]:
    """Hunter's settings for the demo: its own database, the sandbox's services, nothing of this machine's .env."""
    return {
        "DJANGO_SETTINGS_MODULE": "hunter.settings",
        "READ_DOT_ENV": "0",
        "DEBUG": "1",
        "DATABASE_URL": "",
        "HUNTER_VAR": str(folder),
        "LIMIT_DYNAMICS365": CRM_LIMIT,
        "LIMIT_ENTRA": "100,100",
    } | dict(sandbox)


def write_for_the_shell(settings: Mapping[str, str], *, file: Path) -> None:
    """The settings as lines that a shell reads, so that every command can work on the demo; for its owner's eyes only."""
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in settings.items()]
    file.touch(mode=0o600)
    file.write_text("".join(lines))


def shown(file: Path) -> str:
    """The path as one would type it here."""
    return str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)


def prepare() -> None:
    """Tables and somebody who may log in."""
    import django  # noqa: PLC0415  settings are known only now
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    say("Making the tables …")
    call_command("migrate", verbosity=0)

    from django.contrib.auth import get_user_model  # noqa: PLC0415

    get_user_model().objects.create_superuser(LOGIN, "demo@hunter.invalid", PASSWORD)


def watch(processes: Processes, *, sandbox_url: str, began: float) -> Any:
    """Show how the work gets less until nothing is left, then read the figures."""
    from hunter.demo import figures  # noqa: PLC0415  models can be imported only after the settings

    pause = threading.Event()
    while time.monotonic() - began < LONGEST_SECONDS:
        left = figures.at_work()
        if figures.sync_is_over() and left.is_quiet():
            break
        if dead := processes.ended():
            raise HunterError(f"The {dead} ended: {processes.last_words(dead)}")
        if sys.stderr.isatty():
            told = f"to sync {left.syncs} · to scan {left.scans} · to push {left.pushes}"
            sys.stderr.write(f"\r\033[K{time.monotonic() - began:5.1f} s   {told}")
        pause.wait(LOOK_EVERY_SECONDS)
    say("")
    return figures.read_figures(sandbox_url=sandbox_url, seconds=time.monotonic() - began)


def report(figures: Any, *, as_json: bool) -> None:
    """The figures, for people or for programs."""
    told = figures.as_dict()
    if as_json:
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        return
    referrals, crm = told["referrals"], told["crm"]
    say(
        f"Referrals   {referrals['received']:>5} received: {referrals['linked']} linked, {referrals['unlinked']} unlinked, "
        f"{referrals['skipped']} skipped, {referrals['failed']} failed\n"
        f"Companies   {told['companies']:>5} found: {told['scanned']} scanned, {told['scan_failed']} without an answer of DNS\n"
        f"Leads       {told['due']:>5} due: {told['pushed']} in the CRM ({crm['adopted']} of them were there before), "
        f"{told['push_failed']} failed; {told['for_a_person']} closed there or waiting for a person\n"
        f"In the CRM  {crm['leads']:>5} leads of {crm['domains']} domains; {told['errors']} errors are open; "
        f"it took {told['seconds']} s"
    )


def stay(processes: Processes) -> None:
    """Until Ctrl-C, or until something that must run has ended."""
    pause = threading.Event()
    while not (dead := processes.ended()):
        pause.wait(1)
    raise HunterError(f"The {dead} ended: {processes.last_words(dead)}")


def free_port(wanted: int) -> int:
    """The wanted port, or a free one where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise HunterError("No port is free on 127.0.0.1.")


def say(text: str) -> None:
    """Words for a person; standard output is for the figures."""
    sys.stderr.write(f"{text}\n")


def end_undisturbed() -> None:
    """Let no second Ctrl-C, and no SIGTERM that make sends on, break off the ending: it would leave processes behind."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    end_undisturbed()
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
