"""Channels to the sandbox, and what a test needs around them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import LazySettings
from django.db import connection
from environ import Env

from hunter.remote.lanes import LaneName
from hunter.sandbox.running import RunningSandbox
from hunter.work.asking import ask
from hunter.work.drainer import Drainer
from hunter.work.shift import DrainReport
from leads.models import Alert, AlertChannel, AlertDelivery
from leads.services import alert_channels
from leads.services.alert_channels import SavedChannel
from leads.services.alerts import EVERYTHING, ROUTE
from tests.factories.leads import AlertFactory
from tests.waiting import PATIENCE

LET_TIME_PASS = """
update work_item set due_at = clock_timestamp() where due_at is not null;
update remote_host set paused_until = null, probed_until = null;
"""


def add_channel(target: str, method: str = "webhook", **given: Any) -> SavedChannel:
    """A channel as a person adds it."""
    channel = AlertChannel(**{"type": "mx_changed", "method": method} | given)
    return alert_channels.add_channel(channel, target=target, by=None)


def work(*lanes: LaneName) -> DrainReport:
    """Route what was raised, and send what is due."""
    for lane in lanes or (LaneName.HUNTER, LaneName.OUTGOING):
        report = Drainer(lane, budget=timedelta(seconds=PATIENCE)).run()
    return report


def raised(**given: Any) -> Alert:
    """An alert, and the work that it asks for."""
    alert: Alert = AlertFactory(**given)
    ask(ROUTE, [EVERYTHING])
    return alert


def let_time_pass() -> None:
    """Back-offs and pauses of hosts end."""
    with connection.cursor() as cursor:
        cursor.execute(LET_TIME_PASS)


def states() -> dict[str, str]:
    """How each message stands, by the method of its channel."""
    return dict(AlertDelivery.objects.values_list("channel__method", "state"))


def lead_messages_to(sandbox: RunningSandbox, settings: LazySettings) -> None:
    """This process's settings for messages, as the sandbox's environment gives them to others."""
    settings.ALERT_DIGEST_HOUR = (datetime.now(UTC).hour + 12) % 24  # no digest falls due while a test runs
    settings.OUTGOING_PRIVATE_HOSTS = [sandbox.env["OUTGOING_PRIVATE_HOSTS"]]
    settings.EMAIL_URL = sandbox.env["EMAIL_URL"]
    for name, value in Env.email_url_config(settings.EMAIL_URL).items():
        setattr(settings, name, value)
    settings.LANE_LIMITS = {"outgoing": "100000,100000"}
