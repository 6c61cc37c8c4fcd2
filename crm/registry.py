"""Which CRM Hunter pushes to: the folder of `crm/` that CRM_BACKEND names (R8.2)."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings

from crm.backend import CrmBackend
from hunter.errors import HunterError


def known_crms() -> tuple[str, ...]:
    """The CRMs that Hunter has an adapter for: the folders of `crm/` with a backend, by name."""
    package = import_module("crm")
    folders = (found.name for found in pkgutil.iter_modules(package.__path__) if found.ispkg)
    return tuple(sorted(name for name in folders if find_spec(f"crm.{name}.backend") is not None))


def crm_backend(name: str | None = None) -> CrmBackend:
    """The CRM of that name, else the one that is set. Raises HunterError when Hunter has no such CRM."""
    wanted = name or str(settings.CRM_BACKEND)
    module = f"crm.{wanted}.backend"
    if not wanted.isidentifier() or find_spec(f"crm.{wanted}") is None or find_spec(module) is None:
        raise HunterError(
            f"Hunter knows no CRM named {wanted!r}; it knows {', '.join(known_crms())}.", field="CRM_BACKEND"
        )
    backend: CrmBackend = import_module(module).BACKEND
    return backend


def enabled_crm() -> CrmBackend:
    """The CRM that is set and switched on. Raises HunterError with the way to switch it on."""
    backend = crm_backend()
    if not backend.is_enabled():
        raise HunterError(f"{backend.title} is off. {backend.how_to_enable}")
    return backend
