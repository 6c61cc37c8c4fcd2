"""CRM records for tests."""

from __future__ import annotations

from typing import Any

import factory
from django.utils import timezone

from crm.models import CrmRecord
from crm.push.record import LeadState
from crm.services.intents import installation_id, own_lead_id
from tests.factories.leads import ScannedCompanyFactory


class CrmRecordFactory(factory.django.DjangoModelFactory):
    """The record of a company that was never pushed; with `in_step=True` one that the CRM confirmed."""

    class Meta:
        model = CrmRecord

    class Params:
        in_step = factory.Trait(
            state=LeadState.SYNCED.value,
            confirmed=factory.LazyAttribute(lambda record: {"hnt_domain": record.company.domain}),
            ever_confirmed=True,
            etag='W/"1"',
            synced_at=factory.LazyFunction(timezone.now),
        )

    company = factory.SubFactory(ScannedCompanyFactory)
    crm = "dynamics365"
    generation = 0

    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        own_id = own_lead_id(
            installation_id(),
            crm=kwargs["crm"],
            domain=kwargs["company"].domain,
            generation=kwargs["generation"],
        )
        return {"own_id": own_id, "lead_id": own_id} | kwargs
