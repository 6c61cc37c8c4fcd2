"""What the commands of referrals print, and how they end."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from leads.models import Company
from referrals.models import Referral
from tests.factories.leads import CompanyFactory
from tests.factories.referrals import ReferralFactory, partner_center_row


def explained(*values: Any) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("explain_referral", *(json.dumps(value) for value in values), stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_explain_referral_tells_domain_source_type_and_whether_it_is_taken_in():
    row = partner_center_row(customerProfile={"team": [{"email": "p@gmail.com"}]}, website="https://www.firm.com.tr/tr")

    told, other, bad = explained(row, {}, [1])

    assert told.pop("input") == row
    assert told == {"domain": "firm.com.tr", "source": "website", "type": "co-sell", "ingested": True, "reason": None}
    assert other == {
        "input": {},
        "domain": None,
        "source": None,
        "type": None,
        "ingested": False,
        "reason": "direction",
    }
    assert bad.keys() == {"input", "error"}


def linked(*arguments: str) -> tuple[int, dict[str, Any], str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("relink_referral", *arguments, "--json", stdout=out, stderr=err)
        status = 0
    except SystemExit as ended:
        status = int(ended.code or 0)
    return status, json.loads(out.getvalue() or "{}"), err.getvalue()


@pytest.mark.django_db
def test_relink_referral_links_and_unlinks():
    CompanyFactory.create(domain="contoso.example")
    ReferralFactory.create(referral_id="r-1")

    assert linked("r-1", "contoso.example") == (
        0, {"referral_id": "r-1", "domain": "contoso.example", "change": "linked"}, "",
    )  # fmt: skip
    assert linked("r-1", "--unlink") == (0, {"referral_id": "r-1", "domain": None, "change": "unlinked"}, "")
    assert Referral.objects.get().link_origin == "person"


@pytest.mark.django_db
def test_relink_referral_makes_the_company_only_when_told_to():
    ReferralFactory.create(referral_id="r-1", raw_data=partner_center_row())

    status, told, words = linked("r-1", "nobody.example")
    assert (status, told) == (2, {})
    assert "--create" in words
    assert not Company.objects.exists()

    assert linked("r-1", "nobody.example", "--create")[1]["change"] == "created"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-such-referral", "a.example"], "There is no referral"),
        (["r-1"], "Give the domain"),
        (["r-1", "a.example", "--unlink"], "not both"),
        (["r-1", "not a domain"], "is no domain"),
    ],
)
def test_relink_referral_refuses_with_one_sentence(arguments, words):
    ReferralFactory.create(referral_id="r-1")

    status, _, told = linked(*arguments)

    assert status == 2
    assert words in told
