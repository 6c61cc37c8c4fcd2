from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently, TrigramExtension
from django.db import migrations
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    # Built concurrently: the table is written while a million rows are indexed.
    atomic = False

    dependencies = [("leads", "0004_consumer_domains")]

    operations = [
        TrigramExtension(),
        AddIndexConcurrently(
            model_name="company",
            index=GinIndex(OpClass(Upper("domain"), name="gin_trgm_ops"), name="leads_company_domain_search"),
        ),
        AddIndexConcurrently(
            model_name="company",
            index=GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="leads_company_name_search"),
        ),
    ]
