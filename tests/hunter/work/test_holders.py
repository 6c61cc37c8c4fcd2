"""Who holds what: a person sees which process on which machine has which part of a lane's work."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from hunter.remote import limits
from hunter.remote.clock import database_now
from hunter.work import claims
from hunter.work.asking import ask
from hunter.work.heartbeats import ANYBODY, give_sign, this_process
from hunter.work.holders import Holding, begin, holdings, new_lease, tag_of
from hunter.work.kinds import Done, Verdict
from hunter.work.models import Holder
from hunter.work.tasks import tick
from tests.hunter.work.toy import LANE, TOY

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R7.2")]

HOLD = timedelta(minutes=3)


@pytest.fixture
def holder(script) -> uuid.UUID:
    """A drainer of this process that holds two of three items."""
    holder = uuid.uuid4()
    limits.ensure_lane(LANE)
    begin(holder, LANE, hold=HOLD)
    ask(TOY, "abc")
    claims.claim(LANE, kinds=[TOY], count=2, lease=new_lease(holder), hold=HOLD, alone=False)
    return holder


def let_it_die(holder: uuid.UUID, *, minutes: int) -> None:
    Holder.objects.filter(tag=tag_of(holder)).update(until=database_now() - timedelta(minutes=minutes))


def test_no_lease_is_given_twice_and_each_says_whose_it_is():
    one, other = uuid.uuid4(), uuid.uuid4()

    leases = [new_lease(holder) for holder in (one, other) for _ in range(500)]

    assert len(set(leases)) == 1000
    assert {lease.hex[-12:] for lease in leases} == {tag_of(one), tag_of(other)}


def test_a_drainer_is_seen_while_it_works_and_no_longer(script, drain):
    seen: list[Holding] = []

    def settle(outcome: object) -> Verdict:
        seen.extend(holdings())
        return Done()

    script.settles["a"] = settle
    ask(TOY, ["a"])

    drain()

    (one,) = seen
    assert (one.lane, one.process, one.items, one.is_gone) == (LANE.value, this_process(), 1, False)
    assert one.since <= database_now() < one.until
    assert holdings() == []


def test_work_status_tells_who_holds_what_and_until_when(holder):
    give_sign(ANYBODY)
    out = StringIO()
    call_command("work_status", "--json", stdout=out)
    (held,) = json.loads(out.getvalue())["held"]

    words = StringIO()
    call_command("work_status", stdout=words)

    assert (held["lane"], held["process"], held["items"], held["is_gone"]) == (LANE.value, this_process(), 2, False)
    assert f"{this_process()} holds 2, at work since " in words.getvalue()


def test_the_lanes_page_tells_it_too_and_names_one_that_died(admin_client, holder):
    lanes = reverse("admin:remote_lane_changelist")
    alive = admin_client.get(lanes).content.decode()
    let_it_die(holder, minutes=1)

    dead = admin_client.get(lanes).content.decode()

    assert f"2 by {this_process()}, at work since" in alive
    assert "no sign of life" not in alive
    assert "it gives no sign of life" in dead


@pytest.mark.parametrize(("minutes", "known"), [(59, True), (61, False)])
def test_one_that_died_is_shown_for_an_hour(holder, minutes, known):
    let_it_die(holder, minutes=minutes)

    tick()

    assert bool(holdings()) is known
