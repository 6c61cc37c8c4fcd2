"""The same done with each CRM that is set: what one can't do keeps no other from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from crm.backend import CrmBackend
from crm.registry import enabled_crms
from hunter.commands import Result
from hunter.errors import HunterError


@dataclass(frozen=True, slots=True)
class NotDone:
    """Nothing could be done with this CRM, and why."""

    reason: str
    failed: bool = True

    def sentence(self) -> str:
        return self.reason

    def as_dict(self) -> dict[str, Any]:
        return {"error": self.reason}


@dataclass(frozen=True, slots=True)
class EachCrm:
    """What came of it, CRM by CRM."""

    results: Mapping[str, Result]
    titles: Mapping[str, str]

    @property
    def failed(self) -> bool:
        return any(result.failed for result in self.results.values())

    def sentence(self) -> str:
        return "\n".join(f"{self.titles[name]}: {result.sentence()}" for name, result in self.results.items())

    def as_dict(self) -> dict[str, Any]:
        return {"crms": {name: result.as_dict() for name, result in self.results.items()}}


def with_each_crm(do: Callable[[CrmBackend], Result], *, only: str | None = None) -> Result:
    """Do it with each that is switched on, or with one. One alone tells its own result; raises HunterError where none
    could begin.
    """
    backends = enabled_crms(only)
    if len(backends) == 1:
        return do(backends[0])
    results: dict[str, Result] = {}
    errors: list[HunterError] = []
    for backend in backends:
        try:
            results[backend.name] = do(backend)
        except HunterError as error:
            errors.append(error)
            results[backend.name] = NotDone(error.message)
    if len(errors) == len(backends):
        raise errors[0]
    return EachCrm(results, {backend.name: backend.title for backend in backends})
