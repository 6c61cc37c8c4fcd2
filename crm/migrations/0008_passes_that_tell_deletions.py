"""Whether a pass over the CRM was told of deletions."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crm", "0007_moves_to_a_mapping")]

    operations = [
        migrations.AddField(
            model_name="crmpull",
            name="tells_deletions",
            field=models.BooleanField(default=True, help_text="Whether the CRM told what was deleted there."),
        ),
    ]
