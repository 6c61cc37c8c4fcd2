from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built concurrently: the table is written while a million rows are indexed.
    atomic = False

    dependencies = [("leads", "0016_alerts")]

    operations = [
        AddIndexConcurrently(
            model_name="signals",
            index=models.Index(
                fields=["expires_at"], name="leads_signals_expires", condition=models.Q(expires_at__isnull=False)
            ),
        ),
    ]
