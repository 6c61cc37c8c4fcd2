"""What of the history of syncs and webhooks may go."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from hunter.work.pruning import Prunable
from referrals.models import SyncRun, SyncState
from referrals.models.sync_run import FINISHED_WELL
from referrals.services.deliveries import old_deliveries


def old_sync_runs(before: datetime) -> QuerySet[SyncRun]:
    """Those that read to the end, save each account's newest: from its watermark the next one goes on; and dry runs."""
    newer = SyncRun.objects.filter(account=OuterRef("account"), pk__gt=OuterRef("pk"), state__in=FINISHED_WELL)
    ended_well = Q(Exists(newer), state__in=FINISHED_WELL)
    return SyncRun.objects.filter(ended_well | Q(state=SyncState.DRY_RUN), finished_at__lt=before)


SYNC_RUNS = Prunable("sync_runs", "syncs that ended well", old_sync_runs)
DELIVERIES = Prunable("webhook_deliveries", "webhooks that were settled", old_deliveries)
