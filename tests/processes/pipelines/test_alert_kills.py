"""SIGKILL while alerts are raised and sent: none is lost, none is raised twice, and a message goes out twice only in doubt."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from hunter.remote.lanes import LaneName
from hunter.sandbox.running import RunningSandbox
from hunter.work.asking import ask
from hunter.work.drainer import Drainer
from leads.models import Alert, AlertDelivery, Company
from leads.services.alerts import DELIVER, EVERYTHING, ROUTE
from tests.factories.leads import AlertFactory, ScannedCompanyFactory
from tests.pipelines.alerts import add_channel, lead_messages_to
from tests.processes.pipelines import books
from tests.processes.running import KILLED, LONGEST_RUN

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.processes]

COUNT = 6
KINDS = ("webhook", "slack", "email")
LEDGER = ("before_claim_commit", "after_claim_commit", "before_settle", "before_settle_commit", "after_settle_commit")
ROUTING = [f"{ROUTE}.{when}" for when in LEDGER[:2]]
SENDING = [
    *(f"{DELIVER}.{when}" for when in LEDGER),
    *(f"outgoing.{method}.{when}" for method in KINDS for when in ("before", "after", "after:3")),
]


@pytest.fixture
def receivers(sandbox: RunningSandbox, settings: Any) -> RunningSandbox:
    """The session's sandbox, with a channel of each method."""
    lead_messages_to(sandbox, settings)
    add_channel(f"{sandbox.url}/outgoing/webhook/crm")
    add_channel(f"{sandbox.url}/outgoing/slack/services/T/B/x", "slack")
    add_channel("sales@partner.example", "email")
    return sandbox


def finish(lane: LaneName) -> None:
    """Until nothing is due."""
    Drainer(lane, budget=timedelta(seconds=LONGEST_RUN)).run()


def ids_of(receivers: RunningSandbox) -> Counter[str]:
    """How often each message arrived, by the id of its delivery; Slack has none."""
    arrived = receivers.control.state("outgoing")
    by_webhook = [json.loads(one["body"])["id"] for one in arrived["webhook"]]
    return Counter(by_webhook + [one["message_id"].strip("<").partition("@")[0] for one in arrived["email"]])


@pytest.mark.proves("R1.7", "R1.10")
@pytest.mark.fault(1, 2, 3)
@pytest.mark.parametrize("point", [*ROUTING, *SENDING])
def test_every_alert_is_told_after_a_kill_at(point, receivers, begin):
    AlertFactory.create_batch(COUNT)
    ask(ROUTE, [EVERYTHING])
    lanes = [LaneName.HUNTER, LaneName.OUTGOING]
    if point in SENDING:
        finish(lanes.pop(0))
    killed = begin("drain", lanes[0], HUNTER_CRASH_AT=point)
    assert killed.wait() == KILLED, killed.words

    books.let_time_pass()
    for lane in lanes:
        finish(lane)

    assert set(Alert.objects.values_list("state", flat=True)) == {"sent"}
    assert set(AlertDelivery.objects.values_list("state", "in_doubt")) == {("sent", False)}
    assert AlertDelivery.objects.count() == COUNT * len(KINDS)
    tries = {str(pk): count for pk, count in AlertDelivery.objects.values_list("pk", "tries")}
    arrived = ids_of(receivers)
    assert set(arrived) == {key for key in tries if key not in by("slack")}
    assert all(count <= tries[key] for key, count in arrived.items())
    books.nothing_is_held_or_owed(DELIVER)
    said_again = [one for one in receivers.control.state("outgoing")["webhook"] if "X-Hunter-Repeat" in one["headers"]]
    twice = {key for key, count in arrived.items() if count > 1}
    assert twice & by("webhook") <= {one["headers"]["Idempotency-Key"] for one in said_again}


def by(method: str) -> set[str]:
    """The messages that went that way."""
    return {str(pk) for pk in AlertDelivery.objects.filter(channel__method=method).values_list("pk", flat=True)}


@pytest.mark.proves("R1.9", "R3.1")
@pytest.mark.parametrize(
    "point", ["scan.before_settle", "scan.before_settle_commit", "scan.after_settle_commit", "scan.after_claim_commit"]
)
def test_a_rescan_that_is_killed_raises_each_change_once(point, sandbox, begin):
    for domain in books.answering_domains(sandbox)[:COUNT]:
        ScannedCompanyFactory.create(domain=domain, signals__mx_root="another.example")
    domains = list(Company.objects.values_list("domain", flat=True))
    killed = begin("scan_domains", *domains, HUNTER_CRASH_AT=point)
    assert killed.wait() == KILLED, killed.words

    books.let_time_pass()
    finish(LaneName.DNS)
    ask("scan", domains)
    finish(LaneName.DNS)

    raised = Counter(Alert.objects.filter(type="mx_changed").values_list("company__domain", flat=True))
    assert raised == dict.fromkeys(domains, 1)
