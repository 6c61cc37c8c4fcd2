from __future__ import annotations

from dataclasses import replace

import pytest

from crm.dueness import Dueness, PushCase, dueness

SCORED = PushCase(is_scored=True, segment="Existing", sources=("csv",))
LOST = replace(SCORED, sources=("partnercenter",), referral_count=2)


@pytest.mark.parametrize(
    ("case", "decided"),
    [
        pytest.param(SCORED, Dueness.DUE, id="scored"),
        pytest.param(replace(SCORED, is_scored=False, segment=""), Dueness.NOT_SCORED, id="not scored"),
        pytest.param(replace(SCORED, segment="Skip"), Dueness.SKIP, id="Skip"),
        pytest.param(replace(SCORED, segment="Skip", asked_by_person=True), Dueness.DUE, id="Skip, a person asks"),
        pytest.param(replace(SCORED, is_scored=False, asked_by_person=True), Dueness.NOT_SCORED, id="asked, no score"),
        pytest.param(replace(SCORED, scan_runs=True), Dueness.SCAN_RUNS, id="a newer scan runs"),
        pytest.param(LOST, Dueness.ONLY_LOST_REFERRALS, id="all referrals lost or declined"),
        pytest.param(replace(LOST, ever_confirmed=True), Dueness.DUE, id="lost, but the lead is there"),
        pytest.param(replace(LOST, referrals_call_for_push=True), Dueness.DUE, id="one referral is open"),
        pytest.param(replace(LOST, sources=("partnercenter", "csv")), Dueness.DUE, id="lost, but on a list too"),
        pytest.param(replace(LOST, asked_by_person=True), Dueness.DUE, id="lost, a person asks"),
    ],
)
def test_whether_a_push_is_due(case, decided):
    assert dueness(case) is decided
