"""What goes with a referral that leaves a company, and what stays there (c.3, c.4, e.6)."""

from __future__ import annotations

from typing import Any

import pytest

from hunter.work.models import Item
from leads.models import Company, ProviderChange, RawLead
from referrals.aggregates import referral_figures
from referrals.services.linking import relink_referral, unlink_referral
from tests.factories.leads import CompanyFactory, ScannedCompanyFactory
from tests.factories.referrals import ReferralFactory, partner_center_row

pytestmark = [pytest.mark.django_db, pytest.mark.proves("C5")]


def referral_at(
    company: Company, *, tenant: str = "tenant-1", mail: str = "anna@contoso.example", **values: Any
) -> Any:
    member = {"email": mail, "phoneNumber": "+90 1"}
    row = partner_center_row(
        customerProfile={"name": "Contoso Ltd", "size": "10to50employees", "team": [member]}, azureTenantId=tenant
    )
    return ReferralFactory.create(
        company=company, azure_tenant_id=tenant, contacts=[{"email": mail, "phone": "+90 1"}], raw_data=row,
        customer_size="10to50employees", **values,
    )  # fmt: skip


def told_company(**values: Any) -> Any:
    """As a referral of tenant-1 left it."""
    told = {
        "domain": "contoso.example", "azure_tenant_id": "tenant-1", "provider": "M365", "phone": "+90 1",
        "contact_emails": ["anna@contoso.example"], "tenant_size": "small", "tenant_size_origin": "referral",
    }  # fmt: skip
    return CompanyFactory.create(**(told | values))


def test_the_tenant_goes_along_with_the_provider_that_followed_from_it():
    old, new = told_company(), CompanyFactory.create(domain="fabrikam.example", provider="Google")
    ProviderChange.objects.create(company=old, previous="Yandex", current="M365")

    relink_referral(referral_at(old), to=new, by=None)

    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.azure_tenant_id, old.provider) == ("", "Yandex")
    assert (new.azure_tenant_id, new.provider) == ("tenant-1", "M365")
    assert ProviderChange.objects.filter(company=old, previous="M365", current="Yandex").exists()


def test_a_scanned_company_has_the_provider_that_its_mail_hosts_say_again():
    old = ScannedCompanyFactory.create(domain="contoso.example", azure_tenant_id="tenant-1")
    old.signals.mx_hosts = ["aspmx.l.google.com"]
    old.signals.save()
    Company.objects.filter(pk=old.pk).update(provider="M365")
    old.refresh_from_db()

    unlink_referral(referral_at(old), by=None)

    old.refresh_from_db()
    assert (old.azure_tenant_id, old.provider) == ("", "Google")
    assert Item.objects.filter(kind="scan", key="contoso.example").exists()  # its score is of another provider


@pytest.mark.parametrize(
    ("other", "kept"),
    [
        pytest.param("tenant-1", "tenant-1", id="another referral has the same tenant"),
        pytest.param("tenant-2", "tenant-2", id="another referral has another one"),
    ],
)
def test_a_tenant_that_another_referral_tells_stays(other, kept):
    old = told_company()
    referral_at(old, tenant=other, mail="other@contoso.example")

    unlink_referral(referral_at(old), by=None)

    old.refresh_from_db()
    assert (old.azure_tenant_id, old.provider) == (kept, "M365")


def test_a_provider_that_a_person_set_stays():
    old = told_company(provider_set_by_person=True)

    unlink_referral(referral_at(old), by=None)

    old.refresh_from_db()
    assert (old.azure_tenant_id, old.provider) == ("", "M365")


def test_addresses_phone_and_size_go_unless_another_source_tells_them_too():
    old = told_company(contact_emails=["anna@contoso.example", "list@contoso.example"])
    RawLead.objects.create(company=old, source="csv", payload={"mail": "list@contoso.example"})

    unlink_referral(referral_at(old), by=None)

    old.refresh_from_db()
    assert (old.contact_emails, old.phone) == (["list@contoso.example"], "")
    assert (old.tenant_size, old.tenant_size_origin) == ("", "")


@pytest.mark.parametrize("source", ["another referral", "a list"])
def test_an_address_that_another_source_tells_stays(source):
    old = told_company()
    if source == "a list":
        RawLead.objects.create(company=old, source="csv", payload={"mail": "Anna@Contoso.example"})
    else:
        referral_at(old)

    unlink_referral(referral_at(old), by=None)

    old.refresh_from_db()
    assert old.contact_emails == ["anna@contoso.example"]


def test_the_figures_of_both_companies_follow_the_link():
    old, new = told_company(), CompanyFactory.create(domain="fabrikam.example")
    moving = referral_at(old, referral_type="co-sell", domain="contoso.example")
    staying = referral_at(old, referral_type="marketplace", status="Closed")

    relink_referral(moving, to=new, by=None)

    figures = referral_figures([old, new])
    assert figures[old.pk].referral_ids == (staying.referral_id,)
    assert (figures[old.pk].referral_id, figures[old.pk].referral_types) == (staying.referral_id, ("marketplace",))
    assert (figures[new.pk].referral_id, figures[new.pk].referral_count) == (moving.referral_id, 1)
    assert (figures[new.pk].link_status, figures[new.pk].referral_types) == ("linked", ("co-sell",))


def test_both_companies_are_due_for_a_push():
    old, new = (ScannedCompanyFactory.create(domain=f"{name}.example") for name in ("contoso", "fabrikam"))
    for company in (old, new):
        Company.objects.filter(pk=company.pk).update(provider="M365", provider_set_by_person=True)

    relink_referral(referral_at(old, tenant=""), to=new, by=None)

    pushed = set(Item.objects.filter(kind="push_dynamics365").values_list("key", flat=True))
    assert pushed == {"contoso.example", "fabrikam.example"}
