"""What of the history of leads may go: passes over the CRM and moves to a mapping, once they are old."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from crm.models import CrmPull, CrmRemap
from hunter.work.pruning import Prunable


def old_pulls(before: datetime) -> QuerySet[Any]:
    """Those that have ended; where the newest good one ended the next begins, so it stays."""
    newer = CrmPull.objects.filter(crm=OuterRef("crm"), state=CrmPull.State.DONE, pk__gt=OuterRef("pk"))
    return CrmPull.objects.filter(Exists(newer), finished_at__lt=before)


def old_remaps(before: datetime) -> QuerySet[Any]:
    """Those that have ended, save the newest of each CRM."""
    newer = CrmRemap.objects.filter(crm=OuterRef("crm"), pk__gt=OuterRef("pk"))
    return CrmRemap.objects.filter(Exists(newer), finished_at__lt=before)


PULLS = Prunable("crm_pulls", "passes over the CRM", old_pulls)
REMAPS = Prunable("crm_remaps", "moves to a mapping", old_remaps)
