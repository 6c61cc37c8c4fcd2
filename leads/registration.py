"""Registration data as they are kept with the evidence of a scan, and what a scan makes of an answer (b.3). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from leads.answers import Absent
from leads.scan_answer import Registration, RegistrationAnswer, RegistrationSource

EVIDENCE = "registration"


class KeptRegistration(BaseModel):
    """What a registry told, as the evidence has it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: RegistrationSource
    registrar: str = ""
    created: date | None = None
    expires: date | None = None
    nameservers: tuple[str, ...] = ()

    @classmethod
    def of(cls, told: Registration) -> Self:
        return cls(
            source=told.source,
            registrar=told.registrar,
            created=told.created_at,
            expires=told.expires_at,
            nameservers=told.nameservers,
        )

    def registration(self) -> Registration:
        return Registration(self.registrar, self.expires, self.nameservers, self.created, self.source)


def registration_in(evidence: Mapping[str, Any]) -> Registration | None:
    """The registration data in the evidence of a scan; None where there are none."""
    try:
        return KeptRegistration.model_validate(evidence.get(EVIDENCE)).registration()
    except ValidationError:
        return None


def current_registration(answer: RegistrationAnswer, *, before: Mapping[str, Any] | None) -> Registration | None:
    """What is known after a scan: what was told, nothing after a definite no, what was known where nobody told."""
    if isinstance(answer, Registration):
        return answer
    if isinstance(answer, Absent) or before is None:
        return None
    return registration_in(before)


def registration_evidence(known: Registration | None) -> dict[str, Any]:
    """The part of a scan's evidence that keeps the registration data."""
    return {EVIDENCE: KeptRegistration.of(known).model_dump(mode="json")} if known else {}
