"""An outage of a lane's service: it is told from an item's own trouble, and leaves no dead letter behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hunter.errors import HunterError
from hunter.remote import limits
from hunter.remote.clock import database_now
from hunter.remote.errors import (
    AuthenticationFailed,
    Call,
    Misconfigured,
    NotFound,
    PermissionMissing,
    RateLimited,
    TransientFailure,
    ValueRefused,
)
from hunter.remote.lanes import LaneName
from hunter.remote.models import Lane
from hunter.work.asking import ask
from hunter.work.drainer import Drainer
from hunter.work.kinds import Dead
from hunter.work.models import Attempt, ErrorRecord, Item, Priority
from hunter.work.outages import keeps_failing
from hunter.work.outlook import lane_state
from tests.hunter.work import toy
from tests.hunter.work.toy import POLICY, TOY, NoPlaceIsKept, failing, succeed

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R5.8", "R7.5")]

LANE = LaneName.ENTRA  # one service stands behind it, and no other kind works there
CALL = Call("toys", "make", status=503)
NO_ANSWER = TransientFailure("No answer.", call=CALL)


@pytest.fixture
def script(make_toy, settings):
    settings.LANE_LIMITS = {LANE.value: "100000,100000"}
    return make_toy(lane=LANE)


def drain():
    return Drainer(LANE, rng=NoPlaceIsKept()).run()


def all_is_due_and_the_pause_over() -> None:
    Item.objects.filter(due_at__isnull=False).update(due_at=database_now())
    Lane.objects.filter(name=LANE.value).update(paused_until=None, probe_until=None)


def the_lane() -> Lane:
    return Lane.objects.get(name=LANE.value)


def test_an_outage_of_an_afternoon_leaves_no_dead_letter(script):
    keys = [f"{number:02}" for number in range(12)]
    for key in keys:
        script.acts[key] = [failing(NO_ANSWER)]
    ask(TOY, keys)

    for _ in range(30):
        drain()
        all_is_due_and_the_pause_over()

    assert not Item.objects.filter(dead_at__isnull=False).exists()
    assert max(Item.objects.values_list("attempts", flat=True)) < POLICY.attempts
    assert the_lane().probation

    for key in keys:
        script.acts[key] = [succeed]
    drain()

    assert toy.done() == keys
    assert not the_lane().probation
    assert not ErrorRecord.objects.unsettled().exists()


def test_once_the_lane_is_paused_nothing_goes_out(script):
    for key in "abcdefgh":
        script.acts[key] = [failing(NO_ANSWER)]
    ask(TOY, "abcdefgh")

    drain()

    assert len(script.acted) == 5
    assert lane_state(LANE).paused_for > 20
    assert limits.buy(LANE, count=1).closed


def test_in_probation_one_item_is_tried_and_its_success_opens_the_lane(script):
    for key in "abcde":
        script.acts[key] = [failing(NO_ANSWER), succeed]
    ask(TOY, "abcde")
    drain()
    all_is_due_and_the_pause_over()
    script.acts["f"] = [failing(NO_ANSWER)]
    ask(TOY, ["f"], priority=Priority.PERSON)

    drain()
    after_a_failed_probe = list(script.acted[5:])
    all_is_due_and_the_pause_over()
    script.acts["f"] = [succeed]
    drain()

    assert after_a_failed_probe == ["f"]
    assert toy.done() == list("abcdef")


def test_an_item_that_fails_while_others_go_right_uses_up_its_attempts(script, item):
    script.acts["bad"] = [failing(NO_ANSWER)]
    for number in range(POLICY.attempts):
        ask(TOY, ["bad", f"good {number}"])
        drain()
        all_is_due_and_the_pause_over()

    assert item("bad").dead_at is not None
    assert not the_lane().probation


def test_the_attempt_that_met_the_outage_is_given_back_and_the_wait_is_the_policys(script, item):
    for key in "abcde":
        script.acts[key] = [failing(NO_ANSWER)]
    ask(TOY, "abcde")

    drain()

    assert [item(key).attempts for key in "abcde"] == [1, 0, 0, 0, 0]
    assert Attempt.objects.latest("id").outcome == "deferred"
    wait = item("e").due_at - database_now()
    assert POLICY.first_wait * 0.7 < wait <= POLICY.first_wait


def test_a_lone_item_pays_one_attempt_for_an_outage_of_any_length(script, item):
    script.acts["lone"] = [failing(NO_ANSWER)]
    ask(TOY, ["lone"])

    for _ in range(20):
        drain()
        all_is_due_and_the_pause_over()

    assert (item("lone").dead_at, item("lone").attempts) == (None, 1)
    assert ErrorRecord.objects.values_list("key", "times", "attempt", "gave_up").get() == ("lone", 20, 1, False)

    script.acts["lone"] = [succeed]
    drain()

    assert toy.done() == ["lone"]
    assert not ErrorRecord.objects.unsettled().exists()


def test_an_item_that_is_given_up_in_an_outage_has_used_the_attempt_it_was_given_up_in(script, item):
    script.acts["lone"] = [failing(NO_ANSWER)]
    ask(TOY, ["lone"])
    drain()
    all_is_due_and_the_pause_over()
    script.settles["lone"] = lambda outcome: Dead(NO_ANSWER)

    drain()

    assert (item("lone").dead_at is not None, item("lone").attempts) == (True, 2)
    assert ErrorRecord.objects.values_list("attempt", "gave_up").get() == (2, True)


def test_a_lone_item_waits_twice_as_long_each_time_up_to_the_cap(script, item):
    script.acts["lone"] = [failing(NO_ANSWER)]
    ask(TOY, ["lone"])

    waits = []
    for _ in range(9):
        drain()
        waits.append((item("lone").due_at - database_now()).total_seconds())
        all_is_due_and_the_pause_over()

    for number, seconds in enumerate(waits):
        longest = min(60 * 2**number, POLICY.cap.total_seconds())
        assert longest * 0.6 < seconds <= longest


def test_a_lone_item_with_trouble_of_its_own_ends_once_others_vouch_for_the_service(script, item):
    script.acts["bad"] = [failing(NO_ANSWER)]
    ask(TOY, ["bad"])
    for _ in range(5):
        drain()
        all_is_due_and_the_pause_over()
    while_nothing_else_went_out = item("bad").dead_at

    for number in range(POLICY.attempts):
        ask(TOY, [f"good {number}"])
        drain()
        all_is_due_and_the_pause_over()

    assert while_nothing_else_went_out is None
    assert item("bad").dead_at is not None


def test_work_keeps_failing_after_three_failures_in_a_row_though_they_were_its_services(script):
    script.acts["lone"] = [failing(NO_ANSWER)]
    ask(TOY, ["lone"])

    told = []
    for _ in range(3):
        drain()
        told.append(keeps_failing(TOY, "lone"))
        all_is_due_and_the_pause_over()

    assert told == [False, False, True]


def test_failures_before_the_lane_pauses_are_errors_of_their_items_and_use_up_one_attempt_in_all(script, item):
    for key in "abc":
        script.acts[key] = [failing(NO_ANSWER)]
    ask(TOY, "abc")

    drain()

    assert sum(item(key).attempts for key in "abc") == 1
    assert sorted(ErrorRecord.objects.unsettled().values_list("key", flat=True)) == ["a", "b", "c"]


def test_an_outage_is_one_record_of_the_lane_and_resolves_with_it(script):
    for key in "abcde":
        script.acts[key] = [failing(NO_ANSWER), succeed]
    ask(TOY, "abcde")

    drain()
    of_the_lane = ErrorRecord.objects.get(kind="lane")
    all_is_due_and_the_pause_over()
    drain()

    assert (of_the_lane.key, of_the_lane.error_class, of_the_lane.gave_up) == (LANE.value, "transient", False)
    assert not ErrorRecord.objects.unsettled().exists()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(ValueRefused("Too long.", call=CALL), id="a value refused"),
        pytest.param(NotFound("None.", call=CALL), id="not found"),
        pytest.param(PermissionMissing("No.", call=CALL), id="a permission missing"),
    ],
)
def test_a_service_that_says_no_is_well(script, answer):
    for key in "abcdh":
        script.acts[key] = [failing(NO_ANSWER)]
    script.acts["e"] = [failing(answer)]
    ask(TOY, ["a", "b", "c", "d"])
    drain()

    ask(TOY, ["e"])
    drain()

    assert the_lane().failures == 0


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(RateLimited("Too many.", call=CALL, retry_after=timedelta(seconds=30)), id="too many calls"),
        pytest.param(AuthenticationFailed("No token.", call=CALL), id="no token"),
        pytest.param(Misconfigured("No such column.", call=CALL), id="a fault in the set-up"),
        pytest.param(HunterError("We failed."), id="a fault of our own"),
    ],
)
def test_what_says_nothing_of_the_service_counts_for_nothing(script, error):
    for key in "abcd":
        script.acts[key] = [failing(NO_ANSWER)]
    ask(TOY, ["a", "b", "c", "d"])
    drain()

    script.acts["e"] = [failing(error)]
    ask(TOY, ["e"])
    drain()

    assert the_lane().failures == 4


def test_a_result_that_carries_the_services_trouble_counts_too(make_toy, settings):
    """A push whose answer was lost ends with a result, and is as much a sign as an error."""
    settings.LANE_LIMITS = {LANE.value: "100000,100000"}
    script = make_toy(Telling, lane=LANE)
    for key in "abcde":
        script.acts[key] = [lambda gates: NO_ANSWER]
    ask(TOY, "abcde")

    drain()

    assert the_lane().probation


class Telling(toy.ToyHandler):
    """Its acts end with a result that is the error."""

    def trouble_of(self, result):
        return result if isinstance(result, HunterError) else None
