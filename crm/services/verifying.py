"""Looking anew at leads of which Hunter is no longer sure: each is located, merged and written again (ledger §8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from crm.backend import CrmBackend
from crm.models import CrmRecord
from crm.push.record import LeadState
from hunter.crashpoints import crash_point
from hunter.transactions import retried
from hunter.work.asking import ask
from hunter.work.models import Priority

BLOCK = 500
RESTING = (LeadState.REVIEW, LeadState.GONE, LeadState.CLOSED)


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """How many leads will be looked at."""

    queued: int
    failed: bool = False

    def sentence(self) -> str:
        if not self.queued:
            return "Nothing was written in that time; no lead needs to be looked at."
        leads = "1 lead" if self.queued == 1 else f"{self.queued:,} leads"
        return f"{leads} will be located, merged and written again, as the workers come to them."

    def as_dict(self) -> dict[str, Any]:
        return {"queued": self.queued}


def verify_crm(backend: CrmBackend, *, since: datetime, by: AbstractBaseUser | None = None) -> VerifyReport:
    """Have every lead looked at that was written since, as after a restore or a fail-over that lost commits.

    In blocks of their own transactions, so it may be interrupted and begun again.
    """
    written = CrmRecord.objects.of_crm(backend.name).filter(last_result_at__gte=since).exclude(state__in=RESTING)
    asked_by = by.get_username() if by else "verify_crm"
    return VerifyReport(sum(look_anew(block, backend, asked_by=asked_by) for block in _blocks(written)))


def _blocks(records: Any) -> Iterator[list[int]]:
    last = 0
    while block := list(
        records.filter(company_id__gt=last).order_by("company_id").values_list("company_id", flat=True)[:BLOCK]
    ):
        crash_point("verify_crm.before_block")
        yield block
        last = block[-1]


@retried
@transaction.atomic
def look_anew(company_ids: Iterable[int], backend: CrmBackend, *, asked_by: str) -> int:
    """Forget what was confirmed of these companies' leads and ask for their pushes; how many they are."""
    rows = CrmRecord.objects.of_crm(backend.name).filter(company__in=list(company_ids)).exclude(state__in=RESTING)
    locked = list(rows.select_related("company").order_by("company_id").select_for_update(of=("self",), no_key=True))
    CrmRecord.objects.filter(pk__in=[row.pk for row in locked]).update(
        etag="", confirmed=None, payload_hash="", state=LeadState.PENDING, absent_at=None, hops=0
    )
    keys = [row.company.domain for row in locked]
    return ask(backend.push_kind, keys, priority=Priority.BULK, asked_by=asked_by)
