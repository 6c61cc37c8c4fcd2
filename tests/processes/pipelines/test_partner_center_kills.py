"""SIGKILL at every crash point of a change at Partner Center and of a webhook's look: the intended change, once (R1.8)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from crm.references import tell_referrals
from hunter.remote.lanes import LaneName
from hunter.work.drainer import Drainer
from hunter.work.models import ErrorRecord, Item
from referrals.models import Referral, WebhookDelivery, WriteBack
from referrals.services.linking import relink_referral
from referrals.services.runs import Wish
from referrals.services.syncing import sync_referrals
from referrals.services.writing_back import want_status
from referrals.writing import StatusStep
from tests.factories.crm import CrmRecordFactory
from tests.factories.leads import CompanyFactory
from tests.processes.pipelines import books
from tests.processes.running import KILLED, LONGEST_RUN

pytestmark = [pytest.mark.django_db(transaction=True, serialized_rollback=True), pytest.mark.processes]

FEW = 3
LEDGER = ("before_claim_commit", "after_claim_commit", "before_settle", "before_settle_commit", "after_settle_commit")
CALLS = ("partner_center.change a referral.before", "partner_center.change a referral.after")
LOOKS = ("partner_center.get a referral.before", "partner_center.get a referral.after")
DRAIN = ("drain", LaneName.PARTNER_CENTER.value)


@pytest.fixture
def referrals(sandbox, settings):
    """Referrals that wait for a status that a person chose, and for the reference of their lead."""
    settings.PARTNER_CENTER_WRITE_STATUS = True
    for number in range(FEW):
        sandbox.control.edit("partner-center", {"add": {"name": f"Deal {number}"}})
    sync_referrals(Wish(full=True))
    Item.objects.filter(kind="sync_referrals").delete()
    for number, referral in enumerate(Referral.objects.order_by("pk")):
        company = CompanyFactory.create(domain=f"company-{number}.example")
        relink_referral(referral, to=company, by=None)
        CrmRecordFactory.create(company=company, in_step=True)
        tell_referrals([company])
        want_status(Referral.objects.get(pk=referral.pk), StatusStep.ACCEPT, by=None)
    return list(Referral.objects.select_related("company").order_by("pk"))


def go_on():
    """Leases and back-offs of the dead end, and another process works to the end."""
    for _ in range(2):
        books.let_time_pass()
        Drainer(LaneName.PARTNER_CENTER, budget=timedelta(seconds=LONGEST_RUN)).run()


def calls(sandbox, method):
    return [one for one in sandbox.control.calls("partner-center") if one["method"] == method]


def every_change_is_there_once(sandbox, referrals):
    """By the other side's store and journal: what was wanted, by one change each, and Hunter knows it."""
    rows = {row["id"]: row for row in sandbox.control.state("partner-center")["referrals"]}
    for referral in referrals:
        row, stored = rows[referral.referral_id], Referral.objects.get(pk=referral.pk)
        lead_id = str(referral.company.crm_records.get().lead_id)
        assert (row["status"], row["substatus"], row["externalReferenceId"]) == ("Active", "Accepted", lead_id)
        assert (stored.etag, stored.status, stored.external_reference_id) == (row["eTag"], "Active", lead_id)
    changed = [one["path"] for one in calls(sandbox, "PATCH") if one["status"] in {200, 204}]
    assert sorted(changed) == sorted(f"/v1.0/engagements/referrals/{one.referral_id}" for one in referrals)
    for row in WriteBack.objects.all():
        assert (row.state, row.sent, row.must_read, row.wanted_status) == ("in_step", [], False, "")
    assert not ErrorRecord.objects.unsettled().exists()
    books.nothing_is_held_or_owed("write_referral")


@pytest.mark.proves("R1.8", "R1.10")
@pytest.mark.fault(1, 2, 3, 7)
@pytest.mark.parametrize(
    "point", [*(f"write_referral.{name}" for name in LEDGER), *CALLS, f"{CALLS[1]}:2", f"{CALLS[0]}:3"]
)
def test_a_change_is_made_once_after_a_kill_at(point, sandbox, begin, referrals):
    killed = begin(*DRAIN, HUNTER_CRASH_AT=point)
    assert killed.wait() == KILLED, killed.words

    go_on()

    every_change_is_there_once(sandbox, referrals)


@pytest.mark.proves("R1.8", "R1.10")
@pytest.mark.fault(1, 2, 4)
@pytest.mark.parametrize("second", [*LOOKS, "write_referral.before_settle_commit", CALLS[1]])
def test_a_change_is_made_once_after_a_kill_that_follows_a_kill_with_the_answer_in_hand(
    second, sandbox, begin, referrals
):
    for point in (CALLS[1], second):
        killed = begin(*DRAIN, HUNTER_CRASH_AT=point)
        assert killed.wait() == KILLED, killed.words
        books.let_time_pass()

    go_on()

    every_change_is_there_once(sandbox, referrals)


@pytest.mark.proves("R1.8", "R3.3")
@pytest.mark.fault(5, 6)
def test_a_change_that_wakes_up_late_changes_nothing_twice(sandbox, begin, referrals):
    asleep = begin(*DRAIN, HUNTER_STOP_AT=CALLS[0])
    asleep.wait_until_stopped()
    go_on()
    every_change_is_there_once(sandbox, referrals)

    asleep.go_on()
    assert asleep.wait() == 0, asleep.words

    every_change_is_there_once(sandbox, referrals)
    late = [one["status"] for one in calls(sandbox, "PATCH")][len(referrals) :]
    assert set(late) == {412}


@pytest.mark.proves("R1.7", "R1.10")
@pytest.mark.fault(1, 2, 3, 25)
@pytest.mark.parametrize("point", [*(f"webhook.{name}" for name in LEDGER), *LOOKS])
def test_what_a_webhook_told_is_taken_in_after_a_kill_at(point, sandbox, begin):
    ident = sandbox.control.edit("partner-center", {"add": {"name": "Told by webhook"}})["id"]
    told = sandbox.control.edit("partner-center", {"sign": {"id": ident}})
    answer = Client().post(
        "/api/v1/webhooks/partner-center/", told["body"].encode(), content_type="application/json",
        headers={name: value for name, value in told["headers"].items() if name != "Content-Type"},
    )  # fmt: skip
    assert answer.status_code == 200
    killed = begin(*DRAIN, HUNTER_CRASH_AT=point)
    assert killed.wait() == KILLED, killed.words

    go_on()

    assert Referral.objects.filter(referral_id=ident).count() == 1
    assert WebhookDelivery.objects.get().state == "done"
    assert not ErrorRecord.objects.unsettled().exists()
    books.nothing_is_held_or_owed("webhook")
