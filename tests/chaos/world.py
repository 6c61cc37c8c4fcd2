"""The items of a run: companies whose leads the CRM lacks, has already, or refuses; referrals and scans come beside them."""

from __future__ import annotations

from django.db import connection, models

from hunter.sandbox.control import Control
from hunter.work.asking import sweep
from leads.models import Company, Signals
from tests.factories.leads import ScannedCompanyFactory

KIND = "push_dynamics365"
REFUSED = "refused by the plug-in"
ONE_REFUSED_IN, ONE_ADOPTED_IN, ONE_ALIKE_IN = 100, 50, 50
ITEMS_TO_A_REFERRAL = 100
BLOCK = 1000
DOMAIN = "chaos-{number}.example.com"


def domain_of(number: int) -> str:
    return DOMAIN.format(number=number)


def is_refused(number: int) -> bool:
    return number % ONE_REFUSED_IN == 7


def is_adopted(number: int) -> bool:
    return number % ONE_ADOPTED_IN == 3


def is_alike(number: int) -> bool:
    """Whether the CRM has a lead with the company's website and no domain, which a person is to judge."""
    return number % ONE_ALIKE_IN == 5


def look_alike(domain: str) -> dict[str, str]:
    """What a person in the CRM types."""
    return {"websiteurl": f"https://www.{domain}", "subject": "met at a fair", "lastname": "Somebody"}


def fill(control: Control, *, items: int) -> None:
    """Companies that are scored and never pushed, all asked for; a plug-in in the CRM refuses some of them."""
    rule = {"column": "hnt_infrasummary", "pattern": REFUSED, "message": "Not this one."}
    control.edit("dataverse", {"act": "switch", "switches": {"reject_rules": [rule]}})
    first = ScannedCompanyFactory.create(domain=domain_of(0), name=domain_of(0), infrastructure_summary="as it was")
    _multiply(
        Company,
        first.pk,
        upto=items,
        changes={"domain": DOMAIN_SQL, "registrable_domain": DOMAIN_SQL, "name": DOMAIN_SQL},
    )
    with connection.cursor() as cursor:
        cursor.execute(SIGNALS.format(columns=_columns(Signals, without={"company_id"})), [first.pk, first.pk])
    refused = [domain_of(number) for number in range(items) if is_refused(number)]
    Company.objects.filter(domain__in=refused).update(infrastructure_summary=REFUSED)
    for number in filter(is_adopted, range(items)):
        columns = {"hnt_domain": domain_of(number), "subject": "found at a fair", "lastname": "Somebody"}
        control.edit("dataverse", {"act": "create", "columns": columns})
    for number in filter(is_alike, range(items)):
        control.edit("dataverse", {"act": "create", "columns": look_alike(domain_of(number))})
    for start in range(0, items, BLOCK):
        sweep(KIND, [domain_of(number) for number in range(start, min(items, start + BLOCK))])
    with connection.cursor() as cursor:
        cursor.execute("analyze")


DOMAIN_SQL = "'chaos-' || n || '.example.com'"
SIGNALS = """
insert into leads_signals (company_id, {columns})
select c.id, {columns} from leads_signals s, leads_company c
where s.company_id = %s and c.id <> %s and c.domain like 'chaos-%%'
"""
MULTIPLY = """
insert into {table} ({names}, {others}) select {values}, {others} from {table}, generate_series(1, %s) n where id = %s
"""


def _columns(model: type[models.Model], *, without: set[str]) -> str:
    names = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    return ", ".join(f'"{name}"' for name in names if name not in without)


def _multiply(model: type[models.Model], pk: int, *, upto: int, changes: dict[str, str]) -> None:
    """Rows like the one there is, in one statement; `changes` are expressions of the row's number n."""
    names = {"table": model._meta.db_table, "others": _columns(model, without=set(changes))}
    with connection.cursor() as cursor:
        cursor.execute(
            MULTIPLY.format(names=", ".join(changes), values=", ".join(changes.values()), **names), [upto - 1, pk]
        )
