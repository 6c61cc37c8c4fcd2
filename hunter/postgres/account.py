"""The account the embedded server runs under: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from hunter.errors import HunterError

UNPRIVILEGED = "nobody"


@dataclass(frozen=True, slots=True)
class Account:
    """Who owns the data and runs the server; None: whoever runs Hunter."""

    uid: int | None
    gid: int | None

    def popen_options(self) -> dict[str, object]:
        """What subprocess needs to start a program under this account."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Hand `path` to this account and let nobody else read it."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)
        path.chmod(0o700)

    def reach(self, path: Path) -> None:
        """Let this account enter every folder on the way to `path`; says which ones it opened."""
        if self.uid is None:
            return
        for folder in path.resolve().parents:
            mode = folder.stat().st_mode
            if mode & stat.S_IXOTH or folder.stat().st_uid == self.uid:
                continue
            try:
                folder.chmod(mode | stat.S_IXOTH)
            except OSError as error:
                raise HunterError(
                    f"The database server runs as {UNPRIVILEGED} and can't enter {folder} ({error.strerror}). "
                    "Run Hunter as an ordinary user, or set HUNTER_VAR to a folder that others may enter."
                ) from error
            sys.stderr.write(
                f"Let others enter {folder} (mode {stat.S_IMODE(mode):o} + o+x), for the database server.\n"
            )


def server_account() -> Account:
    """An unprivileged account when Hunter runs as root, else the one it runs under."""
    if os.geteuid() != 0:
        return Account(uid=None, gid=None)
    entry = pwd.getpwnam(UNPRIVILEGED)
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)
