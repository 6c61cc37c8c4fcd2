"""When the fields of a company changed that the CRM may change too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import models

from leads.models.company import Company

TIMED = (
    "name", "phone", "contact_emails", "address_line1", "address_city", "address_state", "address_postal_code",
    "address_country",
)  # fmt: skip


class CompanyFieldTimes(models.Model):
    """The moment of each such field's last change; kept by a trigger, whoever writes the company (f.7).

    `since`: from when on changes are noted; a field that is not in `times` has its value from then. It is null for a
    company that was there before its times were kept: of its other fields nothing is known.
    """

    company = models.OneToOneField(Company, on_delete=models.CASCADE, primary_key=True, related_name="field_times")
    since = models.DateTimeField(null=True)
    times = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"field times of {self.company_id}"

    def known(self) -> Mapping[str, datetime]:
        """Each field with its moment, as far as it is known."""
        told = {field: datetime.fromisoformat(moment) for field, moment in self.times.items()}
        return told if self.since is None else dict.fromkeys(TIMED, self.since) | told


def field_times(companies: Iterable[Company]) -> dict[int, Mapping[str, datetime]]:
    """What is known of these companies' fields, by company id; one query."""
    return {row.company_id: row.known() for row in CompanyFieldTimes.objects.filter(company__in=list(companies))}
