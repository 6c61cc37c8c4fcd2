"""What may still be due is looked for every ten minutes: the safety net below the changes that ask by themselves."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from crm.backend import CrmBackend
from crm.models import CrmRecord
from crm.push.record import LeadState
from hunter.remote.clock import database_now
from hunter.work.kinds import Kind
from hunter.work.sweeping import sweep_kind
from leads.models import Company

LOOK_EVERY = timedelta(minutes=10)
LOOK_AT_LEAST_EVERY = timedelta(days=1)  # payloads also read referrals and the mapping


def perhaps_due(backend: CrmBackend) -> QuerySet[Company]:
    """Companies worth a push whose payload was not compared since they changed, or not for a day."""
    if not backend.is_enabled():
        return Company.objects.none()
    known = CrmRecord.objects.of_crm(backend.name).filter(company=OuterRef("pk"))
    fresh = known.filter(
        Q(looked_at__gt=database_now() - LOOK_AT_LEAST_EVERY, looked_at__gte=OuterRef("updated_at"))
        & ~Q(state=LeadState.PENDING)
    )
    resting = known.filter(state__in=[LeadState.REVIEW, LeadState.GONE, LeadState.CLOSED])
    return Company.objects.worth_a_push().filter(~Exists(fresh), ~Exists(resting))


def repush_kind(backend: CrmBackend) -> Kind:
    """The standing work that asks for pushes."""
    return sweep_kind(
        backend.repush_kind, of=backend.push_kind, due=lambda: perhaps_due(backend), key="domain", every=LOOK_EVERY
    )
