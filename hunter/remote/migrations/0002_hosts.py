from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("remote", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Host",
            fields=[
                ("name", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("failures", models.IntegerField(default=0, help_text="in a row")),
                ("pauses", models.IntegerField(default=0, help_text="since the last success")),
                ("paused_until", models.DateTimeField(null=True)),
                ("pause_reason", models.CharField(blank=True, max_length=300)),
                (
                    "probed_until",
                    models.DateTimeField(
                        help_text="one message is out to see whether the host is well again", null=True
                    ),
                ),
            ],
            options={
                "default_permissions": ("view",),
            },
        ),
    ]
