"""Passes over the CRM and moves to a mapping go once they are old; what the next one begins with stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.models import CrmPull, CrmRemap
from hunter.remote.clock import database_now
from hunter.work.pruning import batch_of, count_history

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def pull(*, days, state="done", cursor=""):
    ended = None if state == "running" else database_now() - timedelta(days=days)
    return CrmPull.objects.create(crm="dynamics365", state=state, cursor=cursor, finished_at=ended)


def test_old_passes_go_and_the_place_where_the_next_one_begins_stays():
    old, failed, newest = pull(days=100), pull(days=100, state="failed"), pull(days=95, cursor="here")
    running = pull(days=0, state="running")

    assert count_history(days=None).counts["crm_pulls"] == 2
    batch_of("crm_pulls", days=None)

    assert set(CrmPull.objects.values_list("pk", flat=True)) == {newest.pk, running.pk}
    assert not {old.pk, failed.pk} & set(CrmPull.objects.values_list("pk", flat=True))


def test_a_pass_that_is_not_old_stays():
    pull(days=10)
    pull(days=5)

    assert batch_of("crm_pulls", days=None) == 0


def test_old_moves_go_save_the_newest():
    for days in (200, 150):
        CrmRemap.objects.create(crm="dynamics365", version=1, finished_at=database_now() - timedelta(days=days))

    batch_of("crm_remaps", days=None)

    assert CrmRemap.objects.count() == 1
