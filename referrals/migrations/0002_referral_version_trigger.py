from __future__ import annotations

from django.db import migrations

from hunter.versioning import version_trigger


class Migration(migrations.Migration):
    dependencies = [("referrals", "0001_referrals_and_sync_runs")]

    operations = version_trigger("referrals_referral")
