"""Errors and work items, for tests."""

from __future__ import annotations

import factory
from django.utils import timezone

from hunter.work.models import ErrorRecord, Item


class ErrorFactory(factory.django.DjangoModelFactory):
    """A scan that was given up."""

    class Meta:
        model = ErrorRecord

    kind = "scan"
    key = factory.Sequence(lambda n: f"company-{n}.example.com")
    operation = "scan a domain"
    service = "dns"
    error_class = "transient"
    message = factory.LazyAttribute(lambda error: f"{error.key}: DNS did not answer.")
    gave_up = True
    first_seen = factory.LazyFunction(timezone.now)
    last_seen = factory.LazyFunction(timezone.now)


class ItemFactory(factory.django.DjangoModelFactory):
    """A dead letter of a scan."""

    class Meta:
        model = Item

    kind = "scan"
    key = factory.Sequence(lambda n: f"company-{n}.example.com")
    lane = "dns"
    dead_at = factory.LazyFunction(timezone.now)
    attempts = 4
    taken = 1
    requested = 1
