"""What the registries know over WHOIS, and how many questions they bear."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hunter.sandbox.service import EditRefused
from hunter.sandbox.whois import texts


class Facts(BaseModel):
    """A registration as `edit` takes it; dates as 2027-01-31. `thin`: the registry tells the name and nothing else."""

    model_config = ConfigDict(extra="forbid")

    registrar: str = ""
    created: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$")
    expires: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$")
    nameservers: list[str] = []
    holder: str = ""
    thin: bool = False


class Register:
    """The registrations by domain: facts that are written in the registry's form, or a text that goes out as it is."""

    name = "whois"

    def __init__(self, registrations: Mapping[str, Mapping[str, Any]]) -> None:
        self._registrations: dict[str, dict[str, Any] | str] = {
            domain: dict(facts) for domain, facts in registrations.items()
        }
        self._questions_left: int | None = None
        self._lock = Lock()

    def answer(self, domain: str) -> bytes:
        """The whole answer to a question."""
        with self._lock:
            if self._questions_left == 0:
                return texts.refusal(429)
            if self._questions_left is not None:
                self._questions_left -= 1
            found = self._registrations.get(domain)
        if "." not in domain or not domain.isascii():
            return texts.refusal(400)
        if found is None:
            return texts.absent(domain)
        return texts.verbatim(domain, found) if isinstance(found, str) else texts.registered(domain, found)

    def state(self) -> dict[str, Any]:
        with self._lock:
            return {"registrations": dict(self._registrations), "quota": self._questions_left}

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """{"domain", "registration"}: facts, or a text that goes out as it is; null takes it away. {"quota": n}: so many
        questions are answered from now on, then the limit is exceeded; null lifts it. Raises EditRefused.
        """
        if "quota" in change:
            return self._limit(change["quota"])
        domain, registration = change.get("domain"), change.get("registration")
        if not isinstance(domain, str) or not domain:
            raise EditRefused("A change of WHOIS names its domain, or a quota.", field="domain")
        told = registration if registration is None or isinstance(registration, str) else _facts(registration)
        with self._lock:
            self._registrations.pop(domain.lower(), None)
            if told is not None:
                self._registrations[domain.lower()] = told
        return {"domain": domain.lower(), "registration": told}

    def _limit(self, quota: Any) -> dict[str, Any]:
        if quota is not None and (not isinstance(quota, int) or isinstance(quota, bool) or quota < 0):
            raise EditRefused("quota is a whole number from 0, or null.", field="quota")
        with self._lock:
            self._questions_left = quota
        return {"quota": quota}


def _facts(value: Any) -> dict[str, Any]:
    try:
        return Facts.model_validate(value).model_dump()
    except ValidationError as error:
        raise EditRefused(f"registration: {error.errors()[0]['msg']}", field="registration") from error
