from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hunter.remote.clock import database_now
from hunter.work import claims
from hunter.work.asking import ask
from hunter.work.claims import DEATHS_BEFORE_POISON, classes_in_order
from hunter.work.models import Attempt, ErrorRecord, Item, Priority
from tests.hunter.work.toy import LANE, TOY

pytestmark = pytest.mark.django_db

HOLD = timedelta(minutes=3)


def claim(count: int, *, alone: bool = False, before: int = 0):
    return claims.claim(LANE, kinds=[TOY], count=count, lease=uuid.uuid4(), hold=HOLD, alone=alone, before=before)


def let_leases_run_out() -> None:
    """As if the holder had died three minutes ago."""
    with connection.cursor() as cursor:
        cursor.execute("update work_item set due_at = clock_timestamp() - interval '1 second' where lease is not null")


def age(key: str, *, minutes: int) -> None:
    Item.objects.filter(key=key).update(due_at=database_now() - timedelta(minutes=minutes))


@pytest.mark.proves("R7.2")
def test_the_oldest_of_the_best_class_comes_first(script):
    ask(TOY, ["bulk"], priority=Priority.BULK)
    ask(TOY, ["young", "old"])
    ask(TOY, ["person"], priority=Priority.PERSON)
    age("bulk", minutes=60)
    age("old", minutes=5)

    order = [claim(1)[0].key for _ in range(4)]

    assert order == ["person", "old", "young", "bulk"]


def test_a_claim_counts_the_attempt_and_takes_what_was_requested(script, item):
    ask(TOY, ["a"])
    ask(TOY, ["a"])

    (claimed,) = claim(5)

    assert (claimed.key, claimed.attempt) == ("a", 1)
    assert (item("a").taken, item("a").requested, item("a").served) == (2, 2, 0)
    assert item("a").lease == claimed.lease
    assert timedelta(minutes=2) < item("a").due_at - database_now() <= HOLD


def test_what_is_held_or_not_yet_due_is_not_claimed(script):
    ask(TOY, ["held"])
    claim(1)
    ask(TOY, ["later"], wait=timedelta(minutes=1))

    assert claim(5) == []


def test_work_of_a_kind_that_is_switched_off_stays_where_it_is(make_toy, item):
    make_toy(name="other_toy")
    make_toy()
    ask("other_toy", ["a"])
    ask(TOY, ["a"])

    claimed = claim(5)

    assert [one.kind for one in claimed] == [TOY]
    assert Item.objects.get(kind="other_toy").lease is None


@pytest.mark.proves("R7.2")
def test_no_class_starves_behind_an_endless_stream_of_better_ones(script):
    for priority, stream in ((Priority.PERSON, "person"), (Priority.SCHEDULE, "scheduled")):
        ask(TOY, [f"{stream} {number}" for number in range(60)], priority=priority)
    ask(TOY, ["bulk"], priority=Priority.BULK)

    claimed, before = [], 0
    while before < 24:
        claimed += [one.key for one in claim(1, before=before)]
        before += 1

    assert Counter(key.split()[0] for key in claimed) == {"person": 21, "scheduled": 2, "bulk": 1}


def test_the_kept_eighth_is_filled_from_the_top_when_nothing_waits_below(script):
    ask(TOY, [str(number) for number in range(20)], priority=Priority.PERSON)

    assert len(claim(16)) == 16


@given(count=st.integers(1, 500), before=st.integers(0, 10_000))
def test_every_eighth_place_is_kept_and_every_place_offered_to_all(count, before):
    order = classes_in_order(count=count, before=before)

    for_the_top = order[0][1]
    assert count - for_the_top == (before + count) // 8 - before // 8
    assert {priority for priority, up_to in order if up_to == count} >= set(Priority.values)
    assert all(up_to <= count for _, up_to in order)


@pytest.mark.proves("R7.2", "R6.4")
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 32)), min_size=1, max_size=8))
@example(rounds=[(16, 16, 16)] * 6)
def test_whatever_comes_in_above_each_class_below_gets_its_share(script, rounds):
    Item.objects.all().delete()
    ask(TOY, [f"bulk {number}" for number in range(30)], priority=Priority.BULK)
    ask(TOY, [f"scheduled {number}" for number in range(30)])
    claimed: Counter[str] = Counter()

    for turn, (clicks, scheduled, block) in enumerate(rounds):
        ask(TOY, [f"person {turn} {number}" for number in range(clicks)], priority=Priority.PERSON)
        ask(TOY, [f"scheduled {turn} {number}" for number in range(scheduled)])
        claimed.update(one.key.split()[0] for one in claim(block, before=claimed.total()))

    kept_for_each = claimed.total() // claims.SHARE_FOR_LOWER // 2
    assert claimed["bulk"] >= kept_for_each
    assert claimed["scheduled"] >= min(kept_for_each, 30)


@pytest.mark.proves("R1.10")
@pytest.mark.fault(1)
def test_an_item_whose_holder_died_is_claimed_again_and_its_attempt_given_back(script, item):
    ask(TOY, ["a"])
    (first,) = claim(1)
    let_leases_run_out()

    (second,) = claim(1)

    assert (first.item_id, first.attempt) == (second.item_id, second.attempt) == (item("a").pk, 1)
    assert first.lease != second.lease
    assert (item("a").attempts, item("a").died) == (1, 1)
    assert Attempt.objects.get().outcome == "lost"


def test_an_item_that_outlived_three_holders_is_claimed_alone(script, item):
    ask(TOY, ["deadly", "harmless"])
    Item.objects.filter(key="deadly").update(died=2, lease=uuid.uuid4(), due_at=database_now())

    in_a_block = claim(10)
    alone = claim(10, alone=True)

    assert [one.key for one in in_a_block] == ["harmless"]
    assert [(one.key, one.alone) for one in alone] == [("deadly", True)]
    assert item("deadly").died == 3


@pytest.mark.proves("R1.6")
@pytest.mark.fault(7)
def test_the_tenth_death_makes_a_dead_letter_with_its_error_record(script, item):
    ask(TOY, ["poison"])
    Item.objects.update(died=DEATHS_BEFORE_POISON - 1, lease=uuid.uuid4(), due_at=database_now())

    claimed = claim(1, alone=True)

    assert claimed == []
    assert item("poison").dead_at is not None
    assert (item("poison").lease, item("poison").due_at) == (None, None)
    error = ErrorRecord.objects.get()
    assert (error.kind, error.key, error.gave_up, error.attempt) == (TOY, "poison", True, 10)
    assert error.message.startswith("10 processes died")


def test_changed_data_gives_a_poisonous_item_no_new_life_but_a_person_does(script, item):
    ask(TOY, ["poison"])
    Item.objects.update(died=DEATHS_BEFORE_POISON, due_at=None, dead_at=database_now(), served=0, taken=0)

    ask(TOY, ["poison"])
    assert claim(1, alone=True) == []
    assert item("poison").dead_at is not None

    ask(TOY, ["poison"], priority=Priority.PERSON)
    assert [one.key for one in claim(1)] == ["poison"]


def test_a_block_is_claimed_in_a_constant_number_of_queries(script, django_assert_max_num_queries):
    ask(TOY, [str(number) for number in range(300)])

    with transaction.atomic(), django_assert_max_num_queries(10):
        assert len(claim(200)) == 200
