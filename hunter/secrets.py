"""Keys that Hunter makes for itself on a developer's machine and keeps under HUNTER_VAR."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet


def kept_secret(path: Path, *, make: Callable[[], str]) -> str:
    """The secret in `path`; made once, readable by its owner only, the same for processes that ask at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(make())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first; its secret is the one
        finally:
            draft.unlink()
    return path.read_text()


def new_secret_key() -> str:
    """A key for Django's signatures."""
    return secrets.token_urlsafe(50)


def new_credential_key() -> str:
    """A key for secrets at rest (Fernet)."""
    return Fernet.generate_key().decode()
