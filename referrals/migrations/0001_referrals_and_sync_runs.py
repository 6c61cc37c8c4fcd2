from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("leads", "0003_company_version_trigger"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SyncRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account", models.CharField(max_length=100)),
                (
                    "mode",
                    models.CharField(choices=[("full", "Everything"), ("incremental", "What changed")], max_length=20),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("done", "Done"),
                            ("done_with_errors", "Done, with errors"),
                            ("failed", "Failed"),
                        ],
                        default="running",
                        max_length=20,
                    ),
                ),
                ("since", models.DateTimeField(blank=True, null=True)),
                ("cursor", models.TextField(blank=True, default="")),
                ("restarts", models.PositiveSmallIntegerField(default=0)),
                ("pages", models.PositiveIntegerField(default=0)),
                ("fetched", models.PositiveIntegerField(default=0)),
                ("created", models.PositiveIntegerField(default=0)),
                ("updated", models.PositiveIntegerField(default=0)),
                ("unchanged", models.PositiveIntegerField(default=0)),
                ("skipped", models.JSONField(default=dict)),
                ("linked", models.PositiveIntegerField(default=0)),
                ("unlinked", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("asked_by", models.CharField(blank=True, default="", max_length=150)),
                ("correlation", models.UUIDField(blank=True, null=True)),
                ("newest_seen", models.DateTimeField(blank=True, null=True)),
                ("watermark", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True, default="")),
            ],
            options={
                "indexes": [models.Index(fields=["account", "-id"], name="sync_run_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")),
                        fields=("account",),
                        name="sync_run_one_running_per_account",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", True), ("state", "running")),
                            models.Q(models.Q(("state", "running"), _negated=True), ("finished_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="sync_run_ends_with_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Referral",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveBigIntegerField(default=1, editable=False)),
                (
                    "updated_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("referral_id", models.CharField(max_length=255, unique=True)),
                ("engagement_id", models.CharField(blank=True, default="", max_length=255)),
                ("external_reference_id", models.CharField(blank=True, default="", max_length=255)),
                ("name", models.CharField(blank=True, default="", max_length=255)),
                ("api_type", models.CharField(blank=True, default="", max_length=50)),
                ("qualification", models.CharField(blank=True, default="", max_length=50)),
                ("direction", models.CharField(blank=True, default="", max_length=50)),
                (
                    "referral_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("co-sell", "Co-sell"),
                            ("marketplace", "Marketplace"),
                            ("solution-provider", "Solution provider"),
                        ],
                        max_length=20,
                        null=True,
                    ),
                ),
                ("status", models.CharField(blank=True, default="", max_length=50)),
                ("substatus", models.CharField(blank=True, default="", max_length=50)),
                ("status_reason", models.TextField(blank=True, default="")),
                ("customer_name", models.CharField(blank=True, default="", max_length=255)),
                ("company_name", models.CharField(blank=True, default="", max_length=255)),
                ("customer_country", models.CharField(blank=True, default="", max_length=100)),
                ("customer_size", models.CharField(blank=True, default="", max_length=50)),
                ("contacts", models.JSONField(blank=True, default=list)),
                ("consent", models.JSONField(blank=True, default=dict)),
                ("deal_value", models.DecimalField(blank=True, decimal_places=2, max_digits=15, null=True)),
                ("currency", models.CharField(blank=True, default="", max_length=10)),
                ("notes", models.TextField(blank=True, default="")),
                ("closing_date", models.DateField(blank=True, null=True)),
                ("azure_tenant_id", models.CharField(blank=True, default="", max_length=255)),
                ("created_at_source", models.DateTimeField(blank=True, null=True)),
                ("updated_at_source", models.DateTimeField(blank=True, null=True)),
                ("expires_at_source", models.DateTimeField(blank=True, null=True)),
                ("accepted_at_source", models.DateTimeField(blank=True, null=True)),
                ("etag", models.CharField(blank=True, default="", max_length=255)),
                ("domain", models.CharField(blank=True, max_length=255, null=True)),
                ("raw_domain", models.CharField(blank=True, max_length=255, null=True)),
                (
                    "domain_source",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("contact", "Contact's e-mail"),
                            ("team", "E-mail of the customer's team"),
                            ("external_id", "External id"),
                            ("website", "Website"),
                            ("email", "E-mail"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                (
                    "link_status",
                    models.CharField(
                        choices=[
                            ("auto_linked", "Linked by its domain"),
                            ("multi_candidate", "Several candidates"),
                            ("linked", "Linked by a person"),
                            ("unlinked", "Needs a company"),
                        ],
                        default="unlinked",
                        max_length=20,
                    ),
                ),
                (
                    "link_origin",
                    models.CharField(
                        choices=[("automatic", "Automatic"), ("person", "A person")], default="automatic", max_length=20
                    ),
                ),
                ("linked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("candidates", models.JSONField(blank=True, default=list)),
                ("raw_data", models.JSONField(default=dict)),
                ("content_hash", models.CharField(editable=False, max_length=64)),
                ("warnings", models.JSONField(blank=True, default=list)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "synced_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "company",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referrals",
                        to="leads.company",
                    ),
                ),
                (
                    "linked_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "permissions": [("relink_referral", "Can link a referral to a company, and take a link away")],
                "indexes": [
                    models.Index(fields=["-updated_at_source", "-id"], name="referral_newest"),
                    models.Index(fields=["link_status", "-updated_at_source"], name="referral_link_state"),
                    models.Index(fields=["status", "-updated_at_source"], name="referral_status"),
                    models.Index(fields=["domain"], name="referral_domain"),
                    models.Index(fields=["engagement_id"], name="referral_engagement"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("referral_id", ""), _negated=True), name="referral_id_is_given"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("company__isnull", False), ("link_origin", "person"), ("link_status", "linked")),
                            models.Q(
                                ("company__isnull", False), ("link_origin", "automatic"), ("link_status", "auto_linked")
                            ),
                            models.Q(
                                ("company__isnull", True),
                                ("link_origin", "automatic"),
                                ("link_status", "multi_candidate"),
                            ),
                            models.Q(("company__isnull", True), ("link_status", "unlinked")),
                            _connector="OR",
                        ),
                        name="referral_link_is_consistent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("domain__isnull", True), ("domain_source", "")),
                            models.Q(("domain__isnull", False), models.Q(("domain_source", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="referral_domain_has_a_source",
                    ),
                ],
            },
        ),
    ]
