from __future__ import annotations

import json
from contextlib import suppress

import pytest
from django.core import checks, serializers
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hunter.versioning import MissingTrigger, StaleVersion, VersionedModel, check_version_triggers, versioned_models
from leads.models import Company
from referrals.models import Referral
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(db) -> Company:
    return Company.objects.create(domain="contoso.com", name="Contoso")


def version_in_database(company: Company) -> int:
    return Company.objects.values_list("version", flat=True).get(pk=company.pk)


def by_save(company: Company) -> None:
    company.name = "Changed"
    company.save()


def by_save_of_one_field(company: Company) -> None:
    company.name = "Changed"
    company.save(update_fields=["name"])


def by_update(company: Company) -> None:
    Company.objects.filter(pk=company.pk).update(name="Changed")


def by_update_with_a_forged_version(company: Company) -> None:
    Company.objects.filter(pk=company.pk).update(name="Changed", version=500)


def by_f(company: Company) -> None:
    Company.objects.filter(pk=company.pk).update(priority=F("priority") - 1)


def by_bulk_update(company: Company) -> None:
    company.name = "Changed"
    Company.objects.bulk_update([company], ["name"])


def by_upsert(company: Company) -> None:
    Company.objects.bulk_create(
        [Company(domain=company.domain, name="Changed")],
        update_conflicts=True, unique_fields=["domain"], update_fields=["name"],
    )  # fmt: skip


def by_update_or_create(company: Company) -> None:
    Company.objects.update_or_create(domain=company.domain, defaults={"name": "Changed"})


def by_sql(company: Company) -> None:
    with connection.cursor() as cursor:
        cursor.execute("update leads_company set name = 'Changed' where id = %s", [company.pk])


def by_on_conflict(company: Company) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            'insert into leads_company as c select (jsonb_populate_record(c2, \'{"name": "Changed"}\')).* '
            "from leads_company c2 on conflict (id) do update set name = excluded.name"
        )


WAYS = [
    by_save, by_save_of_one_field, by_update, by_update_with_a_forged_version, by_f, by_bulk_update, by_upsert,
    by_update_or_create, by_sql, by_on_conflict,
]  # fmt: skip


@pytest.mark.proves("C3", "R3.3")
@pytest.mark.parametrize("write", WAYS, ids=lambda write: write.__name__)
def test_every_way_of_writing_raises_the_version_by_one(company, write):
    before = Company.objects.get(pk=company.pk)

    write(company)

    after = Company.objects.get(pk=company.pk)
    assert after.version == before.version + 1
    assert after.updated_at > before.updated_at


@pytest.mark.proves("R3.3")
@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda company: company.save(), id="save"),
        pytest.param(lambda company: Company.objects.update(name="Contoso"), id="update"),
        pytest.param(lambda company: Company.objects.bulk_update([company], ["name"]), id="bulk_update"),
    ],
)
def test_a_write_that_changes_nothing_leaves_the_version_alone(company, write):
    write(company)

    assert version_in_database(company) == 1


def test_a_save_knows_its_new_version_and_may_be_followed_by_another(company):
    for name in ("One", "Two", "Three"):
        company.name = name
        company.save()

    stored = Company.objects.get(pk=company.pk)
    assert (company.version, company.updated_at) == (stored.version, stored.updated_at) == (4, stored.updated_at)


@pytest.mark.proves("R3.3", "C3")
@pytest.mark.parametrize("fields", [None, ["name"]], ids=["the whole row", "one field"])
def test_a_stale_save_is_refused_and_changes_nothing(company, fields):
    mine, theirs = Company.objects.get(pk=company.pk), Company.objects.get(pk=company.pk)
    theirs.phone = "1"
    theirs.save()
    mine.name = "Mine"

    with pytest.raises(StaleVersion, match="changed by someone else since you read it"), transaction.atomic():
        mine.save(update_fields=fields)

    stored = Company.objects.get(pk=company.pk)
    assert (stored.name, stored.phone, stored.version) == ("Contoso", "1", 2)
    assert mine.version == 1


@pytest.mark.parametrize("write", WAYS, ids=lambda write: write.__name__)
def test_whoever_wrote_meanwhile_a_save_of_what_was_read_before_is_refused(company, write):
    mine = Company.objects.get(pk=company.pk)
    write(company)
    mine.phone = "2"

    with pytest.raises(StaleVersion), transaction.atomic():
        mine.save()

    assert Company.objects.get(pk=company.pk).phone == ""


@pytest.mark.parametrize("fields", [None, ["name"]], ids=["the whole row", "one field"])
def test_a_deleted_row_does_not_come_back(company, fields):
    Company.objects.filter(pk=company.pk).delete()

    with pytest.raises(StaleVersion), transaction.atomic():
        company.save(update_fields=fields)

    assert not Company.objects.exists()


def test_a_row_whose_version_was_not_loaded_cannot_be_saved(company):
    unfenced = Company.objects.defer("version").get(pk=company.pk)

    with pytest.raises(ValueError, match="it would fence nothing"):
        unfenced.save()


def test_a_row_whose_other_fields_were_not_loaded_can(company):
    light = Company.objects.only("name", "version").get(pk=company.pk)
    light.name = "Light"
    light.save()

    assert Company.objects.get(pk=company.pk).name == "Light"


def test_a_new_object_does_not_take_the_place_of_a_row_that_is_there(company):
    with pytest.raises(IntegrityError), transaction.atomic():
        Company(pk=company.pk, domain="contoso.com", name="Mine").save()

    assert Company.objects.get(pk=company.pk).name == "Contoso"


def test_a_save_inside_a_transaction_that_is_rolled_back_is_refused_once_and_works_when_read_anew(company):
    class Undone(Exception):
        pass

    company.name = "Undone"
    with suppress(Undone), transaction.atomic():
        company.save()
        raise Undone

    with pytest.raises(StaleVersion), transaction.atomic():
        company.save()
    company.refresh_from_db()
    company.name = "Done"
    company.save()

    assert Company.objects.get(pk=company.pk).name == "Done"


@pytest.mark.parametrize("version", [1, 7])
def test_a_fixture_is_loaded_over_what_is_there(company, version):
    fixture = json.loads(serializers.serialize("json", [company]))
    fixture[0]["fields"] |= {"name": "From the fixture", "version": version}
    by_update(company)
    by_sql(company)

    for loaded in serializers.deserialize("json", json.dumps(fixture)):
        loaded.save()

    stored = Company.objects.get(pk=company.pk)
    assert stored.name == "From the fixture"


def test_a_fixture_is_loaded_into_an_empty_table_with_its_version(company):
    fixture = serializers.serialize("json", [company]).replace('"version": 1', '"version": 42')
    Company.objects.all().delete()

    for loaded in serializers.deserialize("json", fixture):
        loaded.save()

    assert version_in_database(company) == 42


@pytest.mark.proves("R3.3", "R6.4")
@pytest.mark.django_db(transaction=True)
def test_of_many_saves_at_once_no_update_is_lost():
    company = Company.objects.create(domain="contoso.com", priority=1)

    def add_one() -> int:
        refused = 0
        while True:
            mine = Company.objects.get(pk=company.pk)
            mine.score_breakdown = {"sum": mine.score_breakdown.get("sum", 0) + 1}
            try:
                mine.save()
            except StaleVersion:
                refused += 1
            else:
                return refused

    at_once(*[add_one] * 8)

    stored = Company.objects.get(pk=company.pk)
    assert stored.score_breakdown == {"sum": 8}
    assert stored.version == 9


@pytest.mark.proves("R3.3", "R6.4")
@hypothesis_settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["read", "save", "bulk"])), max_size=15))
def test_a_save_succeeds_exactly_when_nobody_wrote_since_it_was_read(company, steps):
    Company.objects.update(name="Start")
    writes, held = 0, [Company.objects.get(pk=company.pk) for _ in range(3)]
    read_at = [0, 0, 0]
    for person, act in steps:
        if act == "read":
            held[person], read_at[person] = Company.objects.get(pk=company.pk), writes
        elif act == "bulk":
            writes += 1
            Company.objects.update(name=f"Write {writes}")
        else:
            held[person].name = f"Write {writes + 1}"
            try:
                with transaction.atomic():
                    held[person].save()
                succeeded = True
            except StaleVersion:
                succeeded = False
            assert succeeded == (read_at[person] == writes)
            if succeeded:
                writes += 1
                read_at[person] = writes
    assert Company.objects.get(pk=company.pk).name == (f"Write {writes}" if writes else "Start")


# --- the trigger is there ---------------------------------------------------------------------------------------


@pytest.mark.proves("C3")
def test_companies_and_referrals_are_versioned():
    assert {Company, Referral} <= set(versioned_models())


def test_every_versioned_table_has_its_trigger():
    assert check_version_triggers(databases=["default"]) == []


@pytest.mark.parametrize(
    "change",
    [
        "drop trigger leads_company_raise_version on leads_company",
        "alter table leads_company disable trigger leads_company_raise_version",
    ],
    ids=["dropped", "disabled"],
)
def test_e001_a_versioned_table_without_its_trigger_is_told(change):
    with connection.cursor() as cursor:
        cursor.execute(change)

    (problem,) = check_version_triggers(databases=["default"])

    assert isinstance(problem, MissingTrigger)
    assert (problem.id, problem.level) == ("hunter.E001", checks.ERROR)
    assert "leads_company has no trigger" in problem.msg


def test_e001_waits_for_migrations_that_are_still_to_come():
    with connection.cursor() as cursor:
        cursor.execute("drop trigger leads_company_raise_version on leads_company")
        cursor.execute("delete from django_migrations where app = 'leads' and name not like '0001%'")

    assert check_version_triggers(databases=["default"]) == []


def test_a_database_that_was_not_asked_for_is_not_looked_into():
    assert check_version_triggers(databases=None) == []


def test_the_versioned_model_itself_has_no_table():
    assert VersionedModel not in versioned_models()
