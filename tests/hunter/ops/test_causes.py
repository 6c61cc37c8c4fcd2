"""One cause is one line with its size, its age and one retry; it is cut where it should not have been one (R5.7, R7.7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hunter.ops.causes import causes, parts_by
from hunter.work.models import ErrorRecord
from tests.factories.work import ErrorFactory, ItemFactory

State = ErrorRecord.State
LIST = reverse("admin:work_errorrecord_changelist")
REFUSED = {
    "kind": "push_dynamics365",
    "service": "dynamics365",
    "operation": "push a lead",
    "error_class": "validation",
}


def refused(key: str, message: str, **changes: object) -> ErrorRecord:
    return ErrorFactory(key=key, message=message, **(REFUSED | changes))


def lines(page, **filters: str) -> list[tuple[str, int]]:
    found = page.get(LIST, filters).context["lines"]
    return [(line.cause.message, line.cause.items) for line in found]


@pytest.mark.proves("R5.7")
def test_many_errors_of_one_column_are_one_line(page):
    for number in range(30):
        refused(f"company-{number}.example", f"'hnt_finalscore' takes text, not '{number}'.", code="0x80048d19")
    refused("other.example", "'hnt_segment' takes text, not 'x'.", code="0x80048d19")

    assert [items for _, items in lines(page)] == [30, 1]


def test_a_field_that_was_named_makes_one_cause_of_all_wordings(db):
    refused("a.example", "hnt_phone: too long.", field="hnt_phone")
    refused("b.example", "hnt_phone: has letters in it.", field="hnt_phone")
    refused("c.example", "hnt_name: too long.", field="hnt_name")

    assert sorted(one.items for one in causes(ErrorRecord.objects.all(), most=9)) == [1, 2]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"service": "rdap"}, id="service"),
        pytest.param({"error_class": "permanent"}, id="class"),
        pytest.param({"code": "0x80040265"}, id="code"),
        pytest.param({"field": "hnt_name"}, id="field"),
        pytest.param({"operation": "pull changes"}, id="operation"),
    ],
)
def test_what_sets_causes_apart(changes, db):
    first, second = refused("a.example", "Refused."), refused("b.example", "Refused.", **changes)

    for error in (first, second):
        error.refresh_from_db()
    assert first.fingerprint != second.fingerprint


def test_a_line_says_since_when_and_what_comes_next(page):
    now = timezone.now()
    refused("a.example", "Refused.", first_seen=now - timedelta(hours=5), last_seen=now - timedelta(hours=4))
    refused("b.example", "Refused.", gave_up=False, last_seen=now)
    ItemFactory(kind="push_dynamics365", key="b.example", dead_at=None, due_at=now + timedelta(seconds=90))

    text = page.get(LIST).content.decode()

    assert "5 h ago" in text
    assert "1 wait, next try" in text
    assert "▁▁▁▁▁▁██" in text


def test_the_lines_are_narrowed_as_the_list_is(page):
    refused("a.example", "Refused.")
    refused("b.example", "Refused.", service="rdap", last_seen=timezone.now() - timedelta(days=3))

    assert len(lines(page)) == 2
    assert len(lines(page, service="rdap")) == 1
    assert len(lines(page, error_class="transient")) == 0
    assert len(lines(page, since="1d")) == 1
    assert len(lines(page, state="dismissed")) == 0


def test_more_causes_than_fit_are_turned(page):
    for number in range(27):
        refused("a.example", "Refused.", operation=f"work number {number}")

    first = page.get(LIST)
    second = page.get(first.context["next_url"])

    assert [len(one.context["lines"]) for one in (first, second)] == [25, 2]
    assert second.context["previous_url"]
    assert not second.context["next_url"]


def test_a_cause_is_split_and_each_part_is_tried_by_itself(page):
    for number in range(3):
        refused(f"long-{number}.example", f"long-{number}.example: too long.", field="hnt_phone")
    for number in range(2):
        refused(f"word-{number}.example", f"word-{number}.example: has letters in it.", field="hnt_phone")
        ItemFactory(kind="push_dynamics365", key=f"word-{number}.example", lane="dynamics365")
    [cause] = causes(ErrorRecord.objects.all(), most=9)
    longer, letters = parts_by(ErrorRecord.objects.all(), "wording")
    assert [(longer.items, letters.items), longer.words] == [(3, 2), "…: too long."]

    shown = page.get(LIST, {"cause": cause.key, "part": letters.token})
    assert sorted(row.key for row in shown.context["cl"].result_list) == ["word-0.example", "word-1.example"]
    page.post(shown.context["lines"][0].retry_url, {"everything": "1", "confirmed": "1"})

    tried = ErrorRecord.objects.exclude(state=State.OPEN)
    assert not tried.filter(key__startswith="long").exists()


def test_messages_that_are_all_different_are_no_way_to_split(db):
    for number in range(5):
        refused(f"{number}.example", f"{number}.example: refused.")

    assert parts_by(ErrorRecord.objects.all(), "message") == []
    assert parts_by(ErrorRecord.objects.all(), "wording") == []


@pytest.mark.parametrize("token", ["wording:nothing", "password:abc", "x"])
def test_a_part_that_there_is_not_leaves_nothing(token, page):
    refused("a.example", "Refused.")
    [cause] = causes(ErrorRecord.objects.all(), most=9)

    assert not page.get(LIST, {"cause": cause.key, "part": token}).context["cl"].result_list


@pytest.mark.proves("R7.7")
@pytest.mark.parametrize("opened", [False, True], ids=["all causes", "one cause"])
def test_the_page_takes_as_many_queries_for_many_causes_as_for_few(opened, page):
    def queries() -> int:
        query = {"cause": causes(ErrorRecord.objects.all(), most=1)[0].key} if opened else {}
        page.get(LIST, query)
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            page.get(LIST, query)
        return len(captured)

    def make(count: int) -> None:
        for number in range(count):
            for key in (f"a-{number}-{count}.example", f"b-{number}-{count}.example"):
                refused(key, "Refused.", operation=f"work {number}", gave_up=number % 2 == 0, attempt=count)

    make(2)
    few = queries()
    make(12)

    assert queries() == few
