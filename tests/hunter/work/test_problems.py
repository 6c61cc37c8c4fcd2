from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from hunter.audit.models import AuditEntry
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.errors import Call, PermanentFailure, TransientFailure, ValueRefused
from hunter.work.asking import ask
from hunter.work.models import ErrorRecord, Item
from hunter.work.problems import record_problem, resolve_problems
from hunter.work.retrying import dismiss_errors, matching_errors, retry_errors
from tests.hunter.work.toy import TOY, failing, succeed

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
NO_ANSWER = TransientFailure("No answer.", call=Call("toys", "make"))
PERMANENT = PermanentFailure("No.", call=Call("toys", "make"))
REFUSED = ValueRefused("The colour is refused.", call=Call("toys", "make"), field="colour")


@pytest.fixture
def person():
    return get_user_model().objects.create_user("ayse")


@pytest.fixture
def failed(script, drain):
    """Keys whose work has failed for good."""

    def fail(*keys: str, error: HunterError = REFUSED) -> None:
        for key in keys:
            script.acts[key] = [failing(error)]
        ask(TOY, keys)
        drain()
        for key in keys:
            script.acts[key] = [succeed]

    return fail


@pytest.mark.proves("R5.7")
def test_an_item_that_fails_again_keeps_its_one_record(script, drain):
    script.acts["a"] = [failing(NO_ANSWER), failing(REFUSED)]
    ask(TOY, ["a"])
    drain()
    Item.objects.update(due_at=database_now())
    drain()

    error = ErrorRecord.objects.get()
    assert (error.times, error.attempt, error.error_class, error.gave_up) == (2, 2, "validation", True)


def test_a_second_unsettled_record_of_an_item_and_operation_is_refused_by_the_database(failed):
    failed("a")

    with pytest.raises(IntegrityError, match="one_unsettled_error"), transaction.atomic():
        ErrorRecord.objects.create(
            kind=TOY, key="a", operation="make a toy", service="toys", error_class="transient", message="Again."
        )


def test_a_record_resolves_itself_when_the_item_succeeds_and_a_new_failure_opens_a_new_one(failed, drain):
    failed("a")
    ask(TOY, ["a"])
    drain()

    assert ErrorRecord.objects.get().state == "resolved"
    assert ErrorRecord.objects.get().settled_at is not None

    failed("a")

    assert sorted(ErrorRecord.objects.values_list("state", "times")) == [("open", 1), ("resolved", 1)]


@pytest.mark.proves("R1.6", "R5.8")
def test_trying_again_revives_the_dead_letters_and_says_who_asked(failed, drain, item, person):
    failed("a", "b")

    counts = retry_errors(ErrorRecord.objects.unsettled(), by=person)

    assert counts.as_dict() == {"matched": 2, "queued": 2}
    assert counts.sentence() == "2 will be tried within a minute."
    assert (item("a").asked_by, item("a").priority) == ("ayse", 0)
    assert set(ErrorRecord.objects.values_list("state", flat=True)) == {"retrying"}
    assert AuditEntry.objects.filter(act="try again", by=person).count() == 2

    drain()

    assert set(ErrorRecord.objects.values_list("state", flat=True)) == {"resolved"}


def test_a_retry_that_fails_opens_the_same_record_again(failed, drain, script):
    failed("a")
    script.acts["a"] = [failing(REFUSED)]
    retry_errors(ErrorRecord.objects.unsettled(), by=None)
    drain()

    assert (ErrorRecord.objects.get().state, ErrorRecord.objects.get().times) == ("open", 2)


def test_an_error_of_a_kind_that_is_switched_off_is_counted_and_left(failed, person):
    record_problem(
        "a kind of last year", "a", HunterError("It failed."), operation="do it", service="hunter", context={}
    )

    counts = retry_errors(ErrorRecord.objects.unsettled(), by=person)

    assert counts.as_dict() == {"matched": 1, "queued": 0}
    assert ErrorRecord.objects.get().state == "open"


def test_errors_are_chosen_by_class_service_and_age(failed):
    failed("a")
    failed("b", error=PERMANENT)
    ErrorRecord.objects.filter(key="b").update(last_seen=database_now() - DAY * 3)

    assert [one.key for one in matching_errors(error_class="validation")] == ["a"]
    assert [one.key for one in matching_errors(older_than=DAY)] == ["b"]
    assert matching_errors(service="toys").count() == 2
    assert matching_errors(service="dynamics365").count() == 0


def test_an_error_put_aside_needs_a_reason_and_opens_again_when_it_comes_back(failed, person):
    failed("a")
    with pytest.raises(HunterError, match="Say why"):
        dismiss_errors(ErrorRecord.objects.all(), reason=" ", by=person)

    assert dismiss_errors(ErrorRecord.objects.all(), reason="They closed.", by=person) == 1
    assert (ErrorRecord.objects.get().state, ErrorRecord.objects.get().state_reason) == ("dismissed", "They closed.")
    assert AuditEntry.objects.get(act="put aside").why == "They closed."

    failed("a")
    assert sorted(ErrorRecord.objects.values_list("state", flat=True)) == ["dismissed", "open"]


def test_a_row_that_is_no_item_has_its_record_and_resolves_by_operation(script):
    for operation in ("read a row", "link a row"):
        bad = HunterError("Bad.", field="mail")
        row = {"row": {"\x00": [1, float("nan")]}}
        record_problem(TOY, "a", bad, operation=operation, service="hunter", context=row)

    resolve_problems(TOY, ["a"], "read a row")

    states = dict(ErrorRecord.objects.values_list("operation", "state"))
    assert states == {"read a row": "resolved", "link a row": "open"}
    assert ErrorRecord.objects.get(state="open").context == {"row": {"�": [1, "nan"]}}
    assert ErrorRecord.objects.get(state="open").error_class == "validation"
