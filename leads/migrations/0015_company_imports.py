from __future__ import annotations

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0014_company_list_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255)),
                ("size", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                (
                    "lines",
                    models.PositiveBigIntegerField(
                        default=0, help_text="About how many rows it has, to tell how long it takes."
                    ),
                ),
                ("sample", models.JSONField(default=list, help_text="Its first rows: number and cells.")),
                ("sheets", models.JSONField(default=list)),
                (
                    "received_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("kept", models.BooleanField(default=True)),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["sha256"], name="leads_importfile_same")],
            },
        ),
        migrations.CreateModel(
            name="CompanyImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "plan",
                    models.JSONField(
                        default=dict, help_text="How the file is read: encoding, separator, sheet, columns."
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("preparing", "Needs your choice"),
                            ("running", "Running"),
                            ("stopped", "Stopped"),
                            ("done", "Done"),
                            ("done_with_refused", "Done, with refused rows"),
                            ("failed", "Failed"),
                        ],
                        default="preparing",
                        max_length=20,
                    ),
                ),
                ("dry_run", models.BooleanField(default=False)),
                ("scan_new", models.BooleanField(default=True)),
                ("position", models.PositiveIntegerField(default=0)),
                ("rows", models.PositiveIntegerField(default=0)),
                ("created", models.PositiveIntegerField(default=0)),
                ("updated", models.PositiveIntegerField(default=0)),
                ("unchanged", models.PositiveIntegerField(default=0)),
                ("merged", models.PositiveIntegerField(default=0)),
                ("rejected", models.PositiveIntegerField(default=0)),
                ("asked_by", models.CharField(blank=True, max_length=150)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("moved_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "worked_seconds",
                    models.FloatField(default=0, help_text="Time spent on it, without the time it stood still."),
                ),
                ("correlation", models.UUIDField(blank=True, null=True)),
                ("error", models.TextField(blank=True)),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="imports", to="leads.importfile"
                    ),
                ),
            ],
            options={
                "verbose_name": "import",
                "permissions": [("start_companyimport", "Can import company lists")],
            },
        ),
        migrations.CreateModel(
            name="ImportPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="leads.importfile"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ImportRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(help_text="As the spreadsheet counts.")),
                ("domain", models.CharField(blank=True, max_length=253)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("created", "New"),
                            ("updated", "Changed"),
                            ("unchanged", "Same"),
                            ("merged", "Merged"),
                            ("rejected", "Refused"),
                        ],
                        max_length=10,
                    ),
                ),
                ("given", models.PositiveSmallIntegerField(default=0)),
                ("reason", models.TextField(blank=True)),
                ("told", models.JSONField(blank=True, null=True)),
                (
                    "company_import",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="import_rows",
                        to="leads.companyimport",
                    ),
                ),
            ],
            options={
                "default_permissions": ("view",),
            },
        ),
        migrations.AddIndex(
            model_name="companyimport",
            index=models.Index(fields=["state", "-id"], name="leads_import_state"),
        ),
        migrations.AddConstraint(
            model_name="companyimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "rows",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("created"), "+", models.F("updated")
                                    ),
                                    "+",
                                    models.F("unchanged"),
                                ),
                                "+",
                                models.F("merged"),
                            ),
                            "+",
                            models.F("rejected"),
                        ),
                    )
                ),
                name="leads_import_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="companyimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["preparing", "running", "stopped", "done", "done_with_refused", "failed"])
                ),
                name="leads_import_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="importpart",
            constraint=models.UniqueConstraint(fields=("file", "number"), name="leads_importpart_once"),
        ),
        migrations.AddIndex(
            model_name="importrow",
            index=models.Index(fields=["company_import", "outcome", "number"], name="leads_importrow_tab"),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.UniqueConstraint(fields=("company_import", "number"), name="leads_importrow_once"),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome__in", ["created", "updated", "unchanged"])),
                fields=("company_import", "domain"),
                name="leads_importrow_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["created", "updated", "unchanged", "merged", "rejected"])),
                name="leads_importrow_outcome_known",
            ),
        ),
    ]
