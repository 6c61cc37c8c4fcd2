"""Passes over what changed in the CRM, and which full one met a lead."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0004_parts_made_in_the_crm"),
    ]

    operations = [
        migrations.AddField(
            model_name="crmrecord",
            name="pull",
            field=models.BigIntegerField(
                blank=True, help_text="The newest full pass over the CRM that saw it.", null=True
            ),
        ),
        migrations.CreateModel(
            name="CrmPull",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("crm", models.CharField(max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("done", "Done"), ("failed", "Failed")],
                        default="running",
                        max_length=10,
                    ),
                ),
                (
                    "is_full",
                    models.BooleanField(default=False, help_text="Everything was read, not only what changed."),
                ),
                ("cursor", models.TextField(blank=True, default="")),
                ("pages", models.PositiveIntegerField(default=0)),
                ("seen", models.PositiveIntegerField(default=0)),
                ("applied", models.PositiveIntegerField(default=0)),
                ("ignored", models.PositiveIntegerField(default=0)),
                ("conflicts", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("asked_by", models.CharField(blank=True, default="", max_length=150)),
                ("error", models.TextField(blank=True, default="")),
                ("started_at", models.DateTimeField(db_default=Now())),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "pull from the CRM",
                "verbose_name_plural": "pulls from the CRM",
                "permissions": [("start_crmpull", "Can have changes in the CRM read")],
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["crm", "-id"], name="crm_pull_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")), fields=("crm",), name="crm_pull_one_running"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", True), ("state", "running")),
                            models.Q(models.Q(("state", "running"), _negated=True), ("finished_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="crm_pull_ends_with_a_time",
                    ),
                ],
            },
        ),
    ]
