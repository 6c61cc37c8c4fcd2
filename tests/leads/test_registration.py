"""Registration data from the registry to the row: over both ways, kept apart from what is not known, and cached (b.3, b.4)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hunter.remote.lanes import LaneName
from hunter.remote.models import Lane
from hunter.work.asking import ask
from hunter.work.drainer import Drainer
from hunter.work.models import Item, Priority
from leads.models import Company, Signals
from leads.services.registrations import known_registrations
from leads.services.scanning import finish_scan, start_scan
from tests.factories.leads import CompanyFactory, ScannedCompanyFactory
from tests.factories.people import administrator, api_client
from tests.leads.answers import M365_HOST
from tests.threads import at_once
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

FACTS = {
    "registrar": "Örnek Kayıt A.Ş.",
    "created": "2007-01-08",
    "expires": "2027-01-07",
    "nameservers": ["ns1.ornek.example", "ns2.ornek.example"],
}
RDAP_ANSWER = {
    "events": [
        {"eventAction": "registration", "eventDate": "2001-03-04T00:00:00Z"},
        {"eventAction": "expiration", "eventDate": "2028-03-04T00:00:00Z"},
    ]
}


def put(sandbox, domain, *, rdap=None, whois=None):
    """A domain with mail that is registered as these say."""
    sandbox.control.edit("dns", {"name": domain, "type": "MX", "values": [f"0 {M365_HOST}."]})
    sandbox.control.edit("rdap", {"domain": domain, "registration": rdap})
    sandbox.control.edit("whois", {"domain": domain, "registration": whois})


def scanned(*domains):
    """As a person asks for it."""
    return finish_scan(start_scan(domains, wanted="a test"))


def scanned_by_schedule(*domains):
    ask("scan", domains, priority=Priority.SCHEDULE)
    Drainer(
        LaneName.DNS, budget=timedelta(seconds=PATIENCE), until=lambda: not Item.objects.filter(due_at__isnull=False)
    ).run()


def signals_of(domain):
    return Signals.objects.get(company__domain=domain)


@pytest.fixture
def shown(transactional_db):
    """The page of a company."""
    client = Client()
    client.force_login(administrator("ayse"))
    return lambda company: client.get(reverse("admin:leads_company_change", args=[company.pk])).content.decode()


def test_a_domain_without_rdap_has_its_registration_from_whois(other_side):
    put(other_side, "firm.com.tr", whois=FACTS)

    scanned("firm.com.tr")

    signals = signals_of("firm.com.tr")
    assert (signals.registrar, signals.registered_at, signals.expires_at, signals.registration_source) == (
        "Örnek Kayıt A.Ş.", date(2007, 1, 8), date(2027, 1, 7), "whois",
    )  # fmt: skip
    assert signals.nameservers == ["ns1.ornek.example", "ns2.ornek.example"]
    assert signals.registration_read_at == signals.scanned_at
    assert Company.objects.get().scan_status == "success"


def test_who_told_and_since_when_is_shown_and_given(other_side, shown):
    put(other_side, "firm.com", rdap=RDAP_ANSWER)
    scanned("firm.com")

    page = shown(Company.objects.get())
    given = api_client("leads.view_company").get("/api/v1/companies/firm.com/").json()["signals"]

    assert "RDAP, read " in page
    assert "4 Mar 2001" in page
    assert "not told by the registry" in page
    assert (given["registered_at"], given["expires_at"], given["registration_source"], given["registrar"]) == (
        "2001-03-04", "2028-03-04", "rdap", None,
    )  # fmt: skip
    assert given["registration_read_at"] is not None


def test_not_registered_is_told_apart_from_not_known(other_side, shown):
    put(other_side, "free.com.tr")
    put(other_side, "silent.com.tr", whois=FACTS)
    other_side.control.add_fault(service="whois", fault="drop_before", operation="silent.com.tr")

    scanned("free.com.tr", "silent.com.tr")

    free, silent = signals_of("free.com.tr").answers, signals_of("silent.com.tr").answers
    assert free["registration"]["state"] == "absent"
    assert silent["registration"]["state"] == "not_known"
    assert "not registered" in shown(Company.objects.get(domain="free.com.tr"))
    page = shown(Company.objects.get(domain="silent.com.tr"))
    assert "not known: RDAP: no such domain at the server that is set. WHOIS: gave no answer" in page
    assert set(Company.objects.values_list("scan_status", flat=True)) == {"whois_failed"}


def test_what_was_known_stays_where_nobody_tells_and_goes_after_a_no(other_side, shown):
    put(other_side, "firm.com.tr", whois=FACTS)
    scanned("firm.com.tr")
    read = signals_of("firm.com.tr").registration_read_at
    other_side.control.add_fault(service="whois", fault="status", status=403)

    scanned("firm.com.tr")

    kept = signals_of("firm.com.tr")
    assert (kept.registrar, kept.registration_source, kept.registration_read_at) == ("Örnek Kayıt A.Ş.", "whois", read)
    assert "; not known since: " in shown(Company.objects.get())

    other_side.control.clear_faults()
    put(other_side, "firm.com.tr")
    scanned("firm.com.tr")

    gone = signals_of("firm.com.tr")
    assert (gone.registrar, gone.expires_at, gone.registration_source, gone.registration_read_at) == (
        "",
        None,
        "",
        None,
    )


@pytest.mark.fault(10, 11, 12)
@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "drop_before"}, {"fault": "drop_after"}, {"fault": "html"}, {"fault": "broken_json"},
        {"fault": "status", "status": 400}, {"fault": "status", "status": 403}, {"fault": "status", "status": 503},
    ],
    ids=lambda fault: f"{fault['fault']} {fault.get('status', '')}".strip(),
)  # fmt: skip
@pytest.mark.parametrize("service", ["rdap", "whois"])
def test_a_registry_that_fails_never_stops_a_scan(other_side, service, fault):
    put(other_side, "firm.com", rdap=RDAP_ANSWER)
    put(other_side, "firm.com.tr", whois=FACTS)
    other_side.control.add_fault(service=service, **fault)

    report = scanned("firm.com", "firm.com.tr")

    assert report.scanned == 2
    assert not Company.objects.filter(score__isnull=True).exists()
    assert signals_of("firm.com.tr").registration_source == ("" if service == "whois" else "whois")


@pytest.mark.proves("R2.6")
@pytest.mark.fault(14)
def test_a_registry_whose_quota_is_used_up_is_left_alone(other_side):
    put(other_side, "firm.com.tr", whois=FACTS)
    other_side.control.edit("whois", {"quota": 0})

    scanned("firm.com.tr")

    assert Lane.objects.filter(name="rdap", paused_until__gt=timezone.now() + timedelta(minutes=4)).exists()
    assert signals_of("firm.com.tr").answers["registration"]["reason"] == "the registry wants fewer calls (WHOIS)"


def calls(sandbox):
    return len(sandbox.control.calls("rdap")) + len(sandbox.control.calls("whois"))


def test_a_scan_within_a_day_of_its_registration_data_does_not_ask_again(other_side):
    put(other_side, "firm.com.tr", whois=FACTS)
    scanned("firm.com.tr")
    before, read = calls(other_side), signals_of("firm.com.tr").registration_read_at

    scanned_by_schedule("firm.com.tr")

    signals = signals_of("firm.com.tr")
    assert (signals.scan_count, calls(other_side)) == (2, before)
    assert (signals.registrar, signals.registration_read_at) == ("Örnek Kayıt A.Ş.", read)
    assert Company.objects.get().scan_status == "success"


def test_a_scan_that_a_person_asks_for_ignores_what_is_known(other_side):
    put(other_side, "firm.com.tr", whois=FACTS)
    scanned("firm.com.tr")
    put(other_side, "firm.com.tr", whois=FACTS | {"expires": "2028-01-07"})

    scanned("firm.com.tr")

    assert signals_of("firm.com.tr").expires_at == date(2028, 1, 7)


def test_after_a_day_the_registry_is_asked_again(other_side):
    put(other_side, "firm.com.tr", whois=FACTS)
    scanned("firm.com.tr")
    Signals.objects.update(registration_read_at=F("registration_read_at") - timedelta(hours=24, seconds=1))
    before = calls(other_side)

    scanned_by_schedule("firm.com.tr")

    assert calls(other_side) == before + 2


def test_what_one_company_s_scan_learnt_serves_others_of_the_same_domain(other_side):
    put(other_side, "firm.com.tr", whois=FACTS)
    scanned("firm.com.tr")
    CompanyFactory(domain="shop.firm.com.tr")
    before = calls(other_side)

    scanned_by_schedule("shop.firm.com.tr")

    shop, firm = signals_of("shop.firm.com.tr"), signals_of("firm.com.tr")
    assert calls(other_side) == before
    assert (shop.registrar, shop.registration_read_at) == (firm.registrar, firm.registration_read_at)


def test_what_nobody_told_is_asked_again_at_once(other_side):
    put(other_side, "firm.com.tr", whois=FACTS)
    other_side.control.add_fault(service="whois", fault="status", status=403, times=1)
    scanned("firm.com.tr")

    scanned_by_schedule("firm.com.tr")

    assert signals_of("firm.com.tr").registration_source == "whois"


@pytest.mark.proves("R7.7")
def test_known_data_are_found_in_a_constant_number_of_queries(django_assert_num_queries):
    domains = [f"firm-{number}.com.tr" for number in range(50)]
    for domain in domains:
        ScannedCompanyFactory(domain=domain)

    with django_assert_num_queries(3):
        known_registrations(domains)


@pytest.mark.proves("R2.1", "R2.4")
def test_two_drainers_together_ask_no_more_than_the_lane_allows(other_side, settings):
    """Each question counts, over RDAP and over WHOIS: a burst of 5 at once, the other 19 at 20 a second."""
    settings.LANE_LIMITS = {"dns": "100000,100000", "rdap": "20,5"}
    domains = [f"firm-{number}.com.tr" for number in range(12)]
    for domain in domains:
        put(other_side, domain, whois=FACTS)
    ask("scan", [CompanyFactory(domain=domain).domain for domain in domains], priority=Priority.PERSON)
    began = timezone.now()

    def drain():
        budget = timedelta(seconds=PATIENCE)
        Drainer(LaneName.DNS, budget=budget, until=lambda: Signals.objects.count() == len(domains)).run()

    at_once(drain, drain)

    moments = sorted(call["at"] for service in ("rdap", "whois") for call in other_side.control.calls(service))
    assert len(moments) == 24
    for number, moment in enumerate(moments, start=1):
        assert datetime.fromisoformat(moment) - began >= timedelta(seconds=(number - 5) / 20 - 0.05)
