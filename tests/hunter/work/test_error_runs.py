"""Very many errors are tried again or put aside by the ledger, block by block, while nobody waits (R5.8, R1.11)."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hunter.audit.models import AuditEntry
from hunter.errors import HunterError
from hunter.remote.lanes import LaneName
from hunter.work import error_runs
from hunter.work.drainer import Drainer
from hunter.work.error_runs import dismiss_matching, retry_matching
from hunter.work.models import ErrorRecord, ErrorRun, ErrorRunEntry, Item
from hunter.work.retrying import dismiss_errors, retry_block, retry_errors
from tests.factories.people import administrator
from tests.factories.work import ErrorFactory
from tests.hunter.work.toy import TOY
from tests.waiting import PATIENCE

State = ErrorRecord.State
MANY = 2300
numbers = itertools.count()


def failed(count: int, **values: object) -> None:
    """So many errors of the toy's kind, written at once."""
    known = {"kind": TOY, "operation": "make a toy", "service": "toys", "error_class": "validation", "gave_up": True}
    ErrorRecord.objects.bulk_create(
        ErrorRecord(**known | values, key=f"toy-{next(numbers)}", message="No.") for _ in range(count)
    )


def states() -> dict[str, int]:
    found = list(ErrorRecord.objects.values_list("state", flat=True))
    return {state: found.count(state) for state in set(found)}


@pytest.fixture
def ayse(db):
    return administrator("ayse")


@pytest.fixture
def work_on_them(settings):
    """Hunter's own lane is drained until nothing is due."""
    settings.LANE_LIMITS = {"hunter": "100000,100000"}
    return lambda: Drainer(LaneName.HUNTER, budget=timedelta(seconds=PATIENCE)).run()


@pytest.mark.proves("R5.8", "R1.11")
def test_very_many_errors_are_tried_again_by_the_ledger(script, ayse, work_on_them):
    failed(MANY)
    failed(3, service="dns")

    begun = retry_matching(ErrorRecord.objects.filter(service="toys"), by=ayse)
    assert (begun.as_dict()["matched"], states()) == (MANY, {"open": MANY + 3})
    work_on_them()

    run = ErrorRun.objects.get()
    assert (run.done, run.acted, run.finished_at is None) == (MANY, MANY, False)
    assert states() == {"retrying": MANY, "open": 3}
    assert Item.objects.filter(kind=TOY, asked_by="ayse", priority=0).count() == MANY
    assert not ErrorRunEntry.objects.exists()
    assert AuditEntry.objects.filter(act="try again", subject_id="").get().by == ayse
    assert AuditEntry.objects.filter(act="try again", by=ayse).count() == MANY + 1


def test_a_thousand_are_tried_at_once(script, ayse):
    failed(1000)

    assert retry_matching(ErrorRecord.objects.all(), by=ayse).as_dict() == {"matched": 1000, "queued": 1000}
    assert not ErrorRun.objects.exists()


def test_what_fails_after_the_click_is_not_part_of_it(script, ayse, work_on_them):
    failed(MANY)
    retry_matching(ErrorRecord.objects.all(), by=ayse)
    failed(5)
    work_on_them()

    assert states() == {"retrying": MANY, "open": 5}


def test_a_run_that_was_interrupted_goes_on_where_it_was(script, ayse, work_on_them):
    failed(MANY)
    retry_matching(ErrorRecord.objects.all(), by=ayse)
    assert error_runs.do_next_block(ErrorRun.objects.get())
    assert ErrorRun.objects.get().done == 1000

    work_on_them()

    assert (ErrorRun.objects.get().done, states()) == (MANY, {"retrying": MANY})
    assert AuditEntry.objects.filter(act="try again").count() == MANY + 1


def test_what_was_settled_meanwhile_is_left_alone(script, ayse, work_on_them):
    failed(MANY)
    retry_matching(ErrorRecord.objects.all(), by=ayse)
    right = ErrorRecord.objects.order_by("pk")[:7].values_list("pk", flat=True)
    ErrorRecord.objects.filter(pk__in=list(right)).update(state=State.RESOLVED)
    work_on_them()

    assert states() == {"retrying": MANY - 7, "resolved": 7}
    assert ErrorRun.objects.get().acted == MANY - 7


def test_very_many_are_put_aside_with_their_reason(ayse, work_on_them):
    failed(MANY)
    with pytest.raises(HunterError, match="Say why"):
        dismiss_matching(ErrorRecord.objects.all(), reason=" ", by=ayse)
    dismiss_matching(ErrorRecord.objects.all(), reason="The list was wrong.", by=ayse)
    work_on_them()

    assert states() == {"dismissed": MANY}
    assert set(ErrorRecord.objects.values_list("state_reason", flat=True)) == {"The list was wrong."}
    assert AuditEntry.objects.filter(why="The list was wrong.", by=ayse).count() == MANY


@pytest.mark.proves("R7.7")
def test_a_block_takes_as_many_queries_for_many_as_for_few(script, ayse):
    def queries(count: int) -> int:
        failed(count)
        errors = list(ErrorRecord.objects.filter(state=State.OPEN))
        with CaptureQueriesContext(connection) as captured:
            assert retry_block(errors, by=ayse) == count
        return len(captured)

    assert queries(3) == queries(300)


def test_errors_of_a_query_are_all_reached_block_by_block(script, ayse):
    failed(MANY)

    assert retry_errors(ErrorRecord.objects.unsettled(), by=ayse).as_dict() == {"matched": MANY, "queued": MANY}
    assert dismiss_errors(ErrorRecord.objects.all(), reason="Enough.", by=ayse) == MANY


def test_the_page_says_the_size_first_and_then_how_far_it_is(script, ayse, client, work_on_them):
    client.force_login(ayse)
    failed(MANY)
    url = reverse("admin:work_errorrecord_act", args=["try_all_again"])

    asked = client.post(f"{url}?state=open", {"everything": "1"}).content.decode()
    assert "2,300 × make a toy" in asked
    told = client.post(f"{url}?state=open", {"everything": "1", "confirmed": "1"}, follow=True).content.decode()
    assert "0 of 2,300 errors" in told
    work_on_them()

    assert "2,300 of 2,300 errors" in client.get(reverse("admin:work_errorrecord_changelist")).content.decode()


@pytest.mark.parametrize(
    ("act", "body", "acted"),
    [
        pytest.param("retry", {}, "queued", id="try again"),
        pytest.param("dismiss", {"reason": "Enough."}, "dismissed", id="put aside"),
    ],
)
def test_the_api_names_the_run(script, ayse, client, act, body, acted):
    client.force_login(ayse)
    failed(MANY)
    ErrorFactory(kind=TOY, service="dns")

    answer = client.post(f"/api/v1/errors/{act}/", body | {"service": "toys"}, content_type="application/json")

    assert answer.status_code == 202
    told = answer.json()
    assert (told["matched"], told[acted], told["run"]) == (MANY, 0, str(ErrorRun.objects.get().pk))
