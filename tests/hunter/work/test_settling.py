from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.errors import Call, PermissionMissing, RateLimited, TransientFailure, ValueRefused
from hunter.remote.exchange import Exchange
from hunter.work import claims, settling
from hunter.work.asking import ask
from hunter.work.kinds import Again, Dead, Done, Later, Outcome, Progress, kind_named
from hunter.work.models import Attempt, ErrorRecord, Item, Priority
from hunter.work.settling import Settlement
from tests.hunter.work import toy
from tests.hunter.work.toy import POLICY, TOY, failing

pytestmark = pytest.mark.django_db

CALL = Call("toys", "make", "POST", "/toys", status=503, request_id="r-1", seconds=0.2)
NO_ANSWER = TransientFailure("No answer.", call=CALL, code="toys.busy")
TOO_MANY = RateLimited("Too many.", call=CALL, retry_after=timedelta(minutes=2))
REFUSED = ValueRefused("The colour is refused.", call=CALL, field="colour")


def wait_of(item: Item) -> timedelta:
    assert item.due_at is not None
    return item.due_at - database_now()


def due_now() -> None:
    """Let the waits be over."""
    Item.objects.filter(due_at__isnull=False).update(due_at=database_now())


def test_a_success_serves_what_was_taken_and_rests(script, drain, item):
    ask(TOY, ["a"])

    report = drain()

    assert (report.done, report.failed, report.put_off) == (1, 0, 0)
    assert (item("a").served, item("a").attempts, item("a").due_at, item("a").lease) == (1, 0, None, None)
    assert item("a").last_success_at is not None
    assert toy.done() == ["a"]


def test_work_that_comes_back_is_due_after_its_own_time_and_no_click_any_more(script, drain, item):
    script.settles["a"] = lambda outcome: Done(next_due=timedelta(hours=2))
    ask(TOY, ["a"], priority=Priority.PERSON)

    drain()

    assert timedelta(minutes=119) < wait_of(item("a")) <= timedelta(hours=2)
    assert item("a").priority == Priority.SCHEDULE


@pytest.mark.proves("R1.11")
def test_a_piece_of_long_work_is_followed_by_the_next_with_fresh_attempts(script, drain, item):
    pieces = iter([Progress(), Progress(), Done()])
    script.settles["a"] = lambda outcome: next(pieces)
    ask(TOY, ["a"])

    drain()

    assert script.attempts == [1, 1, 1]
    assert item("a").served == 1


@pytest.mark.proves("R1.3", "R1.4")
def test_a_transient_failure_backs_off_by_the_policy(script, drain, item):
    script.acts["a"] = [failing(NO_ANSWER)]
    ask(TOY, ["a"])

    waits = []
    for _ in range(2):
        drain()
        waits.append(wait_of(item("a")))
        due_now()

    first, second = waits
    assert POLICY.first_wait * 5 / 6 - timedelta(seconds=20) <= first <= POLICY.first_wait
    assert 2 * POLICY.first_wait * 5 / 6 - timedelta(seconds=20) <= second <= 2 * POLICY.first_wait


@pytest.mark.proves("R1.6")
def test_work_that_has_used_up_its_attempts_is_a_dead_letter(script, drain, item):
    script.acts["a"] = [failing(NO_ANSWER)]
    ask(TOY, ["a"])

    for _ in range(POLICY.attempts):
        assert item("a").dead_at is None
        due_now()
        report = drain()

    assert report.failed == 1
    assert item("a").dead_at is not None
    assert item("a").due_at is None
    assert [one.number for one in Attempt.objects.order_by("id")] == [1, 2, 3]
    assert [one.outcome for one in Attempt.objects.order_by("id")] == ["later", "later", "dead"]
    assert ErrorRecord.objects.get().gave_up


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(REFUSED, id="a refused value"),
        pytest.param(PermissionMissing("The privilege prvToy is missing.", call=CALL), id="a missing privilege"),
        pytest.param(HunterError("The toy has no name.", field="name"), id="an error in our own data"),
    ],
)
@pytest.mark.proves("R5.2", "R5.5")
def test_what_no_further_try_can_mend_is_a_dead_letter_at_once(script, drain, item, error):
    script.acts["a"] = [failing(error)]
    ask(TOY, ["a"])

    drain()

    assert item("a").dead_at is not None
    assert len(script.acted) == 1


def test_a_dead_letter_that_was_asked_for_meanwhile_is_due_with_fresh_attempts(script, drain, item):
    answers = iter([Dead(REFUSED), Done()])

    def settle(outcome):
        if not toy.done()[1:]:
            ask(TOY, ["a"])
        return next(answers)

    script.settles["a"] = settle
    ask(TOY, ["a"])

    drain()

    assert script.attempts == [1, 1]
    assert item("a").dead_at is None


def test_an_attempt_that_was_not_the_items_fault_is_given_back(script, drain, item):
    answers = iter([Again(), Again(), Later(NO_ANSWER)])
    script.settles["a"] = lambda outcome: next(answers)
    ask(TOY, ["a"])

    drain()

    assert script.attempts == [1, 1, 1]
    assert item("a").attempts == 1


@pytest.mark.proves("R1.4")
@pytest.mark.parametrize(
    "verdict",
    [
        pytest.param(Again(timedelta(minutes=2)), id="work that has to wait"),
        pytest.param(Again(timedelta(minutes=2), TOO_MANY), id="a service that asked for it"),
    ],
)
def test_what_waits_together_does_not_come_back_together(script, drain, verdict):
    keys = [f"{number}" for number in range(8)]
    for key in keys:
        script.settles[key] = lambda outcome: verdict
    ask(TOY, keys)
    before = database_now()

    drain(rng=Random(1))

    due = [item.due_at for item in Item.objects.all() if item.due_at is not None]
    waits = [(due_at - before).total_seconds() for due_at in due]
    assert min(waits) >= 120
    assert max(waits) - min(waits) > 2


@pytest.mark.proves("R5.7")
def test_a_failure_is_kept_with_all_that_is_known_of_it(script, drain):
    script.acts["a"] = [failing(REFUSED)]
    ask(TOY, ["a"])

    drain()

    error = ErrorRecord.objects.get()
    assert (error.kind, error.key, error.operation, error.service) == (TOY, "a", "make a toy", "toys")
    assert (error.error_class, error.status, error.field, error.request_id) == ("validation", 503, "colour", "r-1")
    assert (error.message, error.attempt, error.times, error.state) == ("The colour is refused.", 1, 1, "open")
    assert error.correlation == Item.objects.get().correlation
    attempt = Attempt.objects.get()
    assert (attempt.number, attempt.outcome, attempt.error_class) == (1, "dead", "validation")
    assert (attempt.status, attempt.request_id) == (503, "r-1")


def test_a_success_leaves_an_attempt_only_where_the_kind_says_so(make_toy, drain):
    make_toy(keeps_successes=True)
    ask(TOY, ["a"])
    drain()

    assert [one.outcome for one in Attempt.objects.all()] == ["done"]

    make_toy()
    ask(TOY, ["a"])
    drain()

    assert Attempt.objects.count() == 1


@pytest.mark.fault(10, 11)
def test_words_that_no_database_keeps_are_kept_without_the_letters_that_break_it(script, drain):
    odd = TransientFailure("Half \ud800 and zero \x00.", call=Call("toys", "make", request_id="r\x00"), code="c\x00")
    script.acts["a"] = [failing(odd)]
    ask(TOY, ["a"])

    drain()

    error = ErrorRecord.objects.get()
    assert (error.message, error.code, error.request_id) == ("Half ? and zero �.", "c�", "r�")


@pytest.mark.proves("R1.10")
@pytest.mark.fault(5, 6)
def test_a_settle_under_a_lost_lease_changes_nothing_of_that_item_and_settles_the_rest(script, drain, item):
    somebody_else = uuid.uuid4()

    def lose(outcome):
        Item.objects.filter(key="lost").update(lease=somebody_else, due_at=database_now() + timedelta(minutes=1))
        return Done()

    # The other one's claim comes between the act and the settle.
    script.acts["lost"] = [lambda gates: "fine"]
    ask(TOY, ["kept", "lost"])
    script.on_prepare = lambda: None
    script.settles["lost"] = lose

    report = drain()

    assert report.done == 1
    assert toy.done() == ["kept"]
    assert (item("kept").served, item("kept").lease) == (1, None)
    assert item("lost").served == 0


@pytest.mark.proves("R3.5")
@pytest.mark.fault(23)
@pytest.mark.parametrize(
    ("error", "is_dead"),
    [
        pytest.param(HunterError("The toy is broken."), True, id="an error with a name ends in a dead letter"),
        pytest.param(ZeroDivisionError("oh"), False, id="one that nobody foresaw is tried again"),
    ],
)
@pytest.mark.parametrize("where", ["brief", "settle"])
def test_a_bad_row_costs_one_item_and_not_its_block(script, drain, item, error, is_dead, where, caplog):
    def fail(outcome):
        raise error

    if where == "brief":
        script.briefs["bad"] = error
    else:
        script.settles["bad"] = fail
    keys = ["a", "b", "bad", "c"]
    ask(TOY, keys)

    drain()

    assert toy.done() == ["a", "b", "c"]
    assert (item("bad").dead_at is not None) == is_dead
    assert ErrorRecord.objects.get().key == "bad"
    assert item("bad").lease is None


def test_an_item_with_nothing_to_do_is_settled_without_an_act(script, drain, item):
    script.briefs["a"] = Done()
    ask(TOY, ["a"])

    report = drain()

    assert (report.done, script.acted, item("a").served) == (1, [], 1)


@pytest.mark.proves("R7.7")
def test_successes_are_settled_in_a_number_of_queries_that_does_not_grow_with_them(make_toy, django_assert_num_queries):
    make_toy()
    for count in (3, 300):
        ask(TOY, [str(number) for number in range(count)])
        claimed = claims.claim(
            toy.LANE, kinds=[TOY], count=count, lease=uuid.uuid4(), hold=timedelta(minutes=3), alone=False
        )
        now = datetime.now(UTC)
        settlements = [Settlement(Outcome(one, None, None, now, now), Done()) for one in claimed]

        with django_assert_num_queries(3):
            settling.still_ours(claimed)
            settling.write(kind_named(TOY), settlements)

    assert Item.objects.filter(due_at=None).count() == 300


@pytest.mark.proves("R5.6", "R5.7")
def test_a_failed_attempt_keeps_what_was_asked_and_answered_without_tokens(script, drain):
    exchange = Exchange(
        "PATCH", "https://crm.example/leads(1)", {"Authorization": "Bearer s3cret"}, b'{"lastname": "Berg", "score": 1}',
        400, {"content-type": "application/json"}, b'{"error": {"code": "1", "message": "No \\u0000."}}',
    )  # fmt: skip
    script.acts["a"] = [failing(ValueRefused("No.", call=Call("toys", "make", "PATCH", status=400, exchange=exchange)))]
    ask(TOY, ["a"])
    drain()

    kept = Attempt.objects.get().exchange
    assert kept is not None
    assert kept["request"]["line"] == "PATCH https://crm.example/leads(1)"
    assert kept["answer"]["status"] == 400
    assert "Berg" not in str(kept)
    assert "s3cret" not in str(kept)
