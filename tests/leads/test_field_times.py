"""When a company's fields changed, whoever wrote them: what lets the newer change win (f.7, R4.7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from hunter.remote.clock import database_now
from leads.models import Company, CompanyFieldTimes
from leads.models.field_times import TIMED, field_times
from leads.services.company_rows import write_companies
from tests.factories.leads import CompanyFactory

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R4.7")]


def times_of(company):
    return field_times([company])[company.pk]


@pytest.fixture
def old():
    """A company whose fields are a day old."""
    company = CompanyFactory(phone="+90 1", name="Contoso")
    CompanyFieldTimes.objects.update(since=database_now() - timedelta(days=1))
    return company


def test_a_new_company_has_its_values_since_it_was_made():
    assert set(times_of(CompanyFactory())) == set(TIMED)


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, ["a@contoso.com"] if field == "contact_emails" else "new") for field in TIMED],
)
def test_a_change_is_noted_for_its_field_only(old, field, value):
    before = times_of(old)

    Company.objects.filter(pk=old.pk).update(**{field: value})

    after = times_of(old)
    assert {name for name in TIMED if after[name] != before[name]} == {field}
    assert database_now() - after[field] < timedelta(minutes=1)


def test_a_write_that_changes_nothing_or_something_else_is_not_noted(old):
    before = times_of(old)

    Company.objects.filter(pk=old.pk).update(phone="+90 1", score=None, country="TR")
    write_companies([Company.objects.get(pk=old.pk)])

    assert times_of(old) == before


def test_of_a_company_that_was_there_before_only_what_changed_is_known(old):
    CompanyFieldTimes.objects.all().delete()
    assert field_times([old]) == {}

    with connection.cursor() as cursor:
        cursor.execute("update leads_company set phone = '+90 2'")

    assert set(times_of(old)) == {"phone"}
