from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory
from rest_framework import exceptions
from rest_framework.test import APIClient

from hunter.errors import HunterError
from hunter.ops.api.preconditions import VersionRequired
from hunter.ops.api.problem_details import MEDIA_TYPE, TYPE_PREFIX, answer_fault, problem_of
from hunter.remote.errors import Call, Deferred, Misconfigured, RateLimited
from referrals.services.runs import NotEnabled
from tests.factories.people import api_client

CALL = Call("dynamics365", "push a lead")


@pytest.mark.parametrize(
    ("error", "name", "status"),
    [
        pytest.param(HunterError("It is off. Switch it on."), "refused", 409, id="what can't be done as things stand"),
        pytest.param(HunterError("No domain.", field="domain"), "refused-value", 422, id="a value at fault"),
        pytest.param(NotEnabled(), "refused", 409, id="a service that is off is no fault of a value"),
        pytest.param(RateLimited("Busy.", call=CALL), "remote-failure", 502, id="another service refused"),
        pytest.param(Misconfigured("No column.", call=CALL, field="x"), "refused", 409, id="a set-up to be mended"),
        pytest.param(Deferred("Paused."), "try-later", 503, id="a call that was not made"),
        pytest.param(VersionRequired(), "version-required", 428, id="no If-Match"),
        pytest.param(Http404(), "not-found", 404, id="Django's own not found"),
        pytest.param(PermissionDenied(), "not-allowed", 403, id="Django's own refusal"),
        pytest.param(exceptions.ParseError(), "invalid-request", 400, id="broken JSON"),
        pytest.param(exceptions.AuthenticationFailed(), "not-signed-in", 401, id="a wrong token"),
        pytest.param(exceptions.Throttled(wait=3), "too-many-requests", 429, id="too many requests"),
        pytest.param(exceptions.UnsupportedMediaType("text/x"), "unsupported-media-type", 415, id="an unknown form"),
    ],
)
def test_each_error_has_one_stable_type(error, name, status):
    problem = problem_of(error, request=RequestFactory().get("/api/v1/companies/"))

    assert problem is not None
    told = problem.as_dict()
    assert (told["type"], told["status"]) == (f"{TYPE_PREFIX}{name}", status)
    assert told["title"]
    assert told["detail"]


def test_a_fault_of_hunter_is_not_told_as_the_callers():
    assert problem_of(ValueError("bug"), request=RequestFactory().get("/api/v1/")) is None


def test_a_problem_names_the_first_field_at_fault_and_lists_them_all():
    error = exceptions.ValidationError({"contacts": [{"email": ["No address."]}], "non_field_errors": ["Neither."]})

    problem = problem_of(error, request=RequestFactory().get("/"))

    assert problem is not None
    assert problem.as_dict()["field"] == "contacts.email"
    assert problem.as_dict()["errors"] == [
        {"field": "contacts.email", "message": "No address."},
        {"field": "", "message": "Neither."},
    ]


@pytest.mark.parametrize(
    ("path", "type_"),
    [
        pytest.param("/api/v1/companies/", MEDIA_TYPE, id="below /api/ as a problem"),
        pytest.param("/admin/", "text/html", id="elsewhere as Django's page"),
    ],
)
def test_a_fault_is_answered_in_the_callers_form(path, type_):
    answer = answer_fault(RequestFactory().get(path))

    assert answer.status_code == 500
    assert answer["Content-Type"].startswith(type_)


@pytest.mark.django_db
def test_an_anonymous_caller_is_told_how_to_sign_in():
    answer = APIClient().get("/api/v1/companies/")

    assert answer.status_code == 401
    assert answer["Content-Type"] == MEDIA_TYPE
    assert answer["WWW-Authenticate"] == "Token"
    assert "Token" in answer.json()["detail"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        pytest.param("get", "/api/v1/nothing/", 404, "not-found", id="an address that is none"),
        pytest.param("get", "/api/v2/companies/", 404, "not-found", id="another version of the API"),
        pytest.param("get", "/api/v1/companies/nobody.example/", 404, "not-found", id="no such company"),
        pytest.param("get", "/api/v1/companies/%00/", 404, "not-found", id="a null byte"),
        pytest.param("delete", "/api/v1/companies/contoso.com/", 405, "method-not-allowed", id="nothing is deleted"),
        pytest.param("put", "/api/v1/lanes/", 405, "method-not-allowed", id="a list is not replaced"),
        pytest.param("get", "/api/v1/companies/?colour=red", 400, "invalid-request", id="an unknown filter"),
        pytest.param("get", "/api/v1/lanes/?colour=red", 400, "invalid-request", id="a filter where there is none"),
        pytest.param("get", "/api/v1/companies/?segment=Hot", 400, "invalid-request", id="a word that is none"),
        pytest.param("get", "/api/v1/companies/?cursor=nonsense", 400, "invalid-request", id="a cursor never given"),
        pytest.param("get", "/api/v1/companies/?score_min=-1e999999999", 400, "invalid-request", id="a huge number"),
        pytest.param("get", f"/api/v1/scans/{'9' * 5000}/", 404, "not-found", id="a number of thousands of digits"),
    ],
)
def test_what_goes_wrong_is_told_as_a_problem(method, path, status, name):
    client = api_client("leads.view_company", "leads.view_scanjob", "remote.view_lane")

    answer = getattr(client, method)(path)

    assert (answer.status_code, answer.json()["type"]) == (status, f"{TYPE_PREFIX}{name}")
    assert answer["Content-Type"] == MEDIA_TYPE


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        pytest.param({"accept": "application/xml"}, "{}", 406, id="an answer in a form that there is not"),
        pytest.param({"content-type": "text/plain"}, "hello", 415, id="a body of another form"),
        pytest.param({"content-type": "application/json"}, "{", 400, id="broken JSON"),
        pytest.param({"content-type": "application/json"}, "[]", 400, id="a list where an object is due"),
        pytest.param({"content-type": "application/json"}, '{"domains": NaN}', 400, id="JSON that is none"),
    ],
)
def test_a_request_that_can_not_be_taken_is_told_so(headers, body, status):
    client = api_client("leads.scan_company")

    answer = client.generic(
        "POST", "/api/v1/scans/", body, headers.get("content-type", "application/json"), headers=headers
    )

    assert answer.status_code == status
    assert answer["Content-Type"] == MEDIA_TYPE


@pytest.mark.django_db
def test_a_wrong_token_is_told_as_one():
    answer = APIClient().get("/api/v1/companies/", headers={"authorization": "Token wrong"})

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Token")
    assert answer.json()["type"] == f"{TYPE_PREFIX}not-signed-in"


@pytest.mark.django_db
def test_a_misspelt_filter_is_named_with_those_there_are():
    problem = api_client("leads.view_company").get("/api/v1/companies/?segmnet=Skip").json()

    assert problem["field"] == "segmnet"
    assert "segment" in problem["detail"]
