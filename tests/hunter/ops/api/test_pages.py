from __future__ import annotations

import pytest

from tests.factories.leads import CompanyFactory
from tests.factories.people import api_client
from tests.hunter.ops.api.conftest import make_error

pytestmark = pytest.mark.django_db


def walk(client, address):
    """Each page of a list, as the links lead."""
    pages = []
    while address:
        page = client.get(address).json()
        pages.append(page["results"])
        address = page["next"]
    return pages


def test_a_walk_over_the_pages_meets_each_row_once_and_in_order():
    domains = [f"company-{number:02}.example" for number in range(7)]
    for number, domain in enumerate(reversed(domains)):
        CompanyFactory(domain=domain, name=f"{number}")

    pages = walk(api_client("leads.view_company"), "/api/v1/companies/?page_size=3")

    assert [len(page) for page in pages] == [3, 3, 1]
    assert [row["domain"] for page in pages for row in page] == domains


def test_a_walk_keeps_its_filters():
    for number in range(4):
        make_error(key=f"company-{number}.example", service="dns" if number % 2 else "rdap")

    pages = walk(api_client("work.view_errorrecord"), "/api/v1/errors/?service=dns&page_size=1")

    assert [row["key"] for page in pages for row in page] == ["company-3.example", "company-1.example"]


def test_rows_that_come_in_during_a_walk_move_none_of_the_others():
    for number in range(4):
        make_error(key=f"company-{number}.example")
    client = api_client("work.view_errorrecord")
    first = client.get("/api/v1/errors/?page_size=2").json()

    make_error(key="newer.example")
    second = client.get(first["next"]).json()

    assert [row["key"] for row in second["results"]] == ["company-1.example", "company-0.example"]


def test_the_page_before_leads_back():
    for number in range(3):
        CompanyFactory(domain=f"company-{number}.example")
    client = api_client("leads.view_company")
    first = client.get("/api/v1/companies/?page_size=2").json()

    second = client.get(first["next"]).json()

    assert first["previous"] is None
    assert client.get(second["previous"]).json()["results"] == first["results"]


@pytest.mark.parametrize("size", ["0", "-1", "501", "many", "1e9", "٣"])
def test_a_page_size_out_of_bounds_is_refused(size):
    answer = api_client("leads.view_company").get(f"/api/v1/companies/?page_size={size}")

    assert (answer.status_code, answer.json()["field"]) == (400, "page_size")


def test_a_cursor_of_another_list_is_refused():
    cursor = "cD1jb250b3NvLmNvbQ=="  # p=contoso.com

    answer = api_client("work.view_errorrecord").get(f"/api/v1/errors/?cursor={cursor}")

    assert (answer.status_code, answer.json()["field"]) == (400, "cursor")
