from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently, TrigramExtension
from django.db import migrations
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    # Built concurrently: a sync writes the table while ten million rows are indexed.
    atomic = False

    dependencies = [("referrals", "0002_referral_version_trigger")]

    operations = [
        TrigramExtension(),
        AddIndexConcurrently(
            model_name="referral",
            index=GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="referral_name_search"),
        ),
        AddIndexConcurrently(
            model_name="referral",
            index=GinIndex(OpClass(Upper("company_name"), name="gin_trgm_ops"), name="referral_company_search"),
        ),
    ]
