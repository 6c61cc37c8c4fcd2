from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.errors import Call, TransientFailure
from hunter.work.asking import ask, ask_step, sweep, withdraw
from hunter.work.kinds import Again, Dead, Step
from hunter.work.models import Item, Priority
from tests.hunter.work.toy import TOY, failing

pytestmark = pytest.mark.django_db

REFUSED = HunterError("The toy is refused.")


def waiting_after_a_failure(script, drain, key: str) -> None:
    """An item in back-off: tried once, due again in about a minute."""
    script.acts[key] = [failing(TransientFailure("No answer.", call=Call("toys", "make")))]
    ask(TOY, [key])
    drain()


def dead(script, drain, key: str) -> None:
    """A dead letter."""
    script.settles[key] = lambda outcome: Dead(REFUSED)
    ask(TOY, [key])
    drain()
    del script.settles[key]


@pytest.mark.proves("R3.1")
def test_asking_twice_is_asking_once(script, item):
    ask(TOY, ["a", "b", "a"])
    ask(TOY, ["b"])

    assert Item.objects.count() == 2
    assert (item("a").requested, item("b").requested) == (1, 2)


def test_a_second_item_of_the_same_kind_and_key_is_refused_by_the_database(script):
    ask(TOY, ["a"])

    with pytest.raises(IntegrityError, match="item_kind_key"), transaction.atomic():
        Item.objects.create(kind=TOY, key="a", lane="outgoing")


def test_one_statement_asks_for_any_number_of_keys(script, django_assert_num_queries):
    with django_assert_num_queries(1):
        asked = ask(TOY, [str(number) for number in range(2_000)])

    assert asked == Item.objects.count() == 2_000


def test_an_unknown_kind_is_refused_by_name(script):
    with pytest.raises(HunterError, match="no work of the kind 'toys'"):
        ask("toys", ["a"])


def test_what_is_asked_while_it_runs_is_due_again_when_it_ends(script, drain, item):
    script.settles["a"] = lambda outcome: asked_meanwhile("a")
    ask(TOY, ["a"])

    def asked_meanwhile(key: str) -> object:
        ask(TOY, [key])
        del script.settles[key]
        return None

    drain()

    assert script.acted == ["a", "a"]
    assert (item("a").requested, item("a").served, item("a").due_at) == (2, 2, None)


def test_what_is_asked_before_it_runs_is_served_by_one_run(script, drain, item):
    ask(TOY, ["a"])
    ask(TOY, ["a"])

    drain()

    assert script.acted == ["a"]
    assert item("a").served == item("a").requested == 2


@pytest.mark.proves("R1.6")
@pytest.mark.parametrize("priority", [Priority.PERSON, Priority.SCHEDULE], ids=["a person", "changed data"])
def test_a_request_revives_a_dead_letter_with_fresh_attempts(script, drain, item, priority):
    dead(script, drain, "a")
    assert item("a").dead_at is not None

    ask(TOY, ["a"], priority=priority)

    assert (item("a").dead_at, item("a").attempts, item("a").priority) == (None, 0, priority)
    assert item("a").due_at <= database_now()


def test_a_sweep_leaves_a_dead_letter_dead(script, drain, item):
    dead(script, drain, "a")

    swept = sweep(TOY, ["a", "b"])

    assert swept == 1
    assert (item("a").due_at, item("b").due_at is None) == (None, False)
    assert item("a").dead_at is not None


def test_a_sweep_asks_nothing_of_what_waits_already(script, item):
    ask(TOY, ["a"])

    assert sweep(TOY, ["a"]) == 0
    assert item("a").requested == 1


def test_only_a_person_shortens_a_back_off(script, drain, item):
    waiting_after_a_failure(script, drain, "a")
    due_at = item("a").due_at

    ask(TOY, ["a"])
    assert (item("a").due_at, item("a").attempts) == (due_at, 1)

    ask(TOY, ["a"], priority=Priority.PERSON)
    assert item("a").due_at <= database_now()
    assert (item("a").attempts, item("a").priority) == (0, Priority.PERSON)


def test_a_request_never_puts_off_what_is_due_sooner(script, item):
    ask(TOY, ["a"], wait=timedelta(minutes=1))
    due_at = item("a").due_at

    ask(TOY, ["a"], wait=timedelta(hours=1))
    assert item("a").due_at == due_at

    ask(TOY, ["a"])
    assert item("a").due_at <= database_now()


def test_a_waiting_item_takes_the_better_priority_of_two_requests(script, item):
    ask(TOY, ["a"], priority=Priority.SCHEDULE)
    ask(TOY, ["a"], priority=Priority.BULK)

    assert item("a").priority == Priority.SCHEDULE


def test_a_resting_item_takes_the_priority_of_the_new_request(script, drain, item):
    ask(TOY, ["a"], priority=Priority.PERSON)
    drain()

    ask(TOY, ["a"], priority=Priority.BULK)

    assert item("a").priority == Priority.BULK


def test_a_request_of_a_person_leaves_the_lease_of_what_runs(script, drain, item):
    leases = []
    ask(TOY, ["a"])

    def ask_as_a_person(outcome):
        leases.append(item("a").lease)
        ask(TOY, ["a"], priority=Priority.PERSON, asked_by="ayse")
        leases.append(item("a").lease)
        script.settles.clear()
        return Again(wait=timedelta(minutes=1))

    script.settles["a"] = ask_as_a_person
    drain()

    assert leases[0] == leases[1] is not None
    assert item("a").asked_by == "ayse"


@pytest.mark.proves("R1.13")
def test_a_step_is_asked_of_every_kind_that_does_it_in_the_order_of_their_names(make_toy):
    for name in ("toy_b", "toy_a"):
        make_toy(name=name, step=Step.PUSH)

    ask_step(Step.PUSH, ["a.example"])

    ours = Item.objects.filter(kind__startswith="toy_").order_by("id")
    assert [(one.kind, one.key) for one in ours] == [("toy_a", "a.example"), ("toy_b", "a.example")]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        pytest.param("served = taken + 1", "item_served_taken_requested", id="nothing is served that was not taken"),
        pytest.param(
            "taken = requested + 1", "item_served_taken_requested", id="nothing is taken that was not requested"
        ),
        pytest.param("lease = gen_random_uuid(), due_at = null", "item_leased_is_due", id="a lease has an end"),
        pytest.param("dead_at = now()", "item_dead_rests", id="a dead letter is not due"),
    ],
)
def test_the_database_refuses_an_impossible_item(script, change, constraint):
    ask(TOY, ["a"])

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"update work_item set {change}")  # noqa: S608  from the table above


# --- taking back -----------------------------------------------------------------------------------------------


def test_a_request_that_is_taken_back_leaves_nothing_to_do(script, drain, item):
    ask(TOY, ["a", "b"])

    assert withdraw(TOY, ["a", "never asked for"]) == {"a"}
    drain()

    assert script.acted == ["b"]
    assert (item("a").due_at, item("a").served) == (None, 1)


def test_one_request_taken_back_leaves_the_others(script, drain, item):
    ask(TOY, ["a"])
    ask(TOY, ["a"])

    assert withdraw(TOY, ["a"]) == {"a"}
    assert item("a").due_at is not None
    assert withdraw(TOY, ["a"]) == {"a"}
    assert item("a").due_at is None
    assert withdraw(TOY, ["a"]) == set()


def test_what_waits_for_another_try_is_taken_back_with_fresh_attempts(script, drain, item):
    waiting_after_a_failure(script, drain, "a")

    withdraw(TOY, ["a"])

    assert (item("a").due_at, item("a").attempts) == (None, 0)


def test_what_runs_is_not_taken_back(script, item):
    ask(TOY, ["a"])
    Item.objects.update(lease="00000000-0000-0000-0000-000000000001", taken=1)

    assert withdraw(TOY, ["a"]) == set()
    assert item("a").due_at is not None


def test_a_request_that_revives_a_dead_letter_can_be_taken_back(script, drain, item):
    dead(script, drain, "a")
    ask(TOY, ["a"])

    assert withdraw(TOY, ["a"]) == {"a"}
    assert (item("a").due_at, item("a").dead_at, item("a").served) == (None, None, 2)
