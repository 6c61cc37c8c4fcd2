"""Starting a sync is a permission of its own: reading and acting are parted."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("referrals", "0003_referral_search_indexes")]

    operations = [
        migrations.AlterModelOptions(
            name="syncrun",
            options={"permissions": [("start_syncrun", "Can start a sync")]},
        ),
    ]
