"""Which CRMs Hunter pushes to: the folders of `crm/` that CRM_BACKEND names, one or several (R8.2)."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings

from crm.backend import CrmBackend
from hunter.errors import HunterError


@cache
def known_crms() -> tuple[str, ...]:
    """The CRMs that Hunter has an adapter for: the folders of `crm/` with a backend, by name."""
    package = import_module("crm")
    folders = (found.name for found in pkgutil.iter_modules(package.__path__) if found.ispkg)
    return tuple(sorted(name for name in folders if find_spec(f"crm.{name}.backend") is not None))


def crm_backend(name: str | None = None) -> CrmBackend:
    """The CRM of that name, else the first that is set. Raises HunterError when Hunter has no such CRM."""
    wanted = name or _chosen_names()[0]
    if wanted not in known_crms():
        raise HunterError(
            f"Hunter knows no CRM named {wanted!r}; it knows {', '.join(known_crms())}.", field="CRM_BACKEND"
        )
    backend: CrmBackend = import_module(f"crm.{wanted}.backend").BACKEND
    return backend


def chosen_crms() -> tuple[CrmBackend, ...]:
    """Those that are set, in that order, switched on or not: each company is kept in step with each. Raises HunterError."""
    return tuple(crm_backend(name) for name in _chosen_names())


def chosen_crm(name: str | None) -> CrmBackend:
    """The one of those that are set, the first where no name is given. Raises HunterError when that one is not set."""
    known = {backend.name: backend for backend in chosen_crms()}
    wanted = name or next(iter(known))
    if wanted not in known:
        raise HunterError(f"CRM_BACKEND does not name {wanted!r}; it names {', '.join(known)}.", field="crm")
    return known[wanted]


def enabled_crms(name: str | None = None) -> tuple[CrmBackend, ...]:
    """Those that are set and switched on, or the one of that name. Raises HunterError with the way to switch one on."""
    wanted = chosen_crms() if name is None else (chosen_crm(name),)
    switched_on = tuple(backend for backend in wanted if backend.is_enabled())
    if not switched_on:
        raise HunterError(words_of_off(wanted[0]))
    return switched_on


def words_of_off(backend: CrmBackend) -> str:
    """That it is off, and how it is switched on."""
    return f"{backend.title} is off. {backend.how_to_enable}"


def enabled_crm(name: str | None = None) -> CrmBackend:
    """The first of them."""
    return enabled_crms(name)[0]


def titles(backends: Iterable[CrmBackend]) -> str:
    """Their names, for people."""
    return " and ".join(backend.title for backend in backends)


def _chosen_names() -> tuple[str, ...]:
    names = [name.strip() for name in str(settings.CRM_BACKEND).split(",")]
    return tuple(dict.fromkeys(name for name in names if name)) or ("",)
