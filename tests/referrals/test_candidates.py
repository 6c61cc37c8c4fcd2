"""The companies a referral may belong to: found, ranked, with reasons, quick in a long list of companies (e.5, a.5, C5)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection

from leads.models import Company
from referrals.services import candidates as finding
from referrals.services.candidates import candidates, traces_of
from tests.factories.leads import CompanyFactory
from tests.factories.referrals import ReferralFactory, partner_center_row

pytestmark = pytest.mark.django_db


def referral_with(*mails: str, name: str = "Lodos Lojistik Ltd", **values: Any) -> Any:
    customer = {
        "name": name,
        "address": {"country": "TR", "city": "Bursa"},
        "team": [{"email": mail} for mail in mails],
    }
    contacts = [{"email": mail} for mail in mails]
    return ReferralFactory.create(
        company_name=name, customer_country="TR", contacts=contacts,
        raw_data=partner_center_row(customerProfile=customer), **values,
    )  # fmt: skip


def told(referral: Any) -> dict[str, str]:
    return {one.domain: one.reason for one in candidates(referral)}


@pytest.mark.proves("C5")
@pytest.mark.parametrize(
    ("company", "reason"),
    [
        pytest.param({"domain": "lodos.example"}, "same mail domain", id="its own mail domain"),
        pytest.param({"domain": "second.example"}, "another contact's mail domain", id="a second contact's"),
        pytest.param(
            {"domain": "shop.lodos.example", "registrable_domain": "lodos.example"},
            "same registrable domain as lodos.example", id="a host of the same registrable domain",
        ),
        pytest.param({"domain": "x.example", "azure_tenant_id": "tenant-1"}, "same Azure tenant", id="its tenant"),
        pytest.param(
            {"domain": "x.example", "contact_emails": ["Deniz@Lodos.Example"]},
            "a contact's mail address is known there; people there have mail addresses of the same domain",
            id="an address seen at the company, in any case",
        ),
        pytest.param(
            {"domain": "x.example", "contact_emails": ["other@second.example"]},
            "people there have mail addresses of the same domain", id="a colleague's address: an alias of the company",
        ),
        pytest.param(
            {"domain": "x.example", "contacts": [{"email": "other@lodos.example"}]},
            "people there have mail addresses of the same domain", id="a contact with a name",
        ),
        pytest.param({"domain": "x.example", "name": "LODOS LOJİSTİK A.Ş."}, "name 100 % alike", id="its name"),
        pytest.param(
            {"domain": "x.example", "name": "Lodos Lojistik Bursa", "country": "TR", "address_city": "BURSA"},
            "name 68 % alike; same country; same city", id="name, country and city together",
        ),
    ],
)  # fmt: skip
def test_a_company_is_found_by(company, reason):
    CompanyFactory.create(**{"name": ""} | company)
    referral = referral_with(
        "deniz@lodos.example", "b@second.example", domain="lodos.example", azure_tenant_id="tenant-1"
    )

    assert told(referral)[company["domain"]] == reason


def test_a_company_is_found_by_what_people_decided_for_other_referrals_of_its_domain():
    known = CompanyFactory.create(domain="fabrikam.example", name="")
    ReferralFactory.create(company=known, domain="fabgroup.example", link_origin="person")
    referral = ReferralFactory.create(domain="fabgroup.example")

    assert told(referral)["fabrikam.example"] == "other referrals of the same domain are linked to it"


@pytest.mark.parametrize(
    "company",
    [
        pytest.param({"domain": "gmail.com"}, id="the company of the mail domain itself"),
        pytest.param({"domain": "x.example", "contact_emails": ["other@gmail.com"]}, id="a stranger's address there"),
        pytest.param({"domain": "mail.gmail.com", "registrable_domain": "gmail.com"}, id="a host below it"),
        pytest.param({"domain": "gmail.com", "name": "Lodos Lojistik"}, id="the same with the customer's name"),
        pytest.param({"domain": "x.example", "name": "Poyraz", "country": "TR"}, id="the country alone"),
        pytest.param({"domain": "x.example", "name": "San. ve Tic. Ltd. Şti."}, id="a legal form alone"),
        pytest.param({"domain": "x.example", "azure_tenant_id": ""}, id="two that have no tenant id"),
    ],
)
def test_no_company_is_found_by_what_identifies_none(company):
    CompanyFactory.create(**{"name": ""} | company)
    referral = referral_with("deniz@gmail.com", name="Lodos Lojistik Ltd. Şti.")

    assert told(referral) == {}


def test_a_private_address_that_is_known_at_a_company_is_a_persons_trace():
    CompanyFactory.create(domain="lodos.example", name="", contact_emails=["deniz@gmail.com"])

    assert told(referral_with("deniz@gmail.com")) == {"lodos.example": "a contact's mail address is known there"}


def test_firms_on_one_platform_are_no_candidates_of_each_other():
    CompanyFactory.create(domain="other.github.io", registrable_domain="github.io", name="")

    assert list(told(referral_with("a@one.github.io", domain="one.github.io"))) == ["one.github.io"]


def test_more_reasons_rank_higher_and_each_company_is_named_once():
    CompanyFactory.create(domain="second.example", name="Another", country="DE")
    CompanyFactory.create(domain="lodos.example", name="Lodos Lojistik A.Ş.", country="TR")
    CompanyFactory.create(domain="lodos-eski.example", name="Lodos Lojistik", country="TR")
    referral = referral_with("a@lodos.example", "b@second.example", domain="lodos.example")

    found = candidates(referral)

    assert [(one.domain, one.score) for one in found] == [
        ("lodos.example", 95), ("lodos-eski.example", 45), ("second.example", 45),
    ]  # fmt: skip
    assert [one.clue.value for one in found[0].reasons] == ["named_domain", "similar_name", "same_country"]


def test_a_domain_that_is_no_company_yet_is_offered_to_be_made():
    found = candidates(referral_with("a@lodos.example", domain="lodos.example"))

    assert [(one.domain, one.company) for one in found] == [("lodos.example", None)]


@pytest.mark.proves("R7.7")
def test_candidates_cost_the_same_few_queries_however_many_there_are(django_assert_max_num_queries):
    for number in range(30):
        CompanyFactory.create(
            domain=f"lodos{number}.example", name="Lodos Lojistik", contact_emails=["a@lodos.example"]
        )
    referral = referral_with("a@lodos.example", domain="lodos.example", azure_tenant_id="t")

    with django_assert_max_num_queries(7):  # two are the savepoint's
        found = candidates(referral)

    assert len(found) == 9


INDEXES = {
    "similar_name": "leads_company_name_key",
    "same_address": "leads_company_mail_keys",
    "same_tenant": "leads_company_tenant",
    "same_registrable_domain": "leads_company_registrable",
}


@pytest.mark.proves("R7.7")
def test_every_clue_is_looked_up_by_an_index():
    rows = [
        Company(
            domain=f"firm{n}.example", registrable_domain=f"firm{n}.example", name=f"Firm {n} of {n % 97}",
            azure_tenant_id=f"t-{n}" if n % 50 == 0 else "", contact_emails=[f"a@firm{n}.example"],
        )
        for n in range(3000)
    ]  # fmt: skip
    Company.objects.bulk_create(rows)
    referral = referral_with("deniz@lodos.example", domain="lodos.example", azure_tenant_id="t-50")
    traces = traces_of(referral, consumer_domains=frozenset())
    values = finding._values(traces, traces.registrables(without=frozenset()), name_key="lodos lojistik")

    with connection.cursor() as cursor:
        cursor.execute("analyze leads_company, leads_companynamekey")
        cursor.execute("set local enable_seqscan = off")  # so small a table it would read through
        cursor.execute(f"explain (format json) {finding.FIND}", values)
        plan = json.dumps(cursor.fetchone()[0])

    assert [name for name in INDEXES.values() if name not in plan] == []
    assert "Seq Scan" not in plan.replace("Bitmap", "")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        pytest.param("Fabrikam Gıda San. ve Tic. A.Ş.", "fabrikam gida", id="a Turkish company"),
        pytest.param("FABRİKAM GIDA SANAYİ VE TİCARET ANONİM ŞİRKETİ", "fabrikam gida", id="the same in full"),
        pytest.param("Contoso GmbH & Co. KG", "contoso", id="a German one"),
        pytest.param("Ürün-Süt Ltd. Şti.", "urun sut", id="hyphens and points are spaces"),
        pytest.param("Asaş Alüminyum", "asas aluminyum", id="a legal form inside a word stays"),
        pytest.param("Ромашка ООО", "Ромашка ООО", id="another script is left as it is"),
        pytest.param("Limited Company", "", id="nothing but legal form"),
    ],
)
def test_what_a_company_is_called_without_its_legal_form(name, key):
    with connection.cursor() as cursor:
        cursor.execute("select leads_name_key(%s)", [name])
        assert cursor.fetchone()[0] == key
