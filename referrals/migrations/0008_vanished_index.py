from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # built concurrently: a sync writes the table meanwhile

    dependencies = [("referrals", "0007_what_a_run_did")]

    operations = [
        AddIndexConcurrently(
            model_name="referral",
            index=models.Index(
                fields=["-vanished_at"], name="referral_vanished", condition=models.Q(vanished_at__isnull=False)
            ),
        ),
    ]
