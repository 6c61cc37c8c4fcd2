from __future__ import annotations

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0007_signals_with_conclusions")]

    operations = [
        migrations.RemoveConstraint(
            model_name="scanjobentry",
            name="leads_scanjobentry_state_known",
        ),
        migrations.RemoveConstraint(
            model_name="scanjobentry",
            name="leads_scanjobentry_finished",
        ),
        migrations.AddField(
            model_name="scanjob",
            name="cancelled",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="scanjob",
            name="done_before",
            field=models.PositiveIntegerField(db_default=0, default=0, help_text="How many had an outcome then."),
        ),
        migrations.AddField(
            model_name="scanjob",
            name="failed",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="scanjob",
            name="going_since",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                editable=False,
                help_text="When it was started or resumed.",
            ),
        ),
        migrations.AddField(
            model_name="scanjob",
            name="is_rescan",
            field=models.BooleanField(
                db_default=False, default=False, help_text="What was found before does not count: no cache (b.4)."
            ),
        ),
        migrations.AddField(
            model_name="scanjob",
            name="moved_at",
            field=models.DateTimeField(editable=False, help_text="The last time that a count changed.", null=True),
        ),
        migrations.AddField(
            model_name="scanjob",
            name="pending",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="scanjob",
            name="priority",
            field=models.SmallIntegerField(
                choices=[(0, "a person"), (1, "schedule"), (2, "bulk")], db_default=2, default=2
            ),
        ),
        migrations.AddField(
            model_name="scanjob",
            name="rescan_day",
            field=models.DateField(help_text="The day whose stale companies this job scans.", null=True, unique=True),
        ),
        migrations.AddField(
            model_name="scanjob",
            name="scanned",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="scanjob",
            name="skipped",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="scanjob",
            name="wish",
            field=models.CharField(
                choices=[("go", "Go on"), ("pause", "Pause"), ("cancel", "Cancel")],
                db_default="go",
                default="go",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="scanjobentry",
            name="is_asked",
            field=models.BooleanField(
                db_default=False, default=False, help_text="One request to the ledger stands for this entry."
            ),
        ),
        migrations.AlterField(
            model_name="scanjobentry",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "Waiting"),
                    ("scanned", "Scanned"),
                    ("skipped", "Skipped"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                ],
                default="pending",
                max_length=10,
            ),
        ),
    ]
