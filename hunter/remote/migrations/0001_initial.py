import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="StoredToken",
            fields=[
                ("name", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("access_token", models.BinaryField()),
                ("expires_at", models.DateTimeField()),
                (
                    "renewal",
                    models.BinaryField(help_text="what the next renewal needs: a sign-in cache or a refresh token"),
                ),
                ("renewed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Lane",
            fields=[
                ("name", models.CharField(max_length=30, primary_key=True, serialize=False)),
                ("rate", models.FloatField(help_text="calls a second")),
                ("burst", models.IntegerField()),
                ("slots_per_drainer", models.IntegerField()),
                ("tokens", models.FloatField()),
                ("filled_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("paused_until", models.DateTimeField(null=True)),
                ("pause_reason", models.CharField(blank=True, max_length=300)),
                (
                    "held",
                    models.BooleanField(default=False, help_text="stopped by a person until a person lets it go on"),
                ),
                ("held_reason", models.CharField(blank=True, max_length=300)),
                ("rung_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "lane",
                "ordering": ("name",),
                "default_permissions": ("view", "change"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("burst__gt", 0), ("rate__gt", 0)), name="lane_rate_is_positive"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Slot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.IntegerField()),
                ("holder", models.UUIDField(null=True)),
                ("held_until", models.DateTimeField(null=True)),
                (
                    "lane",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="slots", to="remote.lane"
                    ),
                ),
            ],
            options={
                "default_permissions": ("view",),
                "constraints": [models.UniqueConstraint(fields=("lane", "number"), name="slot_number_in_lane")],
            },
        ),
    ]
