import uuid

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item_id", models.BigIntegerField()),
                ("number", models.SmallIntegerField()),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("done", "done"),
                            ("later", "later"),
                            ("dead", "dead"),
                            ("deferred", "deferred"),
                            ("lost", "lost"),
                        ],
                        max_length=20,
                    ),
                ),
                ("error_class", models.CharField(blank=True, max_length=20)),
                ("status", models.SmallIntegerField(null=True)),
                ("code", models.CharField(blank=True, max_length=100)),
                ("message", models.CharField(blank=True, max_length=500)),
                ("request_id", models.CharField(blank=True, max_length=100)),
                ("seconds", models.FloatField(default=0)),
            ],
            options={
                "ordering": ("-ended_at", "-id"),
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["item_id", "-id"], name="attempt_of_item")],
            },
        ),
        migrations.CreateModel(
            name="ErrorRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=255)),
                ("operation", models.CharField(max_length=60)),
                ("service", models.CharField(max_length=40)),
                ("error_class", models.CharField(max_length=20)),
                ("status", models.SmallIntegerField(null=True)),
                ("code", models.CharField(blank=True, max_length=100)),
                ("field", models.CharField(blank=True, max_length=100)),
                ("message", models.CharField(max_length=2000)),
                ("request_id", models.CharField(blank=True, max_length=100)),
                ("correlation", models.UUIDField(null=True)),
                ("attempt", models.SmallIntegerField(default=1)),
                ("gave_up", models.BooleanField(default=False, help_text="no further try by itself")),
                ("times", models.IntegerField(default=1)),
                ("context", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "failed"),
                            ("retrying", "being tried again"),
                            ("resolved", "resolved"),
                            ("dismissed", "put aside"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("state_reason", models.CharField(blank=True, max_length=500)),
                ("first_seen", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("last_seen", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("settled_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "error",
                "ordering": ("-last_seen", "-id"),
                "permissions": (
                    ("retry_errorrecord", "Can try failed work again"),
                    ("dismiss_errorrecord", "Can put errors aside"),
                ),
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["-last_seen", "-id"], name="error_newest_first"),
                    models.Index(fields=["state", "error_class", "service"], name="error_by_class"),
                    models.Index(fields=["kind", "key"], name="error_of_item"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["open", "retrying"])),
                        fields=("kind", "key", "operation"),
                        name="one_unsettled_error",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Item",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=255)),
                ("lane", models.CharField(max_length=30)),
                (
                    "priority",
                    models.SmallIntegerField(choices=[(0, "a person"), (1, "schedule"), (2, "bulk")], default=1),
                ),
                ("requested", models.BigIntegerField(default=1)),
                ("taken", models.BigIntegerField(default=0)),
                ("served", models.BigIntegerField(default=0)),
                ("attempts", models.SmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(null=True)),
                ("lease", models.UUIDField(null=True)),
                ("dead_at", models.DateTimeField(null=True)),
                (
                    "died",
                    models.SmallIntegerField(
                        default=0, help_text="attempts that ended without a word: the process died"
                    ),
                ),
                ("correlation", models.UUIDField(default=uuid.uuid4)),
                ("asked_by", models.CharField(blank=True, max_length=150)),
                ("last_success_at", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)),
                        fields=["lane", "priority", "due_at"],
                        name="item_due",
                    ),
                    models.Index(
                        condition=models.Q(("dead_at__isnull", False)), fields=["kind", "dead_at"], name="item_dead"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "key"), name="item_kind_key"),
                    models.CheckConstraint(
                        condition=models.Q(("served__lte", models.F("taken")), ("taken__lte", models.F("requested"))),
                        name="item_served_taken_requested",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lease__isnull", True), ("due_at__isnull", False), _connector="OR"),
                        name="item_leased_is_due",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("dead_at__isnull", True),
                            models.Q(("due_at__isnull", True), ("lease__isnull", True)),
                            _connector="OR",
                        ),
                        name="item_dead_rests",
                    ),
                ],
            },
        ),
    ]
