"""By what a company's name is compared with others."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from leads.models.company import Company


class CompanyNameKey(models.Model):
    """The name without its legal form, in plain letters; kept by a trigger, whoever writes the company.

    A table of its own, since names are compared by the thousand: its rows are narrow, and a company's are not.
    """

    company = models.OneToOneField(Company, on_delete=models.CASCADE, primary_key=True, related_name="name_key")
    key = models.TextField()

    class Meta:
        default_permissions = ()
        indexes = [GinIndex(fields=["key"], name="leads_company_name_key", opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return self.key
