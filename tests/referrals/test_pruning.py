"""Old syncs go; the newest that read to the end stays, since the next one goes on from it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hunter.work.pruning import prune_batch
from referrals.models import SyncRun

pytestmark = pytest.mark.django_db


def test_syncs_that_ended_well_go_save_the_newest_of_each_account():
    long_ago = timezone.now() - timedelta(days=91)
    runs = [
        SyncRun.objects.create(account=account, mode="full", state=state, finished_at=finished)
        for account, state, finished in [
            ("one", "done", long_ago),
            ("one", "failed", long_ago),
            ("one", "done_with_errors", long_ago),
            ("one", "running", None),
            ("two", "done", long_ago),
            ("three", "done", timezone.now()),
            ("three", "done", timezone.now()),
        ]
    ]

    assert prune_batch("sync_runs") == 1
    assert list(SyncRun.objects.order_by("pk")) == runs[1:]
