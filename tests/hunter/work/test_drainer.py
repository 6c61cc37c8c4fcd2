from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections import defaultdict
from datetime import timedelta

import pytest
from django.db import connection

from hunter.errors import HunterError
from hunter.remote import limits
from hunter.remote.clock import database_now
from hunter.remote.errors import (
    AuthenticationFailed,
    Call,
    Deferred,
    Misconfigured,
    RateLimited,
    RemoteError,
    TransientFailure,
)
from hunter.remote.models import Lane, Slot
from hunter.work.asking import ask
from hunter.work.drainer import BUDGET, Drainer
from hunter.work.kinds import Again, NotReady
from hunter.work.models import Attempt, ErrorRecord, Item
from hunter.work.outlook import lane_state
from tests.hunter.work import toy
from tests.hunter.work.toy import LANE, TOY, AsyncToyHandler, failing, succeed
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.django_db

CALL = Call("toys", "make", status=429)


def too_many(seconds: int) -> RateLimited:
    return RateLimited("Too many.", call=CALL, retry_after=timedelta(seconds=seconds))


def refused_token() -> AuthenticationFailed:
    return AuthenticationFailed("The token is refused.", call=CALL)


def pause_of(lane=LANE) -> float:
    return lane_state(lane).paused_for


@contextlib.contextmanager
def telling_of_deferral(told: threading.Event):
    """Sets the event when the block got no leave for its call."""
    try:
        yield
    except Deferred:
        told.set()
        raise


# --- calls -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("handler", [toy.ToyHandler, AsyncToyHandler], ids=["in threads", "on an event loop"])
@pytest.mark.proves("R3.7")
def test_an_act_that_asks_the_database_fails_and_tells_the_author(make_toy, drain, handler, caplog):
    script = make_toy(handler)
    script.acts["a"] = [lambda gates: Item.objects.count()]
    ask(TOY, ["a"])

    drain()

    assert "nobody foresaw" in ErrorRecord.objects.get().message
    assert "Database" in ErrorRecord.objects.get().message or "async" in ErrorRecord.objects.get().message


def test_acts_of_a_lane_run_at_once_as_many_as_it_has_slots(script, drain, settings):
    settings.LANE_CONCURRENCY = {LANE.value: "6"}
    together = threading.Barrier(6, timeout=PATIENCE)
    keys = [str(number) for number in range(6)]
    for key in keys:
        script.acts[key] = [lambda gates: together.wait()]
    ask(TOY, keys)

    report = drain()

    assert report.done == 6


@pytest.mark.proves("R7.1")
def test_a_drainer_needs_one_connection_however_many_acts_run(script, drain, settings):
    settings.LANE_CONCURRENCY = {LANE.value: "6"}
    together = threading.Barrier(6, timeout=PATIENCE)
    for key in "abcdef":
        script.acts[key] = [lambda gates: together.wait()]
    ask(TOY, "abcdef")
    seen: list[int] = []
    until(lambda: connections() == 1, what="the end of what others left")

    drain(until=lambda: seen.append(connections()))

    assert toy.done() == list("abcdef")
    assert set(seen) == {1}


def connections() -> int:
    """How many this test's database has at the moment."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_clear_snapshot()")
        cursor.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def test_never_more_acts_run_at_once_than_the_lane_has_slots(script, drain, settings):
    settings.LANE_CONCURRENCY = {LANE.value: "3"}
    lock, open_now, most = threading.Lock(), [0], [0]
    three_at_once = threading.Barrier(3, timeout=PATIENCE)

    def act(gates):
        with lock:
            open_now[0] += 1
            most[0] = max(most[0], open_now[0])
        three_at_once.wait()
        with lock:
            open_now[0] -= 1

    keys = [str(number) for number in range(21)]
    for key in keys:
        script.acts[key] = [act]
    ask(TOY, keys)

    drain()

    assert most[0] == 3
    assert toy.done() == sorted(keys)


def test_calls_of_an_act_pass_the_gate_that_the_main_thread_fills(make_toy, drain, settings):
    settings.LANE_LIMITS = {LANE.value: "40,4"}
    script = make_toy()

    def four_calls(gates):
        for _ in range(4):
            gates[LANE].pass_(deadline=time.monotonic() + PATIENCE)

    ask(TOY, ["a", "b", "c"])
    for key in "abc":
        script.acts[key] = [four_calls]
    began = time.monotonic()

    report = drain()

    assert report.done == 3
    assert time.monotonic() - began >= (12 - 4) / 40 * 0.9


@pytest.mark.proves("R7.2")
def test_no_more_is_claimed_than_may_soon_call(make_toy, drain, settings):
    """Else what a person clicks would wait behind all that was claimed before it."""
    settings.LANE_LIMITS, settings.LANE_CONCURRENCY = {LANE.value: "0.001,3"}, {LANE.value: "400"}
    script, one_was_sent_back = make_toy(AsyncToyHandler), threading.Event()

    async def call(gates):
        with telling_of_deferral(one_was_sent_back):
            await gates[LANE].pass_async(deadline=time.monotonic() + 0.5)

    script.acts = defaultdict(lambda: [call])
    ask(TOY, [f"{number:03}" for number in range(300)])

    drain(until=one_was_sent_back.is_set)

    assert 3 <= len(script.acted) < 100, "three may call; a few more were claimed before those stood at the gate"


@pytest.mark.parametrize("handler", [toy.ToyHandler, AsyncToyHandler], ids=["in threads", "on an event loop"])
@pytest.mark.proves("R2.2")
def test_a_call_that_gets_no_leave_in_time_uses_no_attempt(make_toy, drain, item, settings, handler):
    settings.LANE_LIMITS, settings.LANE_CONCURRENCY = {LANE.value: "0.001,1"}, {LANE.value: "1"}
    script, one_was_sent_back = make_toy(handler), threading.Event()

    def calling(*, within: float):
        def blocking(gates):
            with telling_of_deferral(one_was_sent_back):
                gates[LANE].pass_(deadline=time.monotonic() + within)

        async def waiting(gates):
            with telling_of_deferral(one_was_sent_back):
                await gates[LANE].pass_async(deadline=time.monotonic() + within)

        return waiting if handler is AsyncToyHandler else blocking

    for key, seconds in [
        ("a", PATIENCE),
        ("b", 0.5),
    ]:  # there is leave for one call, and one after the other asks for it
        script.acts[key] = [calling(within=seconds)]
        ask(TOY, [key])

    report = drain(until=one_was_sent_back.is_set)

    assert (report.done, report.failed, report.put_off) == (1, 0, 1)
    left = Item.objects.get(due_at__isnull=False)
    assert (left.attempts, left.dead_at) == (0, None)
    assert not ErrorRecord.objects.exists()


# --- trouble of the whole lane ------------------------------------------------------------------------------------


@pytest.mark.proves("R2.6", "R5.5")
@pytest.mark.fault(14)
def test_a_429_pauses_the_lane_for_all_and_uses_nobodys_attempt(script, drain, item, settings):
    settings.LANE_CONCURRENCY = {LANE.value: "1"}
    script.acts["a"] = [failing(too_many(600)), succeed]
    ask(TOY, ["a", "b"])

    drain()

    assert 500 < pause_of() <= 700
    assert script.acted == ["a"]
    assert (item("a").attempts, item("b").attempts) == (0, 0)
    assert limits.buy(LANE, count=1).closed
    assert Attempt.objects.get().error_class == "rate_limit"

    limits.end_pause(LANE)
    Item.objects.update(due_at=database_now())
    drain()

    assert toy.done() == ["a", "b"]


def test_a_short_pause_is_waited_for_within_the_budget(script, drain, settings):
    settings.LANE_CONCURRENCY = {LANE.value: "1"}
    script.acts["a"] = [failing(too_many(1)), succeed]
    ask(TOY, ["a"])

    report = drain()

    assert report.done == 1
    assert script.attempts == [1, 1]


@pytest.mark.fault(17)
@pytest.mark.proves("R5.5")
def test_a_refused_token_is_renewed_once_and_the_item_tried_again(script, drain, item):
    script.acts["a"] = [failing(refused_token()), succeed]
    ask(TOY, ["a"])

    report = drain()

    assert (report.done, script.renewed, script.attempts) == (1, 1, [1, 1])
    assert pause_of() == 0
    assert not ErrorRecord.objects.exists()


def test_calls_that_went_out_with_the_old_token_do_not_pause_the_lane(script, drain, settings):
    settings.LANE_CONCURRENCY = {LANE.value: "4"}
    together = threading.Barrier(4, timeout=PATIENCE)

    def refused(gates):
        together.wait()
        raise refused_token()

    for key in "abcd":
        script.acts[key] = [refused, succeed]
    ask(TOY, "abcd")

    report = drain()

    assert (report.done, script.renewed, pause_of()) == (4, 1, 0)


@pytest.mark.fault(18)
def test_a_token_refused_again_pauses_the_lane_with_one_record_and_no_attempt_used(script, drain, item):
    script.acts["a"] = [failing(refused_token())]
    ask(TOY, ["a"])

    report = drain()

    assert script.renewed == 1
    assert len(script.acted) == 2
    assert 200 < pause_of() <= 300
    error = ErrorRecord.objects.get()
    assert (error.kind, error.key, error.error_class) == ("lane", LANE.value, "authentication")
    assert (item("a").attempts, report.failed) == (0, 0)


def test_the_records_of_a_lane_resolve_when_it_works_again(script, drain):
    script.acts["a"] = [failing(refused_token())]
    ask(TOY, ["a"])
    drain()
    script.acts["a"] = [succeed]
    limits.end_pause(LANE)

    drain()

    assert ErrorRecord.objects.get().state == "resolved"


def raising(error: Exception):
    def raise_it() -> None:
        raise error

    return raise_it


@pytest.mark.parametrize(
    ("error", "least", "most", "recorded"),
    [
        pytest.param(Misconfigured("No such app.", call=CALL), 200, 300, True, id="what a person must mend"),
        pytest.param(HunterError("The mapping is broken."), 200, 300, True, id="a fault in our own settings"),
        pytest.param(TransientFailure("No answer.", call=CALL), 9, 12, True, id="a service that is away"),
        pytest.param(Deferred("Busy."), 2, 5, False, id="no leave to ask for a token"),
        pytest.param(KeyError("kid"), 200, 300, True, id="an error that nobody foresaw"),
    ],
)
def test_what_keeps_a_drainer_from_starting_pauses_the_lane(script, drain, item, error, least, most, recorded):
    script.on_prepare = raising(error)
    ask(TOY, ["a"])
    before = database_now()

    drain()

    ends = Lane.objects.get(name=LANE.value).paused_until
    assert ends is not None
    assert before + timedelta(seconds=least) <= ends <= database_now() + timedelta(seconds=most)
    assert ErrorRecord.objects.exists() == recorded
    assert (script.acted, item("a").attempts, item("a").lease) == ([], 0, None)


def test_a_held_lane_is_left_alone(script, drain, item):
    limits.ensure_lane(LANE)
    Lane.objects.filter(name=LANE.value).update(held=True)
    ask(TOY, ["a"])

    drain()

    assert script.acted == []
    assert item("a").attempts == 0


# --- time, slots, death -------------------------------------------------------------------------------------------


def test_a_drainer_ends_when_nothing_more_is_due_and_gives_its_slots_back(script, drain):
    ask(TOY, ["a"])
    began = time.monotonic()

    drain()

    assert time.monotonic() - began < BUDGET.total_seconds() / 2
    assert not Slot.objects.filter(holder__isnull=False).exists()


def test_a_short_wait_is_waited_for_and_a_long_one_is_not(script, drain, item):

    script.settles["late"] = lambda outcome: Again(wait=timedelta(hours=1))

    def soon(outcome):
        del script.settles["soon"]
        return Again(wait=timedelta(milliseconds=300))

    script.settles["soon"] = soon
    ask(TOY, ["soon", "late"])

    report = drain()

    assert (report.done, report.put_off) == (1, 2)
    assert script.acted.count("late") == 1


def test_a_drainer_without_a_free_slot_says_so_and_leaves_the_work(script, drain, item):
    limits.ensure_lane(LANE)
    limits.take_slots(LANE, holder=uuid.uuid4(), count=100, hold=timedelta(minutes=1))
    ask(TOY, ["a"])

    report = drain()

    assert not report.had_slots
    assert item("a").attempts == 0


def test_a_drainer_that_is_told_to_stop_finishes_what_it_began_and_claims_no_more(script, settings, item):
    settings.LANE_CONCURRENCY = {LANE.value: "1"}
    drainer = Drainer(LANE, budget=timedelta(seconds=PATIENCE))
    script.acts["a"] = [lambda gates: drainer.stop()]
    ask(TOY, ["a", "b"])

    report = drainer.run()

    assert (report.done, toy.done(), item("b").attempts) == (1, ["a"], 0)


def test_the_order_to_stop_waits_for_no_lock_since_a_signal_may_interrupt_its_holder(script):
    drainer = Drainer(LANE, budget=timedelta(seconds=PATIENCE))
    parts = [*vars(drainer).values(), *vars(drainer._shift).values()]
    locks = [value._cond for value in parts if isinstance(value, threading.Event)]  # type: ignore[attr-defined]  # what a waiting thread holds
    ordering = threading.Thread(target=drainer.stop, daemon=True)

    with contextlib.ExitStack() as held:
        for lock in locks:
            held.enter_context(lock)
        ordering.start()
        ordering.join(timeout=10)
        waits = ordering.is_alive()

    assert locks
    assert not waits


def test_an_item_that_killed_its_holders_runs_while_nothing_else_does(script, drain):
    alone = []
    script.acts["deadly"] = [lambda gates: alone.append(list(script.acted))]
    ask(TOY, ["a", "b", "deadly"])
    Item.objects.filter(key="deadly").update(died=3)

    drain()

    assert alone == [["deadly"]]
    assert toy.done() == ["a", "b", "deadly"]


def test_nothing_is_claimed_beside_an_item_that_killed_its_holders(script, drain):
    seen = []

    def look_for_company(gates):
        threading.Event().wait(0.6)  # three looks of the drainer
        seen.append(list(script.acted))

    script.acts["deadly"] = [look_for_company]
    ask(TOY, ["a", "b", "deadly"])
    Item.objects.filter(key="deadly").update(died=3)

    drain()

    assert seen == [["deadly"]]


@pytest.mark.proves("R1.10")
def test_a_long_act_keeps_its_lease_as_long_as_its_kind_allows(script, drain, item, settings):
    settings.LEASE_SECONDS = 5  # what a machine that stands still for a while does not use up
    lease_ends, renewed_twice = set(), threading.Event()

    def watch():
        held = item("a")
        if held.lease is not None:
            lease_ends.add(held.due_at)
        if len(lease_ends) == 3:
            renewed_twice.set()
        return False

    script.acts["a"] = [lambda gates: renewed_twice.wait(PATIENCE) and "fine"]
    ask(TOY, ["a"])

    report = drain(until=watch)

    assert (report.done, item("a").died, script.acted) == (1, 0, ["a"])


def test_an_act_beyond_its_longest_time_is_given_up(make_toy, drain, item, settings):
    settings.LEASE_SECONDS = 1
    script = make_toy(longest_act=timedelta(seconds=0.2))
    let_go = threading.Event()
    script.acts["a"] = [lambda gates: let_go.wait(PATIENCE) or "too late", succeed]
    ask(TOY, ["a"])

    report = drain(until=lambda: "a" in script.acted)
    let_go.set()

    assert report.done == 0
    assert toy.done() == []
    assert item("a").lease is not None


def test_an_act_that_hung_past_its_lease_and_comes_back_does_not_end_the_one_that_took_its_place(
    make_toy, drain, item, settings
):
    settings.LEASE_SECONDS = 1
    script = make_toy(longest_act=timedelta(seconds=0.2))
    second_runs = threading.Event()

    def hang(gates):
        second_runs.wait(PATIENCE)
        return "too late"

    def take_its_place(gates):
        second_runs.set()
        threading.Event().wait(0.4)
        return "fine"

    script.acts["a"] = [hang, take_its_place]
    ask(TOY, ["a"])

    report = drain()

    assert (report.done, toy.done(), item("a").served, item("a").died) == (1, ["a"], 1, 0)


def test_a_drainer_whose_time_is_used_claims_nothing_more(script, drain):
    ask(TOY, ["a"])

    report = drain(budget=timedelta(0))

    assert (report.done, script.acted) == (0, [])


def test_a_lane_without_kinds_has_nothing_to_drain(db):
    assert Drainer(LANE).run().done == 0


def test_the_errors_of_remote_calls_are_all_dealt_with(script, drain):
    """Every class has its strategy; none ends a drainer."""
    for number, error_class in enumerate(sorted(RemoteError.__subclasses__(), key=lambda one: one.kind)):
        script.acts[str(number)] = [failing(error_class("It failed.", call=CALL)), succeed]
        ask(TOY, [str(number)])
        limits.end_pause(LANE)
        drain()

    assert Item.objects.filter(lease__isnull=False).count() == 0
    assert connection.is_usable()


@pytest.mark.proves("R4.5")
def test_a_kind_that_is_not_ready_waits_with_one_trouble_while_its_lane_goes_on(make_toy, drain):
    stuck = make_toy(name="stuck_toy")
    script = make_toy()
    stuck.on_prepare = raising(NotReady("The table has no such column. Create it."))
    ask("stuck_toy", ["a"])
    ask(TOY, ["b"])

    drain()

    trouble = ErrorRecord.objects.get()
    assert (stuck.acted, script.acted) == ([], ["b"])
    assert (trouble.kind, trouble.message) == ("lane", "The table has no such column. Create it.")
    assert Item.objects.get(kind="stuck_toy").attempts == 0
    assert lane_state(LANE).is_open
