from __future__ import annotations

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0015_company_imports"),
    ]

    operations = [
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("mx_changed", "Mail host changed"),
                            ("dmarc_added", "DMARC added"),
                            ("expire_soon", "Domain ends soon"),
                            ("score_changed", "Priority or segment changed"),
                        ],
                        max_length=20,
                    ),
                ),
                ("occasion", models.CharField(max_length=50)),
                ("previous", models.JSONField(null=True)),
                ("current", models.JSONField(null=True)),
                ("text", models.CharField(max_length=600)),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "pending"), ("sent", "sent"), ("failed", "failed")],
                        default="pending",
                        max_length=10,
                    ),
                ),
                (
                    "raised_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("routed_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
            ],
            options={
                "permissions": [("retry_alert", "Can send failed alerts again")],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="AlertChannel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("mx_changed", "Mail host changed"),
                            ("dmarc_added", "DMARC added"),
                            ("expire_soon", "Domain ends soon"),
                            ("score_changed", "Priority or segment changed"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[("webhook", "Webhook"), ("email", "E-mail"), ("slack", "Slack")], max_length=10
                    ),
                ),
                (
                    "frequency",
                    models.CharField(
                        choices=[("immediate", "At once"), ("daily", "Once a day")], default="immediate", max_length=10
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
                ("sealed_target", models.BinaryField()),
                ("target_digest", models.CharField(max_length=64)),
                ("shown_target", models.CharField(max_length=300)),
                ("sealed_secret", models.BinaryField(null=True)),
                ("old_secret", models.BinaryField(null=True)),
                ("old_secret_until", models.DateTimeField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "ordering": ("type", "id"),
                "default_permissions": ("view", "add", "change"),
            },
        ),
        migrations.CreateModel(
            name="AlertDelivery",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("digest_at", models.DateTimeField(help_text="when this digest goes out; null: at once", null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("sent", "sent"),
                            ("failed", "failed"),
                            ("skipped", "skipped"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("tries", models.IntegerField(default=0)),
                ("in_doubt", models.BooleanField(default=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("begun_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
            ],
            options={
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="AlertLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="alert",
            name="company",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="alerts", to="leads.company"
            ),
        ),
        migrations.AddConstraint(
            model_name="alertchannel",
            constraint=models.UniqueConstraint(
                fields=("type", "method", "target_digest"), name="leads_alertchannel_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="alertchannel",
            constraint=models.CheckConstraint(
                condition=models.Q(("type__in", ["mx_changed", "dmarc_added", "expire_soon", "score_changed"])),
                name="leads_alertchannel_type_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertchannel",
            constraint=models.CheckConstraint(
                condition=models.Q(("method__in", ["webhook", "email", "slack"])),
                name="leads_alertchannel_method_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertchannel",
            constraint=models.CheckConstraint(
                condition=models.Q(("frequency__in", ["immediate", "daily"])), name="leads_alertchannel_frequency_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="alertchannel",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("method", "webhook"), _negated=True), ("sealed_secret__isnull", False), _connector="OR"
                ),
                name="leads_alertchannel_webhooks_sign",
            ),
        ),
        migrations.AddField(
            model_name="alertdelivery",
            name="channel",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="leads.alertchannel"
            ),
        ),
        migrations.AddField(
            model_name="alertline",
            name="alert",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="leads.alert"
            ),
        ),
        migrations.AddField(
            model_name="alertline",
            name="channel",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="leads.alertchannel"
            ),
        ),
        migrations.AddField(
            model_name="alertline",
            name="delivery",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="leads.alertdelivery"
            ),
        ),
        migrations.AddField(
            model_name="alertdelivery",
            name="alerts",
            field=models.ManyToManyField(related_name="deliveries", through="leads.AlertLine", to="leads.alert"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("routed_at__isnull", True)), fields=["id"], name="leads_alert_unrouted"
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["state", "-id"], name="leads_alert_state"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["type", "-id"], name="leads_alert_type"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["-raised_at"], name="leads_alert_newest"),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(fields=("company", "type", "occasion"), name="leads_alert_once"),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(("type__in", ["mx_changed", "dmarc_added", "expire_soon", "score_changed"])),
                name="leads_alert_type_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["pending", "sent", "failed"])), name="leads_alert_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="alertline",
            constraint=models.UniqueConstraint(fields=("alert", "channel"), name="leads_alertline_once"),
        ),
        migrations.AddConstraint(
            model_name="alertdelivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("digest_at__isnull", False)),
                fields=("channel", "digest_at"),
                name="leads_alertdelivery_digest",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "sent", "failed", "skipped"])),
                name="leads_alertdelivery_state_known",
            ),
        ),
    ]
