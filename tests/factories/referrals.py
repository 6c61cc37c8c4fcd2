"""Referrals for tests: rows as Partner Center sends them, and rows as Hunter stores them."""

from __future__ import annotations

from typing import Any

import factory

from referrals.kinds import DomainSource, LinkOrigin, LinkStatus
from referrals.models import Referral


def partner_center_row(**changes: Any) -> dict[str, Any]:
    """A row of the list, incoming and new; a member given as None is null, as the service often sends it."""
    row: dict[str, Any] = {
        "id": "5f0c1d2e-3a4b-4c5d-8e6f-700000000001",
        "engagementId": "9b1c2d3e-4f50-4a6b-8c7d-800000000001",
        "name": "Lodos Lojistik - mail migration",
        "createdDateTime": "2026-05-04T07:08:09.1234567Z",
        "updatedDateTime": "2026-05-05T10:11:12.0000001Z",
        "status": "New",
        "substatus": "Pending",
        "type": "Shared",
        "direction": "Incoming",
        "customerProfile": {
            "name": "Lodos Lojistik Ltd",
            "address": {"country": "TR"},
            "team": [{"firstName": "Deniz", "lastName": "Ornek", "email": "deniz@lodoslojistik.example"}],
        },
        "details": {"dealValue": 24000.0, "currency": "USD"},
        "eTag": '"2500ec5a-0000-0000-0000-6a7b8c9d0000"',
    }
    return row | changes


class ReferralFactory(factory.django.DjangoModelFactory[Referral]):
    """A stored referral without a company; with `company` it counts as linked by its domain."""

    class Meta:
        model = Referral

    referral_id = factory.Sequence(lambda n: f"referral-{n}")
    name = factory.LazyAttribute(lambda referral: f"Deal {referral.referral_id}")
    direction = "Incoming"
    status = "New"
    substatus = "Pending"
    content_hash = factory.LazyAttribute(lambda referral: f"hash of {referral.referral_id}")
    domain = None
    domain_source = factory.LazyAttribute(lambda referral: DomainSource.TEAM if referral.domain else "")
    company = None
    link_origin = LinkOrigin.AUTOMATIC
    link_status = factory.LazyAttribute(
        lambda referral: (
            LinkStatus.UNLINKED
            if referral.company is None
            else LinkStatus.LINKED
            if referral.link_origin == LinkOrigin.PERSON
            else LinkStatus.AUTO_LINKED
        )
    )
