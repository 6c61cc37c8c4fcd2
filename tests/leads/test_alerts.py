"""From a rescan to alert rows, and from alerts to messages: each change once, whoever works on it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from hunter.work.models import Item
from leads.alerting import DeliveryState
from leads.answers import answered
from leads.models import Alert, AlertDelivery, AlertLine, Company, Signals
from leads.rules import load_rules
from leads.scan_answer import Registration
from leads.services.alerts import (
    DELIVER,
    ROUTE,
    Concluded,
    conclude,
    next_digest,
    raise_alerts,
    route_pending,
)
from leads.services.recording import record_scans
from leads.services.scoring import score_all
from tests.factories.leads import AlertChannelFactory, AlertFactory, CompanyFactory, ScannedCompanyFactory
from tests.leads.answers import scan_answer

pytestmark = pytest.mark.django_db
RULES = load_rules()
YANDEX = answered(["mx.yandex.net"])


def record(*answers) -> None:
    record_scans(answers, rules=RULES)


def told(domain: str = "firm.com") -> dict[str, str]:
    return dict(Alert.objects.filter(company__domain=domain).values_list("type", "text"))


def test_a_rescan_raises_what_changed_and_the_first_scan_nothing():
    CompanyFactory(domain="firm.com")
    record(scan_answer("firm.com"))
    assert told() == {}

    record(scan_answer("firm.com", mx=YANDEX, dmarc=answered(["v=DMARC1; p=reject"])))

    assert set(told()) == {"mx_changed", "dmarc_added", "score_changed"}
    assert told()["mx_changed"] == "The mail host changed from outlook.com to yandex.net."
    assert Item.objects.get(kind=ROUTE).due_at is not None


def test_the_same_answer_again_raises_nothing_more():
    ScannedCompanyFactory(domain="firm.com")
    for _ in range(3):
        record(scan_answer("firm.com", mx=YANDEX))

    assert Alert.objects.filter(type="mx_changed").count() == 1


def test_a_change_back_and_forth_is_a_change_each_time():
    ScannedCompanyFactory(domain="firm.com")
    for answer in (scan_answer(mx=YANDEX), scan_answer(), scan_answer(mx=YANDEX)):
        record(answer)

    assert Alert.objects.filter(type="mx_changed").count() == 3


def test_a_scan_that_is_rolled_back_leaves_no_alert_and_one_that_is_repeated_one():
    ScannedCompanyFactory(domain="firm.com")
    with transaction.atomic():
        record(scan_answer("firm.com", mx=YANDEX))
        transaction.set_rollback(True)
    assert not Alert.objects.exists()

    record(scan_answer("firm.com", mx=YANDEX))

    assert Alert.objects.filter(type="mx_changed").count() == 1


def test_an_end_that_comes_near_by_time_alone_is_told_of_once():
    company = ScannedCompanyFactory(domain="firm.com")
    today = datetime.now(UTC).date()
    end = today + timedelta(days=29)
    Signals.objects.filter(company=company).update(
        expires_at=end, scanned_at=datetime.now(UTC) - timedelta(days=1), registrar="R"
    )

    for _ in range(2):
        record(scan_answer("firm.com", registration=Registration("R", end, ())))

    (alert,) = Alert.objects.filter(type="expire_soon")
    assert alert.text == f"The domain ends in 29 days, on {end.isoformat()}."
    (change,) = company.signal_changes.filter(what="ends_soon")
    assert (change.previous, change.current) == (f"{end} (30 days away)", f"{end} (29 days away)")


def test_an_end_that_is_known_again_after_a_gap_is_not_told_of_twice():
    ScannedCompanyFactory(domain="firm.com")
    near = Registration("R", datetime.now(UTC).date() + timedelta(days=10), ())
    for registration in (near, Registration("R", None, ()), near):
        record(scan_answer("firm.com", registration=registration))

    assert Alert.objects.filter(type="expire_soon").count() == 1


def test_new_rules_alert_nobody():
    ScannedCompanyFactory(domain="firm.com", rules_version="0", score=1, segment="Skip", priority=7)
    ScannedCompanyFactory(domain="other.com", rules_version="0", score=1, segment="Skip", priority=7)

    record(scan_answer("firm.com"))
    score_all()

    assert not Alert.objects.filter(type="score_changed").exists()
    assert set(Company.objects.values_list("score", flat=True)) == {70}


@pytest.mark.proves("R7.7")
def test_alerts_of_a_block_of_any_size_are_the_same_number_of_queries():
    def queries_of(count: int) -> int:
        domains = [f"firm-{count}-{n:03}.com" for n in range(count)]
        for domain in domains:
            ScannedCompanyFactory(domain=domain)
        with CaptureQueriesContext(connection) as captured:
            record(*(scan_answer(domain, mx=YANDEX) for domain in domains))
        return len(captured)

    assert queries_of(5) == queries_of(60)
    assert Alert.objects.filter(type="mx_changed").count() == 65


def test_no_company_has_two_alerts_of_a_type_for_one_occasion():
    alert = AlertFactory(occasion="scan 2")
    raise_alerts([Alert(company=alert.company, type=alert.type, occasion="scan 2", text="again")])

    assert Alert.objects.get().text == alert.text
    with pytest.raises(IntegrityError), transaction.atomic():
        AlertFactory(company=alert.company, occasion="scan 2")


def test_an_alert_without_a_channel_is_sent_without_sending():
    alert = AlertFactory()
    AlertChannelFactory(type="expire_soon")
    AlertChannelFactory(enabled=False)

    assert route_pending() == 1

    alert.refresh_from_db()
    assert (alert.state, alert.settled_at is not None, alert.routed_at is not None) == ("sent", True, True)
    assert not AlertDelivery.objects.exists()


def test_each_channel_of_the_type_gets_a_message_of_its_own_and_once():
    alert, other = AlertFactory(), AlertFactory(type="dmarc_added")
    first, second = AlertChannelFactory(), AlertChannelFactory(method="slack", sealed_secret=None)

    for _ in range(2):
        route_pending()

    lines = AlertLine.objects.values_list("alert", "channel")
    assert set(lines) == {(alert.pk, first.pk), (alert.pk, second.pk)}
    assert Item.objects.filter(kind=DELIVER).count() == AlertDelivery.objects.count() == 2
    alert.refresh_from_db()
    other.refresh_from_db()
    assert (alert.state, other.state) == ("pending", "sent")


def test_a_flood_goes_out_as_few_messages():
    company = ScannedCompanyFactory()
    AlertFactory.create_batch(250, company=company)
    AlertChannelFactory()

    route_pending()

    assert sorted(one.lines.count() for one in AlertDelivery.objects.all()) == [50, 200]


@pytest.fixture
def hours_before_the_digest(settings):
    """Whatever the time of day: none is due while a test runs."""
    settings.ALERT_DIGEST_HOUR = (datetime.now(UTC).hour + 12) % 24


def test_the_alerts_of_a_day_go_into_one_digest_due_at_its_hour(hours_before_the_digest):
    daily = AlertChannelFactory(frequency="daily")
    AlertFactory()
    route_pending()
    AlertFactory()

    route_pending()

    digest = AlertDelivery.objects.get(channel=daily)
    assert digest.lines.count() == 2
    assert digest.digest_at is not None
    assert digest.digest_at > datetime.now(UTC)
    item = Item.objects.get(kind=DELIVER)
    assert item.due_at is not None
    assert abs(item.due_at - digest.digest_at) < timedelta(minutes=2)
    assert item.requested == 1


def test_what_comes_when_a_digest_has_begun_goes_into_the_next_one(hours_before_the_digest):
    daily = AlertChannelFactory(frequency="daily")
    AlertFactory()
    route_pending()
    old = datetime.now(UTC) - timedelta(hours=1)
    AlertDelivery.objects.update(begun_at=old, digest_at=old)
    late = AlertFactory()

    route_pending()

    assert AlertDelivery.objects.filter(channel=daily).count() == 2
    assert late.deliveries.get().begun_at is None


@pytest.mark.parametrize(
    ("now", "due"),
    [
        pytest.param("2026-03-01T06:59:59+00:00", "2026-03-01T07:00:00+00:00", id="today, a second before"),
        pytest.param("2026-03-01T07:00:00+00:00", "2026-03-02T07:00:00+00:00", id="tomorrow, at the hour itself"),
        pytest.param("2026-12-31T23:00:00+00:00", "2027-01-01T07:00:00+00:00", id="tomorrow is another year"),
    ],
)
def test_when_the_next_digest_is_due(now, due):
    assert next_digest(datetime.fromisoformat(now), hour=7) == datetime.fromisoformat(due)


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        pytest.param("sent", "failed", "sent", id="one success of two is enough"),
        pytest.param("failed", "sent", "sent", id="in the other order too"),
        pytest.param("failed", "failed", "failed", id="none"),
        pytest.param("failed", "waiting", "pending", id="one is still on its way"),
        pytest.param("failed", "skipped", "failed", id="the other was switched off"),
    ],
)
def test_an_alert_follows_its_messages_one_after_the_other(first, second, state):
    alert = AlertFactory()
    AlertChannelFactory()
    AlertChannelFactory()
    route_pending()
    one, other = AlertDelivery.objects.order_by("channel")

    conclude([Concluded(one.pk, DeliveryState(first))])
    conclude([Concluded(other.pk, DeliveryState(second))])

    alert.refresh_from_db()
    assert (alert.state, alert.settled_at is None) == (state, state == "pending")


def test_the_end_of_a_domain_is_a_date_of_the_alert():
    ScannedCompanyFactory(domain="firm.com")
    near = datetime.now(UTC).date() + timedelta(days=3)

    record(scan_answer("firm.com", registration=Registration("R", near, ())))

    alert = Alert.objects.get(type="expire_soon")
    assert (alert.previous, date.fromisoformat(str(alert.current))) == (None, near)
