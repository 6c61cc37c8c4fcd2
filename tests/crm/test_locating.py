from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from crm.interface import CrmRow, Standing, Whereabouts
from crm.locating import SharedLook, belongs
from tests.waiting import PATIENCE

MOST_TOGETHER = 40


def whereabouts(number: int) -> Whereabouts:
    return Whereabouts((f"id-{number}",), f"company-{number}.com")


def lead(number: int, *, domain: str = "") -> CrmRow:
    return CrmRow(f"id-{number}", "1", {}, domain=(domain or f"company-{number}.com").lower())


def asked_together(shared: SharedLook, count: int, *, first_is_out: threading.Event, at_the_door) -> dict[int, Any]:
    """What each thread was told; all but the first come to the door while the first one's query is out."""
    told: dict[int, Any] = {}

    def ask(number: int) -> None:
        at_the_door.release()
        try:
            told[number] = shared.ask(whereabouts(number))
        except RuntimeError as error:
            told[number] = error

    threads = [threading.Thread(target=ask, args=[number]) for number in range(count)]
    threads[0].start()
    first_is_out.wait(PATIENCE)
    for thread in threads[1:]:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return told


def test_looks_that_gather_while_one_is_out_go_together():
    out, at_the_door, blocks = threading.Event(), threading.Semaphore(0), []

    def look(wheres):
        blocks.append(len(wheres))
        if len(blocks) == 1:
            out.set()
            for _ in range(100):
                at_the_door.acquire(timeout=PATIENCE)
        return [lead(int(where.domain[8:-4])) for where in wheres]

    told = asked_together(SharedLook(look, most_together=MOST_TOGETHER), 100, first_is_out=out, at_the_door=at_the_door)

    assert {number: [row.lead_id for row in rows] for number, rows in told.items()} == {
        number: [f"id-{number}"] for number in range(100)
    }
    assert len(blocks) < 50
    assert max(blocks) <= MOST_TOGETHER


def test_a_failed_look_fails_for_all_that_went_together():
    def look(wheres):
        raise RuntimeError("no answer")

    out = threading.Event()
    out.set()

    told = asked_together(
        SharedLook(look, most_together=MOST_TOGETHER), 5, first_is_out=out, at_the_door=threading.Semaphore(0)
    )

    assert [str(answer) for answer in told.values()] == ["no answer"] * 5


@pytest.mark.parametrize(
    ("row", "is_found"),
    [
        pytest.param(lead(1), True, id="by id and domain"),
        pytest.param(lead(1, domain="other.com"), True, id="by id"),
        pytest.param(lead(2, domain="COMPANY-1.com"), True, id="by domain in another case"),
        pytest.param(lead(2), False, id="what another look was for"),
    ],
)
def test_each_look_gets_its_own_leads(row, is_found):
    assert bool(SharedLook(lambda wheres: [row], most_together=MOST_TOGETHER).ask(whereabouts(1))) is is_found


@pytest.mark.parametrize(
    ("row", "is_found"),
    [
        pytest.param(CrmRow("theirs", "1", {}, site="company-1.com"), True, id="the company's website and no domain"),
        pytest.param(CrmRow("theirs", "1", {}, site="company-2.com"), False, id="another company's website"),
        pytest.param(
            CrmRow("theirs", "1", {}, site="company-1.com", domain="other.com"), False, id="a domain of its own"
        ),
        pytest.param(
            CrmRow("theirs", "1", {}, site="company-1.com", standing=Standing.CLOSED), False, id="a closed one"
        ),
    ],
)
def test_a_look_alike_belongs_to_the_look_that_asked_for_some(row, is_found):
    where = replace(whereabouts(1), look_alikes=True)

    assert belongs(row, where) is is_found
    assert not belongs(row, whereabouts(1))
