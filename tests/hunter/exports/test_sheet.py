"""A list is walked by pages of keys: each row once, whatever changes meanwhile, in as many queries as there are pages."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hunter.exports.sheet import Column, Sheet, cells, plan_walk
from leads.models import ConsumerDomain

pytestmark = pytest.mark.django_db
SHEET = Sheet(title="domains", columns=(Column("Domain", lambda one: one.domain),))


def domains(count):
    ConsumerDomain.objects.all().delete()
    ConsumerDomain.objects.bulk_create(
        ConsumerDomain(domain=f"d{(number * 7) % count:03}.example") for number in range(count)
    )
    return ConsumerDomain.objects.order_by("domain")


def walked(walk, page_size=3):
    return [row[0] for row in cells(walk, sheet=SHEET, page_size=page_size)]


def test_a_list_leaves_in_its_own_order():
    rows = domains(10)

    assert walked(plan_walk(rows)) == list(rows.values_list("domain", flat=True))


def test_a_list_too_long_for_that_leaves_by_key():
    rows = domains(10)

    walk = plan_walk(rows, most_in_order=9)

    assert (walk.count, walk.keys) == (10, None)
    assert walked(walk) == list(rows.order_by("pk").values_list("domain", flat=True))


@pytest.mark.parametrize("most_in_order", [100, 5])
def test_a_filter_holds_on_every_page(most_in_order):
    rows = domains(40).filter(domain__lt="d020")

    assert sorted(walked(plan_walk(rows, most_in_order=most_in_order))) == sorted(rows.values_list("domain", flat=True))


@pytest.mark.parametrize("most_in_order", [100, 5])
def test_rows_that_move_or_go_during_a_walk_are_met_once_or_not_at_all(most_in_order):
    rows = domains(12)
    walk = plan_walk(rows, most_in_order=most_in_order)
    told = cells(walk, sheet=SHEET, page_size=3)

    first = [next(told)[0] for _ in range(3)]
    last = rows.order_by("pk").last()
    ConsumerDomain.objects.filter(domain=first[0]).update(domain="zzz.example")  # moves to the end
    gone = rows.exclude(domain__in=[*first, "zzz.example"]).exclude(pk=last.pk).order_by("-domain").first()
    gone.delete()
    rest = [row[0] for row in told]

    assert "zzz.example" not in rest
    assert gone.domain not in first + rest
    assert len(first + rest) == len(set(first + rest)) == 11


@pytest.mark.proves("R7.3", "R7.7")
@pytest.mark.parametrize("most_in_order", [1000, 5])
def test_a_page_of_a_walk_takes_the_same_queries_wherever_it_is(most_in_order):
    walk = plan_walk(domains(60), most_in_order=most_in_order)

    def queries(rows_told, told):
        with CaptureQueriesContext(connection) as captured:
            for _ in range(rows_told):
                next(told)
        return len(captured)

    told = cells(walk, sheet=SHEET, page_size=10)

    assert queries(10, told) == queries(10, told) <= 2
