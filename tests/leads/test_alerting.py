"""The table of alerts (domain document, g.4), with its borders."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.alerting import AlertState, AlertType, DeliveryState, Watched, alert_state, alerts_between

YESTERDAY, TODAY = date(2026, 3, 1), date(2026, 3, 2)
BEFORE = Watched(
    scan=4, seen_on=YESTERDAY, mx_root="outlook.com", dmarc_policy="none", expires_on=None, priority=3,
    segment="Existing", rules_version="1",
)  # fmt: skip
AFTER = replace(BEFORE, scan=5, seen_on=TODAY)


def in_days(days: int, *, of: date = TODAY) -> date:
    return of + timedelta(days=days)


def types(before: Watched | None, after: Watched) -> list[str]:
    return [one.type.value for one in alerts_between(before, after)]


def test_the_first_scan_raises_none():
    assert types(None, replace(AFTER, expires_on=in_days(5), dmarc_policy="reject")) == []


def test_a_rescan_that_finds_nothing_new_raises_none():
    assert types(BEFORE, AFTER) == []


@pytest.mark.parametrize(
    ("previous", "current", "text"),
    [
        pytest.param(
            "outlook.com", "google.com", "The mail host changed from outlook.com to google.com.", id="another"
        ),
        pytest.param("outlook.com", "", "The mail host changed from outlook.com to none.", id="none any more"),
        pytest.param("", "google.com", "The mail host changed from none to google.com.", id="one where none was"),
    ],
)
def test_another_mail_root_is_told_with_both(previous, current, text):
    (alert,) = alerts_between(replace(BEFORE, mx_root=previous), replace(AFTER, mx_root=current))

    assert (alert.type, alert.text) == (AlertType.MX_CHANGED, text)
    assert (alert.previous, alert.current) == (previous or None, current or None)


@pytest.mark.parametrize(
    ("previous", "current", "is_told"),
    [
        pytest.param("", "quarantine", True, id="no record, then quarantine"),
        pytest.param("", "reject", True, id="no record, then reject"),
        pytest.param("none", "quarantine", True, id="none, then quarantine"),
        pytest.param("none", "reject", True, id="none, then reject"),
        pytest.param("", "none", False, id="a record that asks for nothing is history only"),
        pytest.param("quarantine", "reject", False, id="stronger than before is history only"),
        pytest.param("reject", "quarantine", False, id="weaker than before is history only"),
        pytest.param("reject", "", False, id="taken away is history only"),
        pytest.param("reject", "none", False, id="switched off is history only"),
    ],
)
def test_dmarc_is_told_of_when_it_is_added(previous, current, is_told):
    found = alerts_between(replace(BEFORE, dmarc_policy=previous), replace(AFTER, dmarc_policy=current))

    assert [(one.type, one.current) for one in found] == ([(AlertType.DMARC_ADDED, current)] if is_told else [])


@pytest.mark.parametrize(
    ("before_days", "days", "is_told"),
    [
        pytest.param(30, 29, True, id="time alone: 30 days at the scan before, 29 now"),
        pytest.param(31, 30, False, id="30 days are far"),
        pytest.param(29, 28, False, id="it was near at the scan before"),
        pytest.param(None, 29, True, id="not known before, 29 days now"),
        pytest.param(None, 1, True, id="not known before, 1 day now"),
        pytest.param(None, 0, False, id="ends today"),
        pytest.param(None, -1, False, id="has ended"),
        pytest.param(None, 30, False, id="not known before, 30 days now"),
        pytest.param(400, 1, True, id="another end, far before and near now"),
        pytest.param(30, 1, True, id="no scan for a month"),
        pytest.param(20, None, False, id="not known any more"),
        pytest.param(29, 400, False, id="renewed"),
        pytest.param(0, 5, False, id="ended, and near again"),
    ],
)
def test_an_end_that_comes_near_is_told_of(before_days, days, is_told):
    before = replace(BEFORE, expires_on=None if before_days is None else in_days(before_days, of=YESTERDAY))
    after = replace(AFTER, expires_on=None if days is None else in_days(days))

    assert types(before, after) == (["expire_soon"] if is_told else [])


def test_an_end_is_told_with_its_days_and_its_occasion_is_the_end():
    (alert,) = alerts_between(BEFORE, replace(AFTER, expires_on=date(2026, 3, 3)))

    assert alert.text == "The domain ends in 1 day, on 2026-03-03."
    assert alert.occasion == "2026-03-03"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        pytest.param({"priority": 1}, "The priority changed from 3 to 1.", id="priority"),
        pytest.param({"segment": "Cold"}, "The segment changed from Existing to Cold.", id="segment, same priority"),
        pytest.param({"priority": 5, "segment": "Cold"}, "The priority changed from 3 to 5.", id="both are one alert"),
        pytest.param({}, None, id="neither"),
        pytest.param({"priority": None, "segment": ""}, None, id="no score any more"),
        pytest.param({"priority": 1, "rules_version": "2"}, None, id="other rules made the score"),
    ],
)
def test_a_priority_or_a_segment_that_changed_is_told_once(changes, text):
    found = alerts_between(BEFORE, replace(AFTER, **changes))

    assert [(one.type, one.text) for one in found] == ([(AlertType.SCORE_CHANGED, text)] if text else [])


def test_a_company_that_had_no_score_is_no_change():
    assert types(replace(BEFORE, priority=None, segment=""), AFTER) == []


WATCHED = st.builds(
    Watched,
    scan=st.integers(1, 9),
    seen_on=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    mx_root=st.sampled_from(["", "a.com", "b.com"]),
    dmarc_policy=st.sampled_from(["", "none", "quarantine", "reject"]),
    expires_on=st.none() | st.dates(date(2020, 1, 1), date(2031, 1, 1)),
    priority=st.none() | st.integers(1, 7),
    segment=st.sampled_from(["", "Cold", "Existing"]),
    rules_version=st.sampled_from(["1", "2"]),
)


@given(WATCHED, WATCHED)
def test_no_scan_raises_two_of_a_type(before, after):
    found = types(before, after)

    assert len(found) == len(set(found))


@given(WATCHED)
def test_a_scan_that_finds_the_same_on_the_same_day_raises_none(seen):
    assert types(seen, replace(seen, scan=seen.scan + 1)) == []


@given(st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.lists(st.integers(0, 60), min_size=1, max_size=30))
def test_an_end_that_comes_near_by_time_alone_is_told_of_once_at_most(end, gaps):
    day, seen = date(2026, 1, 1) - timedelta(days=60), 0
    before = replace(BEFORE, seen_on=day, expires_on=end)
    for gap in gaps:
        after = replace(before, scan=before.scan + 1, seen_on=before.seen_on + timedelta(days=gap))
        seen += types(before, after) == ["expire_soon"]
        before = after

    assert seen <= 1


@pytest.mark.parametrize(
    ("deliveries", "state"),
    [
        pytest.param([], AlertState.SENT, id="a type without a channel is sent without sending"),
        pytest.param([DeliveryState.WAITING], AlertState.PENDING, id="on its way"),
        pytest.param([DeliveryState.SENT], AlertState.SENT, id="told"),
        pytest.param([DeliveryState.FAILED], AlertState.FAILED, id="nobody was told"),
        pytest.param([DeliveryState.FAILED, DeliveryState.SENT], AlertState.SENT, id="one of two is enough"),
        pytest.param([DeliveryState.WAITING, DeliveryState.SENT], AlertState.SENT, id="one of two has arrived"),
        pytest.param(
            [DeliveryState.FAILED, DeliveryState.WAITING], AlertState.PENDING, id="the other may still arrive"
        ),
        pytest.param([DeliveryState.SKIPPED], AlertState.SENT, id="its channel was switched off"),
        pytest.param([DeliveryState.SKIPPED, DeliveryState.FAILED], AlertState.FAILED, id="the other one failed"),
    ],
)
def test_an_alert_stands_as_its_messages_do(deliveries, state):
    assert alert_state(deliveries) is state
