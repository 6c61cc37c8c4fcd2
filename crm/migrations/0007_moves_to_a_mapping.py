"""Walks over leads that were confirmed with another version of the mapping."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("crm", "0006_columns_that_a_person_decides")]

    operations = [
        migrations.AddIndex(
            model_name="crmrecord", index=models.Index(fields=["crm", "mapping_version"], name="crm_record_mapping")
        ),
        migrations.CreateModel(
            name="CrmRemap",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("crm", models.CharField(max_length=40)),
                ("version", models.PositiveIntegerField(help_text="The mapping that the leads are moved to.")),
                (
                    "total",
                    models.PositiveIntegerField(
                        default=0, help_text="How many leads there were when it was asked for."
                    ),
                ),
                ("last_key", models.BigIntegerField(default=0)),
                ("queued", models.PositiveIntegerField(default=0)),
                (
                    "is_queued",
                    models.BooleanField(default=False, help_text="Every push is asked for; they are waited for."),
                ),
                ("stayed", models.PositiveIntegerField(default=0)),
                ("asked_by", models.CharField(blank=True, default="", max_length=150)),
                ("started_at", models.DateTimeField(db_default=Now(), editable=False)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "move to a mapping",
                "verbose_name_plural": "moves to a mapping",
                "permissions": [("start_crmremap", "Can have leads moved to another mapping")],
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["crm", "-id"], name="crm_remap_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("finished_at__isnull", True)), fields=("crm",), name="crm_remap_one_running"
                    )
                ],
            },
        ),
    ]
