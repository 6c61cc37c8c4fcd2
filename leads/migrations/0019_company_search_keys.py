"""What a company is found by when somebody asks whose a referral is: its name without legal form, and mail addresses."""

from __future__ import annotations

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models


def sql(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


NO_FUNCTIONS = "drop function leads_name_key(text); drop function leads_mail_keys(jsonb, jsonb)"
NO_TRIGGERS = """
drop trigger leads_company_name_key_new on leads_company;
drop trigger leads_company_name_key_changed on leads_company;
drop function leads_keep_name_key();
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0018_alert_channels_have_versions")]

    operations = [
        migrations.RunSQL(sql("company_search_keys.sql"), NO_FUNCTIONS),
        migrations.CreateModel(
            name="CompanyNameKey",
            fields=[
                (
                    "company",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="name_key",
                        serialize=False,
                        to="leads.company",
                    ),
                ),
                ("key", models.TextField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(sql("keep_company_name_keys.sql"), NO_TRIGGERS),
    ]
