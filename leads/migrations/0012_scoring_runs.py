from __future__ import annotations

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0011_registration_source_and_age")]

    operations = [
        migrations.CreateModel(
            name="ScoringRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("applies", models.BooleanField(help_text="No: a dry run, which only says what would change.")),
                ("rules_version", models.CharField(max_length=50)),
                (
                    "total",
                    models.PositiveIntegerField(
                        default=0, help_text="How many companies there were when it was asked for."
                    ),
                ),
                ("last_key", models.BigIntegerField(default=0, help_text="The last company that was looked at.")),
                ("looked", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("score_changed", models.PositiveIntegerField(default=0)),
                ("segment_changed", models.PositiveIntegerField(default=0)),
                ("category_changed", models.PositiveIntegerField(default=0)),
                ("priority_changed", models.PositiveIntegerField(default=0)),
                ("moves", models.JSONField(default=dict)),
                ("examples", models.JSONField(default=list)),
                ("asked_by", models.CharField(blank=True, max_length=150)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "default_permissions": ("view",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=("applies",),
                        name="leads_scoringrun_one_at_a_time",
                    )
                ],
            },
        ),
    ]
