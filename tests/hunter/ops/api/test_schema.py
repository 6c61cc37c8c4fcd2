from __future__ import annotations

import re
from io import StringIO

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from hunter.ops.api.resources import Room

OPERATIONS = [
    pytest.param(operation, id=f"{method} {path}")
    for path, operations in SchemaGenerator().get_schema(public=True)["paths"].items()
    for method, operation in operations.items()
]


def routed_views():
    """The class, the act and the HTTP method of each address of the API."""
    patterns = [pattern for pattern in get_resolver().url_patterns if str(pattern.pattern) == "api/v1/"]
    inner = [one for pattern in patterns for one in getattr(pattern, "url_patterns", [])]
    return [(one.callback.cls, act, method) for one in inner for method, act in one.callback.actions.items()]


def test_the_description_is_valid_and_nothing_in_it_is_guessed():
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_operation_has_a_summary_and_an_example_of_what_it_takes_and_gives(operation):
    answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    forms = [form for answer in answers for form in answer["content"].values()]
    asked = operation.get("requestBody", {}).get("content", {}).values()
    takes_something = [form for form in asked if form["schema"].get("$ref", "").split("/")[-1] != "NothingToSayRequest"]

    assert operation["summary"]
    assert forms
    assert all(form.get("examples") for form in [*forms, *takes_something])


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_operation_tells_that_it_may_answer_with_a_problem(operation):
    assert "application/problem+json" in operation["responses"]["default"]["content"]


def test_each_act_names_its_permission_and_changing_ones_another_than_reading():
    views = routed_views()

    assert len(views) > 15
    for view, act, method in views:
        read = view.permission_for.get("read")
        if act in ("list", "retrieve"):
            assert read, view
        else:
            assert view.permission_for[act], (view, act)
            assert method in ("get", "head") or view.permission_for[act] != read, (view, act)
    assert any(issubclass(view, Room) for view, _, _ in views)


@pytest.mark.django_db
def test_anybody_may_read_the_description():
    answer = APIClient().get("/api/schema/", headers={"accept": "application/json"})

    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.")


@pytest.mark.django_db
def test_the_page_of_the_description_fetches_nothing_from_elsewhere():
    page = APIClient().get("/api/docs/")

    addresses = re.findall(r"(?:src|href)=\"([^\"]+)\"", page.content.decode())
    assert page.status_code == 200
    assert addresses
    assert all(address.startswith("/static/") for address in addresses)
    assert all(finders.find(address.removeprefix("/static/")) for address in addresses)


@pytest.mark.django_db
def test_the_start_page_names_every_list():
    lists = APIClient().get("/api/v1/").json()

    assert {"companies", "referrals", "scans", "sync-runs", "crm-records", "errors", "lanes", "jobs"} <= lists.keys()
    assert lists["companies"] == "http://testserver/api/v1/companies/"


@pytest.mark.django_db
def test_a_browser_begins_at_the_start_page():
    page = APIClient().get("/api/v1/", headers={"accept": "text/html"})

    assert page.status_code == 200
    assert b"/api/v1/companies/" in page.content
    assert b"Hunter&#x27;s API" in page.content or b"Hunter's API" in page.content


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/companies", "/api/v1/nothing"])
def test_an_address_without_its_last_stroke_leads_to_the_one_with_it(path):
    assert APIClient().get(path)["Location"] == f"{path}/"


@pytest.mark.django_db
def test_the_address_above_leads_to_the_description():
    assert APIClient().get("/api/")["Location"] == "/api/docs/"
