from __future__ import annotations

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("leads", "0006_who_may_scan"),
    ]

    operations = [
        migrations.CreateModel(
            name="Installation",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("identity", models.UUIDField(default=uuid.uuid4, editable=False)),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="crm_installation_is_one")],
            },
        ),
        migrations.CreateModel(
            name="CrmRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("crm", models.CharField(max_length=40)),
                ("lead_id", models.UUIDField()),
                (
                    "own_id",
                    models.UUIDField(help_text="The id that Hunter gives a lead of its own: derived, never drawn."),
                ),
                (
                    "is_adopted",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.ExpressionWrapper(
                            models.Q(("lead_id", models.F("own_id")), _negated=True), output_field=models.BooleanField()
                        ),
                        output_field=models.BooleanField(),
                    ),
                ),
                (
                    "generation",
                    models.PositiveIntegerField(
                        default=0, help_text="Raised when a person has a deleted lead made again."
                    ),
                ),
                ("etag", models.CharField(blank=True, max_length=200)),
                (
                    "confirmed",
                    models.JSONField(blank=True, help_text="The values last confirmed, as they were sent.", null=True),
                ),
                ("ever_confirmed", models.BooleanField(default=False)),
                (
                    "payload_hash",
                    models.CharField(blank=True, help_text="SHA-256 of the confirmed values.", max_length=64),
                ),
                (
                    "seen",
                    models.JSONField(
                        blank=True, help_text="The values last read there: the base of a merge.", null=True
                    ),
                ),
                (
                    "sent",
                    models.JSONField(
                        blank=True, default=list, help_text="Payloads that may still arrive, or have arrived."
                    ),
                ),
                (
                    "taken",
                    models.JSONField(blank=True, default=dict, help_text="Values of the CRM that won over Hunter's."),
                ),
                (
                    "disputed",
                    models.JSONField(
                        blank=True, default=dict, help_text="Columns that Hunter wins and the CRM changed."
                    ),
                ),
                (
                    "has_conflict",
                    models.BooleanField(default=False, help_text="The CRM changed a column of Hunter's twice."),
                ),
                ("mapping_version", models.PositiveIntegerField(default=0)),
                ("absent_at", models.DateTimeField(blank=True, help_text="When a look found no lead.", null=True)),
                ("conflicts", models.PositiveSmallIntegerField(default=0)),
                ("hops", models.PositiveSmallIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("synced", "In step"),
                            ("review", "Needs you"),
                            ("gone", "Deleted in the CRM"),
                            ("closed", "Closed in the CRM"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                (
                    "wanted_by_person",
                    models.BooleanField(default=False, help_text="Pushed although it is Skip, since a person asked."),
                ),
                (
                    "last_result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("created", "created"),
                            ("updated", "updated"),
                            ("adopted", "adopted"),
                            ("unchanged", "unchanged"),
                            ("review", "review"),
                            ("gone", "gone"),
                            ("closed", "closed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("last_result_at", models.DateTimeField(blank=True, null=True)),
                (
                    "looked_at",
                    models.DateTimeField(blank=True, help_text="When the payload was last compared.", null=True),
                ),
                ("synced_at", models.DateTimeField(blank=True, help_text="When the CRM last confirmed it.", null=True)),
                ("sync_error", models.TextField(blank=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="crm_records", to="leads.company"
                    ),
                ),
            ],
            options={
                "verbose_name": "CRM record",
                "permissions": [
                    ("push_crmrecord", "Can push companies to the CRM"),
                    ("recreate_crmrecord", "Can have a lead that was deleted in the CRM made again"),
                ],
                "indexes": [
                    models.Index(fields=["crm", "state"], name="crm_record_state"),
                    models.Index(
                        models.F("last_result_at").desc(nulls_last=True),
                        models.F("id").desc(),
                        name="crm_record_newest",
                    ),
                    models.Index(fields=["lead_id"], name="crm_record_lead"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("company", "crm"), name="crm_record_one_per_company"),
                    models.UniqueConstraint(fields=("crm", "own_id"), name="crm_record_own_id"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["pending", "synced", "review", "gone", "closed"])),
                        name="crm_record_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "synced"), _negated=True),
                            models.Q(
                                ("confirmed__isnull", False),
                                ("ever_confirmed", True),
                                ("sent", []),
                                ("synced_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="crm_record_synced_was_confirmed",
                    ),
                ],
            },
        ),
    ]
