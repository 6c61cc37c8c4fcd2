"""For the orders of the list (score, name), the search by a local provider, and the versions of rules."""

from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.expressions import OrderBy


class Migration(migrations.Migration):
    # Built concurrently: the table is written while a million rows are indexed.
    atomic = False

    dependencies = [("leads", "0013_who_may_export_and_rescore")]

    operations = [
        AddIndexConcurrently(
            "company",
            models.Index(
                OrderBy(F("score"), descending=True, nulls_last=True), OrderBy(F("domain")), name="leads_company_score"
            ),
        ),
        AddIndexConcurrently("company", models.Index(fields=["name", "domain"], name="leads_company_name")),
        AddIndexConcurrently("company", models.Index(fields=["rules_version"], name="leads_company_rules")),
        AddIndexConcurrently(
            "company",
            models.Index(fields=["local_provider"], name="leads_company_local", condition=~Q(local_provider="")),
        ),
    ]
