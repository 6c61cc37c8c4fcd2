"""What a person may change of a company: automation leaves it alone from then on (architecture §4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from hunter.audit import recording
from hunter.errors import HunterError
from leads.models import Company
from leads.services.recording import ask_for_pushes

EDITABLE = ("name", "country", "phone")


@dataclass(frozen=True, slots=True)
class EditResult:
    """Which fields of a company a person changed."""

    domain: str
    changed: tuple[str, ...]
    failed: bool = False

    def sentence(self) -> str:
        if not self.changed:
            return f"{self.domain} was like that already; nothing was changed."
        return f"{self.domain}: {', '.join(self.changed)} changed."

    def as_dict(self) -> dict[str, Any]:
        return {"domain": self.domain, "changed": list(self.changed)}


@transaction.atomic(durable=True)
def edit_company(company: Company, *, changes: Mapping[str, str], by: AbstractBaseUser | None) -> EditResult:
    """Set what a person changed. Raises StaleVersion if the company changed since it was read, HunterError for a field
    that is not a person's to set.

    A name set so is never overwritten by a referral; what the CRM is sent follows by itself.
    """
    if refused := [name for name in changes if name not in EDITABLE]:
        raise HunterError(
            f"{refused[0]} is worked out by Hunter; a person sets {', '.join(EDITABLE)}.", field=refused[0]
        )
    before = {name: getattr(company, name) for name, value in changes.items() if getattr(company, name) != value}
    if not before:
        return EditResult(company.domain, ())

    for name in before:
        setattr(company, name, changes[name])
    company.name_set_by_person = company.name_set_by_person or "name" in before
    company.save()
    after = {name: changes[name] for name in before}
    recording.record(company, act="edit", by=by, before=before, after=after)
    ask_for_pushes([company])
    return EditResult(company.domain, tuple(before))
