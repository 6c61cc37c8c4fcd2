"""The suite can be trusted: it leaves nothing behind, and says so when a test does (R6)."""

from __future__ import annotations

import pytest
from django.conf import settings

from tests.conftest import left_behind, row_counts
from tests.factories.leads import CompanyFactory


@pytest.mark.proves("R6.1")
@pytest.mark.django_db
def test_a_row_that_a_test_leaves_is_named():
    before = row_counts()
    CompanyFactory()

    left = {"leads_company": 1, "leads_companyfieldtimes": 1, "leads_companynamekey": 1}
    assert left_behind(before, row_counts()) == left


@pytest.mark.proves("R7.1")
def test_connections_are_kept_and_looked_after():
    database = settings.DATABASES["default"]

    assert database["CONN_MAX_AGE"] >= 60
    assert database["CONN_HEALTH_CHECKS"] is True
