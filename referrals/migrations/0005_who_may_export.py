"""Taking referrals and syncs out of the house are permissions of their own."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("referrals", "0004_who_may_sync")]

    operations = [
        migrations.AlterModelOptions(
            name="referral",
            options={
                "permissions": [
                    ("relink_referral", "Can link a referral to a company, and take a link away"),
                    ("export_referral", "Can export referrals, with their contacts"),
                ]
            },
        ),
        migrations.AlterModelOptions(
            name="syncrun",
            options={
                "permissions": [("start_syncrun", "Can start a sync"), ("export_syncrun", "Can export syncs")],
            },
        ),
    ]
