from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Func, Q


class Migration(migrations.Migration):
    # Built concurrently: the table is written while a million rows are indexed.
    atomic = False

    dependencies = [("leads", "0020_fill_company_name_keys")]

    operations = [
        AddIndexConcurrently(
            "companynamekey", GinIndex(fields=["key"], name="leads_company_name_key", opclasses=["gin_trgm_ops"])
        ),
        AddIndexConcurrently(
            "company",
            GinIndex(
                Func(F("contact_emails"), F("contacts"), function="leads_mail_keys"), name="leads_company_mail_keys"
            ),
        ),
        AddIndexConcurrently(
            "company",
            models.Index(fields=["azure_tenant_id"], name="leads_company_tenant", condition=~Q(azure_tenant_id="")),
        ),
    ]
