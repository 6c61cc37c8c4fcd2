"""Creating what the mapping needs and the CRM lacks, as a person asks for it (R4.2, contract 16)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crm.backend import CrmBackend
from crm.interface import Inventory, Part
from crm.mapping.provisioning import wanted_columns
from crm.models import ProvisionedPart
from crm.provision_kind import NEEDED, WITH_OPTIONAL
from crm.services.columns import forget_columns
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.gate import direct_gate
from hunter.remote.limits import end_pause
from hunter.remote.models import Lane
from hunter.remote.tokens import with_bearer
from hunter.work.asking import ask
from hunter.work.models import ErrorRecord, Item, Priority
from hunter.work.waiting import work_until

WAIT_FOR_SLOT = timedelta(seconds=60)
TOKEN_OUTLIVES = timedelta(minutes=5)
BRIEFLY = timedelta(minutes=15)  # another customization there is waited for so long


@dataclass(frozen=True, slots=True)
class ProvisionReport:
    """What the CRM lacked, what was made, and why the rest was not."""

    crm: str
    missing: tuple[str, ...]
    created: tuple[str, ...] = ()
    trouble: str = ""
    dry_run: bool = False
    seconds: float = field(default=0.0)

    @property
    def failed(self) -> bool:
        return bool(self.trouble)

    def sentence(self) -> str:
        lacks = f"{self.crm} lacks {len(self.missing)}: {', '.join(self.missing)}." if self.missing else ""
        nothing = f"{self.crm} has all that the mapping needs."
        if self.dry_run:
            return " ".join(filter(None, ("Dry run, nothing was created.", lacks or nothing, self.trouble)))
        made = f"{len(self.created)} created: {', '.join(self.created)}." if self.created else ""
        return " ".join(filter(None, (made or ("" if self.missing else nothing), self.trouble)))

    def as_dict(self) -> dict[str, Any]:
        return {
            "missing": list(self.missing),
            "created": list(self.created),
            "failed": len(self.missing) - len(self.created) if self.trouble else 0,
            "trouble": self.trouble,
        }


def look_what_is_missing(backend: CrmBackend, *, with_optional: bool) -> Inventory:
    """Read what the CRM lacks now; nothing is written. Raises HunterError where this CRM can't be provisioned."""
    make = backend.provisioner
    if make is None:
        raise HunterError(f"Hunter can't create columns in {backend.title}; its administrator makes them by hand.")
    wanted = wanted_columns(backend.load_mapping(), with_optional=with_optional)
    with direct_gate(backend.lane, wait=WAIT_FOR_SLOT) as gate:
        return with_bearer(
            backend.token_source(), lambda token: make(gate, token).inventory(wanted), outlives=TOKEN_OUTLIVES
        )


def ask_to_provision(
    backend: CrmBackend, *, with_optional: bool, by: AbstractBaseUser | None, asked_by: str = ""
) -> str:
    """Ask for it, as a person; the item's key. A lane that pauses for the mapping's sake is opened."""
    key = WITH_OPTIONAL if with_optional else NEEDED
    end_pause(backend.lane)
    with transaction.atomic():
        ask(
            backend.provision_kind,
            [key],
            priority=Priority.PERSON,
            asked_by=by.get_username() if by else asked_by,
        )
    return key


def provision_crm(
    backend: CrmBackend, *, with_optional: bool, dry_run: bool, progress: Callable[[str], None] = lambda text: None
) -> ProvisionReport:
    """Create what is missing and wait for it. Not inside a transaction. Raises HunterError when it can't begin."""
    before = look_what_is_missing(backend, with_optional=with_optional)
    missing = tuple(map(_named, before.missing))
    if dry_run or not (missing or before.awaited):
        return ProvisionReport(backend.title, missing, trouble=before.obstacle, dry_run=dry_run)
    since = database_now()
    key = ask_to_provision(backend, with_optional=with_optional, by=None, asked_by="provision_crm")

    def is_done() -> bool:
        made = _made_since(backend, since)
        progress(f"{len(made)} of {len(missing)} created")
        return not _goes_on(backend, key)

    work_until([backend.lane], done=is_done, budget=BRIEFLY)
    forget_columns()
    return ProvisionReport(backend.title, missing, tuple(_made_since(backend, since)), _trouble(backend, key))


def _goes_on(backend: CrmBackend, key: str) -> bool:
    """Whether there is something to wait for: not once the lane is held by a person."""
    held = Lane.objects.filter(name=backend.lane, held=True).exists()
    return not held and Item.objects.filter(kind=backend.provision_kind, key=key, due_at__isnull=False).exists()


def _made_since(backend: CrmBackend, since: datetime) -> list[str]:
    parts = ProvisionedPart.objects.filter(crm=backend.name, made_at__gte=since).order_by("id")
    return [part.name for part in parts]


def _trouble(backend: CrmBackend, key: str) -> str:
    problem = ErrorRecord.objects.unsettled().filter(kind=backend.provision_kind, key=key).first()
    if problem is not None:
        return problem.message
    goes_on = Item.objects.filter(kind=backend.provision_kind, key=key, due_at__isnull=False).exists()
    return "It goes on by itself, with the workers." if goes_on else ""


def _named(part: Part) -> str:
    return part.name
