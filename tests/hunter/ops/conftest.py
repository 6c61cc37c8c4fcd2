"""Who sits at the admin in these tests."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories.people import administrator


@pytest.fixture
def ayse(db):
    """She may do everything."""
    return administrator("ayse")


@pytest.fixture
def page(ayse) -> Client:
    """A browser in which she is signed in."""
    client = Client()
    client.force_login(ayse)
    return client
