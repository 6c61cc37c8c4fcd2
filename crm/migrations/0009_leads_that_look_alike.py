"""Leads in the CRM that only a website ties to a company, and those of which a person said that they are not its own."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crm", "0008_passes_that_tell_deletions")]

    operations = [
        migrations.AddField(
            model_name="crmrecord",
            name="look_alikes",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Leads that only its website ties to the company, for a person to judge.",
            ),
        ),
        migrations.AddField(
            model_name="crmrecord",
            name="kept_apart",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Ids of leads of which a person said that they are another company's.",
            ),
        ),
    ]
