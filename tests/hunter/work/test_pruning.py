"""What the ledger no longer needs goes, by command or day by day; what fails or was given up keeps its whole story."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from hunter.audit.models import AuditEntry
from hunter.audit.recording import record
from hunter.remote.lanes import LaneName
from hunter.work.drainer import Drainer
from hunter.work.history import forget_items
from hunter.work.models import Attempt, ErrorRecord, Item
from hunter.work.prune_kind import PRUNE
from hunter.work.pruning import BATCH, prunables, prune_batch
from hunter.work.tasks import ask_for_standing_work
from tests.factories.work import ErrorFactory, ItemFactory
from tests.waiting import PATIENCE

LONG_AGO = timezone.now() - timedelta(days=91)
GONE = 10**12  # items that are not there any more


def pruned(*arguments: str, capsys) -> dict[str, Any]:
    call_command("prune_history", "--json", *arguments)
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def attempt_of(item_id: int, *, ended_at=LONG_AGO) -> Attempt:
    return Attempt.objects.create(item_id=item_id, number=1, began_at=ended_at, ended_at=ended_at, outcome="later")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "settled_at", "given_up", "goes"),
    [
        pytest.param("resolved", LONG_AGO, False, True, id="resolved"),
        pytest.param("dismissed", LONG_AGO, False, True, id="put aside"),
        pytest.param("dismissed", LONG_AGO, True, False, id="put aside, and its work was given up"),
        pytest.param("resolved", timezone.now(), False, False, id="resolved lately"),
        pytest.param("open", None, False, False, id="open, however old"),
        pytest.param("retrying", None, False, False, id="being tried again"),
    ],
)
def test_errors_go_once_they_are_settled(state, settled_at, given_up, goes):
    ErrorFactory(key="a.com", state=state, settled_at=settled_at, first_seen=LONG_AGO, last_seen=LONG_AGO)
    ItemFactory(key="a.com", dead_at=LONG_AGO if given_up else None)

    assert prune_batch("errors") == int(goes)
    assert ErrorRecord.objects.exists() is not goes


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("item", "goes"),
    [
        pytest.param({"dead_at": None, "attempts": 0}, True, id="it went well in the end"),
        pytest.param({"dead_at": None, "attempts": 2, "due_at": timezone.now()}, False, id="it is being tried"),
        pytest.param({"dead_at": LONG_AGO}, False, id="it was given up"),
    ],
)
def test_attempts_go_once_they_led_somewhere(item, goes):
    attempt_of(ItemFactory(**item).pk)

    assert prune_batch("attempts") == int(goes)


@pytest.mark.django_db
def test_attempts_stay_as_long_as_their_error_is_open():
    item = ItemFactory(dead_at=None, attempts=0)
    ErrorFactory(kind=item.kind, key=item.key)
    attempt_of(item.pk)
    attempt_of(item.pk + 1)  # of work that is gone

    assert prune_batch("attempts") == 1
    assert Attempt.objects.get().item_id == item.pk


@pytest.mark.django_db
def test_work_is_forgotten_only_when_it_rests():
    for key, given in {"rests": {}, "due": {"due_at": timezone.now()}, "dead": {"dead_at": LONG_AGO}}.items():
        ItemFactory(key=key, **{"dead_at": None} | given)

    forget_items("scan", ["rests", "due", "dead"])

    assert set(Item.objects.values_list("key", flat=True)) == {"due", "dead"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.proves("R3.7")
def test_the_command_prunes_in_batches_and_tells_how_much(capsys):
    Attempt.objects.bulk_create(
        Attempt(item_id=GONE + n, number=1, began_at=LONG_AGO, ended_at=LONG_AGO, outcome="later")
        for n in range(BATCH + 2)
    )
    attempt_of(1, ended_at=timezone.now())
    ErrorFactory(state="resolved", settled_at=LONG_AGO)

    counted = pruned("--dry-run", capsys=capsys)
    assert Attempt.objects.count() == BATCH + 3
    told = pruned(capsys=capsys)

    assert (counted["would_go"]["attempts"], counted["total"]) == (BATCH + 2, BATCH + 3)
    assert (told["pruned"], told["total"]) == (counted["would_go"], counted["total"])
    assert told["pruned"].keys() == {one.name for one in prunables()}
    assert Attempt.objects.get().ended_at > LONG_AGO


@pytest.mark.django_db(transaction=True)
def test_how_old_is_said_by_the_option_or_by_the_setting(capsys, settings):
    ErrorFactory(state="resolved", settled_at=timezone.now() - timedelta(days=10))

    assert pruned("--dry-run", capsys=capsys)["total"] == 0
    assert pruned("--dry-run", "--older-than", "9.5", capsys=capsys)["total"] == 1
    settings.HISTORY_KEEP_DAYS = 9
    assert pruned(capsys=capsys)["total"] == 1


@pytest.mark.django_db(transaction=True)
def test_the_audit_log_stays(capsys):
    record(ItemFactory(), act="try again", by=None)

    pruned("--older-than", "0", capsys=capsys)

    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("days", ["-1", "40000"])
def test_a_number_of_days_that_can_t_be_is_refused(days, capsys):
    with pytest.raises((SystemExit, CommandError)):
        call_command("prune_history", f"--older-than={days}")

    assert "from 0 to 36500" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_once_a_day_the_workers_prune_every_set_in_batches():
    Attempt.objects.bulk_create(
        Attempt(item_id=GONE + n, number=1, began_at=LONG_AGO, ended_at=LONG_AGO, outcome="later")
        for n in range(BATCH + 2)
    )
    ask_for_standing_work()

    def is_done() -> bool:
        asked = Item.objects.filter(kind=PRUNE)
        return asked.count() > 1 and not asked.exclude(key="all").filter(due_at__isnull=False).exists()

    Drainer(LaneName.HUNTER, budget=timedelta(seconds=PATIENCE), until=is_done).run()

    assert not Attempt.objects.filter(ended_at__lte=LONG_AGO).exists()
    assert set(Item.objects.filter(kind=PRUNE).values_list("key", flat=True)) == {
        "all", *(one.name for one in prunables()),
    }  # fmt: skip
    next_time = Item.objects.get(kind=PRUNE, key="all").due_at
    assert next_time is not None
    assert timedelta(hours=23) < next_time - timezone.now() <= timedelta(hours=24)
