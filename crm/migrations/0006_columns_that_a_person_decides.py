"""Columns that both sides changed, until a person says whose value holds."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crm", "0005_pulls_from_the_crm")]

    operations = [
        migrations.AlterModelOptions(
            name="crmrecord",
            options={
                "permissions": [
                    ("push_crmrecord", "Can push companies to the CRM"),
                    ("export_crmrecord", "Can export leads in the CRM"),
                    ("decide_crmrecord", "Can say whose value holds where both sides changed one"),
                    ("recreate_crmrecord", "Can have a lead that was deleted in the CRM made again"),
                ],
                "verbose_name": "CRM record",
            },
        ),
        migrations.AddField(
            model_name="crmrecord",
            name="undecided",
            field=models.JSONField(
                blank=True, default=dict, help_text="Columns of which a person says whose value holds."
            ),
        ),
        migrations.AlterField(
            model_name="crmrecord",
            name="has_conflict",
            field=models.BooleanField(
                default=False,
                help_text="The CRM changed a column of Hunter's twice, or one waits for a person's choice.",
            ),
        ),
    ]
