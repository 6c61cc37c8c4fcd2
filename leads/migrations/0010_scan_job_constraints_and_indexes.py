from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built concurrently: the table may have millions of rows.
    atomic = False

    dependencies = [("leads", "0009_scan_jobs_are_counted")]

    operations = [
        AddIndexConcurrently(
            model_name="scanjobentry",
            index=models.Index(
                condition=models.Q(("is_asked", True)), fields=["job", "id"], name="leads_scanjobentry_asked"
            ),
        ),
        AddIndexConcurrently(
            model_name="scanjobentry",
            index=models.Index(fields=["job", "state", "id"], name="leads_scanjobentry_of_job"),
        ),
        AddIndexConcurrently(
            model_name="scanjobentry",
            index=models.Index(
                condition=models.Q(("is_asked", False), ("state", "pending")),
                fields=["job", "id"],
                name="leads_scanjobentry_unasked",
            ),
        ),
        migrations.AddConstraint(
            model_name="scanjob",
            constraint=models.CheckConstraint(
                condition=models.Q(("wish__in", ["go", "pause", "cancel"])), name="leads_scanjob_wish_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="scanjob",
            constraint=models.CheckConstraint(
                condition=models.Q(("priority__in", [0, 1, 2])), name="leads_scanjob_priority_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="scanjobentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["pending", "scanned", "skipped", "failed", "cancelled"])),
                name="leads_scanjobentry_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="scanjobentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", True), ("state", "pending")),
                    models.Q(
                        ("finished_at__isnull", False), ("state__in", ["scanned", "skipped", "failed", "cancelled"])
                    ),
                    _connector="OR",
                ),
                name="leads_scanjobentry_finished",
            ),
        ),
        migrations.AddConstraint(
            model_name="scanjobentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_asked", False), ("state", "pending"), _connector="OR"),
                name="leads_scanjobentry_asked_waits",
            ),
        ),
    ]
