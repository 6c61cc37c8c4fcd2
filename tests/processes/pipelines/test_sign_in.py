"""Two processes that need a new token at the same moment: one fetches it, both use it (R2.7)."""

from __future__ import annotations

import pytest

from hunter.remote.models import Slot, StoredToken
from hunter.remote.sealing import opened
from referrals.renewal import read_renewal
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

BOTH_AT_ONCE = {"CONCURRENCY_PARTNER_CENTER": "2", "LIMIT_PARTNER_CENTER": "100000,100000"}


def slots_taken(lane: str) -> int:
    return Slot.objects.filter(lane=lane, holder__isnull=False).count()


def token_calls(sandbox) -> int:
    return sum(call["operation"] == "token" for call in sandbox.control.calls("entra"))


@pytest.mark.proves("R2.7")
def test_p8_two_processes_renew_once_and_the_rotated_token_is_kept(sandbox, begin):
    first = begin("sync_referrals", "--dry-run", "--json", HUNTER_STOP_AT="entra.token.after", **BOTH_AT_ONCE)
    first.wait_until_stopped()
    asked_by_first = token_calls(sandbox)
    second = begin("sync_referrals", "--dry-run", "--json", **BOTH_AT_ONCE)
    until(lambda: slots_taken("partner_center") == 2, what="the second to want a token")
    kept_meanwhile = StoredToken.objects.exists()

    first.go_on()
    ended = first.wait(), second.wait()

    assert (asked_by_first, kept_meanwhile) == (1, False)
    assert ended == (0, 0), first.words + second.words
    assert token_calls(sandbox) == 1
    kept = read_renewal(opened(StoredToken.objects.get().renewal)).refresh_token
    assert kept not in ("", sandbox.env["PARTNER_CENTER_REFRESH_TOKEN"])
