"""The list of companies: searched, narrowed and sorted in the same way in the admin and in the API (g.7)."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from leads.models import Company
from tests.factories.crm import CrmRecordFactory
from tests.factories.leads import CompanyFactory, ScannedCompanyFactory, SignalsFactory, scored_as
from tests.factories.people import administrator, api_client
from tests.factories.referrals import ReferralFactory
from tests.factories.work import ErrorFactory, ItemFactory

pytestmark = pytest.mark.django_db
LIST, API = "admin:leads_company_changelist", "/api/v1/companies/"
READER = "leads.view_company"


def in_admin(**query):
    client = Client()
    client.force_login(administrator())
    return [one.domain.split(".")[0] for one in client.get(reverse(LIST), query).context["cl"].result_list]


def in_api(**query):
    client, found = api_client(READER), []
    page = client.get(API, query).json()
    while True:
        found += [row["domain"].split(".")[0] for row in page["results"]]
        if not page["next"]:
            return found
        page = client.get(page["next"]).json()


@pytest.fixture
def four():
    """Google 90, M365 70, Local 5, and one that was never scanned."""
    scans = {"google": 3, "microsoft": 1, "local": 2}
    made: dict[str, tuple[str, str, dict[str, Any]]] = {
        "google": ("Google", "Beta", {"dmarc_policy": "reject"}),
        "microsoft": ("M365", "Alpha", {}),
        "local": ("Local", "Gamma", {"dkim": False}),
    }
    for domain, (provider, name, facts) in made.items():
        company = CompanyFactory(
            domain=f"{domain}.example", name=name, scan_status="success",
            **{"provider": provider} | scored_as(provider, **facts),
        )  # fmt: skip
        SignalsFactory(company=company, scanned_at=datetime(2026, 5, scans[domain], tzinfo=UTC))
    Company.objects.filter(domain="local.example").update(local_provider="Natro")
    CompanyFactory(domain="zero.example", name="Zero")


@pytest.mark.parametrize(
    ("order", "domains"),
    [
        pytest.param("priority", ["google", "microsoft", "local", "zero"], id="priority, then score"),
        pytest.param("score", ["google", "microsoft", "local", "zero"], id="score"),
        pytest.param("domain", ["google", "local", "microsoft", "zero"], id="domain"),
        pytest.param("name", ["microsoft", "google", "local", "zero"], id="name"),
        pytest.param("segment", ["zero", "local", "microsoft", "google"], id="segment"),
        pytest.param("provider", ["zero", "google", "local", "microsoft"], id="provider"),
        pytest.param("scanned", ["google", "local", "microsoft", "zero"], id="scan time, the newest first"),
    ],
)
def test_the_list_is_sorted_by(order, domains, four):
    assert in_admin(sort=order) == domains
    assert in_api(ordering=order) == in_api(ordering=order, page_size=1) == domains


def test_the_best_priority_comes_first_unless_said(four):
    assert in_admin() == in_api() == ["google", "microsoft", "local", "zero"]


def test_an_order_is_turned_round_with_a_minus(four):
    assert in_api(ordering="-score", page_size=1)[:3] == ["local", "microsoft", "google"]
    assert in_api(ordering="-domain", page_size=2) == ["zero", "microsoft", "local", "google"]


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        pytest.param("oogle", {"google"}, id="part of the domain"),
        pytest.param("ALPH", {"microsoft"}, id="part of the name"),
        pytest.param("m365", {"microsoft"}, id="the provider"),
        pytest.param("Natro", {"local"}, id="the local provider"),
        pytest.param("Yandex", set(), id="a provider that nobody has"),
        pytest.param("https://www.zero.example/contact", {"zero"}, id="a pasted address"),
    ],
)
def test_a_search_finds(text, domains, four):
    assert set(in_admin(q=text)) == set(in_api(search=text)) == domains


@pytest.mark.parametrize("state", ["in_progress", "error", "pending", "synced", "none"])
def test_companies_are_chosen_by_the_state_that_they_are_shown_with(state):
    records = {
        "never": None, "waits": {}, "step": {"in_step": True}, "review": {"state": "review"}, "due": {"in_step": True},
        "runs": {"in_step": True}, "dead": {"in_step": True}, "failed": {"in_step": True}, "first": None,
    }  # fmt: skip
    work: dict[str, dict[str, Any]] = {
        "due": {"due_at": "2026-05-01T00:00:00Z"}, "first": {"due_at": "2026-05-01T00:00:00Z"},
        "runs": {"due_at": "2026-05-01T00:00:00Z", "lease": "5f0c1d2e-3a4b-4c5d-8e6f-700000000001"},
        "dead": {"due_at": None, "dead_at": "2026-05-01T00:00:00Z"},
    }  # fmt: skip
    for name, record in records.items():
        company = CompanyFactory(domain=f"{name}.example")
        if record is not None:
            CrmRecordFactory(company=company, **record)
        if name in work:
            ItemFactory(
                kind="push_dynamics365", key=company.domain, lane="dynamics365", **{"dead_at": None} | work[name]
            )
    for name in ("failed", "runs"):
        ErrorFactory(kind="push_dynamics365", key=f"{name}.example", service="dynamics365", operation="push")

    shown = {
        row["domain"].split(".")[0]: row["sync_state"] or "none"
        for row in api_client(READER).get(API).json()["results"]
    }

    expected = {name for name, one in shown.items() if one == state}
    assert expected
    assert set(in_api(sync_state=state)) == set(in_admin(sync_state=state)) == expected


def test_companies_are_chosen_by_their_referrals():
    linked, other = CompanyFactory(domain="linked.example"), CompanyFactory(domain="other.example")
    ReferralFactory(company=linked, referral_type="co-sell")
    ReferralFactory(domain=other.domain, domain_source="team")

    assert in_api(referral_type="co-sell") == in_api(link_status="linked") == ["linked"]
    assert in_api(link_status="unlinked") == ["other"]
    assert in_api(referral_type="marketplace") == []


@pytest.mark.parametrize("name", ["sync_state", "link_status", "referral_type", "segment"])
def test_a_word_that_there_is_not_is_refused(name):
    answer = api_client(READER).get(API, {name: "nonsense"})

    assert (answer.status_code, answer.json()["field"]) == (400, name)


def test_companies_are_chosen_by_the_rules_that_scored_them(four):
    Company.objects.filter(domain="local.example").update(rules_version="0")

    assert in_admin(rules="other") == in_api(rules_version="0") == ["local"]
    assert set(in_admin(rules="now")) == {"google", "microsoft"}


@pytest.mark.parametrize(
    ("asked", "shown"), [("", 50), ("100", 100), ("200", 200), ("201", 50), ("1000000", 50), ("x", 50)]
)
def test_a_page_of_the_admin_has_fifty_and_two_hundred_at_most(asked, shown):
    CompanyFactory.create_batch(205)

    assert len(in_admin(**({"per_page": asked} if asked else {}))) == shown


@pytest.mark.parametrize(("asked", "shown"), [(None, 50), (100, 100), (200, 200), (500, 200)])
def test_a_page_of_the_api_has_fifty_and_two_hundred_at_most(asked, shown):
    CompanyFactory.create_batch(205)

    answer = api_client(READER).get(API, {"page_size": asked} if asked else {})

    assert len(answer.json()["results"]) == shown


@pytest.mark.proves("R7.7")
def test_a_page_of_the_admin_takes_the_same_queries_however_many_there_are():
    client = Client()
    client.force_login(administrator())

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse(LIST)).status_code == 200
        return len(captured)

    CrmRecordFactory(company=ReferralFactory(company=ScannedCompanyFactory()).company)
    queries()
    few = queries()
    for _ in range(40):
        CrmRecordFactory(company=ReferralFactory(company=ScannedCompanyFactory()).company)

    assert queries() == few <= 15


@pytest.mark.parametrize(
    "cursor", ["x", "e30=", "eyJhdCI6W10sImJhY2siOmZhbHNlfQ==", "eyJhdCI6W1sxXSwxLDFdLCJiYWNrIjpmYWxzZX0="]
)
def test_a_cursor_that_hunter_did_not_give_is_refused(cursor):
    answer = api_client(READER).get(API, {"cursor": cursor})

    assert (answer.status_code, answer.json()["field"]) == (400, "cursor")


rows = st.lists(
    st.tuples(st.integers(1, 3), st.none() | st.integers(0, 3), st.sampled_from(["", "a", "B", "ş"])), max_size=12
)


WALKED = ("priority", "-priority", "score", "-score", "name", "-name")


class Walks(TestCase):
    """Whatever the rows are, a walk by pages meets each once, in the order of the list, forwards and back."""

    @given(
        rows=rows,
        size=st.integers(1, 5),
        order=st.sampled_from(["priority", "-priority", "score", "-score", "name", "-name"]),
    )
    @settings(max_examples=10)
    def test_a_walk_meets_each_row_once_in_order_and_leads_back(self, rows, size, order):
        Company.objects.all().delete()
        for number, (priority, score, name) in enumerate(rows):
            scored = scored_as("Local") if score is not None else {}
            CompanyFactory(
                domain=f"d{number:02}.example", name=name, **scored | {"priority": priority, "score": score}
            )  # fmt: skip
        client, pages = api_client(READER), []

        address = f"{API}?ordering={order}&page_size={size}"
        everything = [row["domain"] for row in client.get(f"{API}?ordering={order}").json()["results"]]
        while address:
            page = client.get(address).json()
            pages.append(page)
            address = page["next"]

        assert [row["domain"] for page in pages for row in page["results"]] == everything
        assert len(set(everything)) == len(rows)
        for before, page in itertools.pairwise(pages):
            assert client.get(page["previous"]).json()["results"] == before["results"]
        assert pages[0]["previous"] is None
