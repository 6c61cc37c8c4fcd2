"""When the fields of a company changed that the CRM may change too, kept by a trigger."""

from __future__ import annotations

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

KEEP = Path(__file__).with_name("keep_company_field_times.sql").read_text(encoding="utf-8")
NO_TRIGGERS = """
drop trigger leads_company_field_times_new on leads_company;
drop trigger leads_company_field_times_changed on leads_company;
drop function leads_keep_field_times();
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0022_history_of_ends")]

    operations = [
        migrations.CreateModel(
            name="CompanyFieldTimes",
            fields=[
                (
                    "company",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="field_times",
                        serialize=False,
                        to="leads.company",
                    ),
                ),
                ("since", models.DateTimeField(null=True)),
                ("times", models.JSONField(default=dict)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(KEEP, NO_TRIGGERS),
    ]
