from __future__ import annotations

from django.db import migrations, models
from django.db.models.functions import Now

from hunter.versioning import version_trigger


class Migration(migrations.Migration):
    dependencies = [("leads", "0017_signals_expiry_index")]

    operations = [
        migrations.AddField("alertchannel", "version", models.PositiveBigIntegerField(default=1, editable=False)),
        migrations.AddField("alertchannel", "updated_at", models.DateTimeField(db_default=Now(), editable=False)),
        *version_trigger("leads_alertchannel"),
    ]
