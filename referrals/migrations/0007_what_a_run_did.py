"""Pages, quarantine and the check for what vanished: one release's tables, before anything is written to them."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("referrals", "0006_link_moves_hints_and_relink_runs"),
    ]

    operations = [
        migrations.CreateModel(
            name="RefusedReferral",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        help_text="The referral's id, or the hash of a row without one.", max_length=255, unique=True
                    ),
                ),
                ("sealed_row", models.BinaryField(default=b"")),
                ("reason", models.CharField(max_length=2000)),
                ("field", models.CharField(blank=True, default="", max_length=100)),
                ("reader", models.CharField(max_length=60)),
                ("times", models.PositiveIntegerField(default=1)),
                (
                    "first_refused_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "last_refused_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("settled_how", models.CharField(blank=True, default="", max_length=200)),
            ],
            options={
                "verbose_name": "refused referral",
                "permissions": [
                    ("retry_refusedreferral", "Can try refused referrals again"),
                    ("export_refusedreferral", "Can export refused referrals, with all they hold"),
                ],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="SyncPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.PositiveIntegerField(help_text="As the run counts; a run that began anew goes on counting."),
                ),
                (
                    "created",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "updated",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "unchanged",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "refused",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=255), default=list, size=None
                    ),
                ),
                ("read_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.RemoveConstraint(
            model_name="syncrun",
            name="sync_run_one_running_per_account",
        ),
        migrations.RemoveConstraint(
            model_name="syncrun",
            name="sync_run_ends_with_a_time",
        ),
        migrations.AddField(
            model_name="referral",
            name="vanished_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Since when Partner Center does not show it to us any more.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="checked_to",
            field=models.BigIntegerField(
                db_default=0, default=0, help_text="The key of the last referral that was asked for."
            ),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="expected",
            field=models.PositiveIntegerField(
                db_default=0, default=0, help_text="About how many it will read; 0: nobody can tell."
            ),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="halted_by",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="Who paused or cancelled it.", max_length=150
            ),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="missing",
            field=models.PositiveIntegerField(
                db_default=0, default=0, help_text="Stored referrals that no page of a full run had."
            ),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="vanish_check",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Not looked for"),
                    ("waiting", "Waits"),
                    ("checking", "Each is asked for"),
                    ("held", "Waits for a person"),
                    ("done", "Done"),
                    ("outdated", "Left to a later run"),
                ],
                db_default="",
                default="",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="vanished",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="worked_seconds",
            field=models.FloatField(
                db_default=0, default=0, help_text="Time spent on its pages, without the time it stood still."
            ),
        ),
        migrations.AlterField(
            model_name="syncrun",
            name="state",
            field=models.CharField(
                choices=[
                    ("running", "Running"),
                    ("paused", "Paused"),
                    ("done", "Done"),
                    ("done_with_errors", "Done, with errors"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                ],
                default="running",
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="syncrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["running", "paused"])),
                fields=("account",),
                name="sync_run_one_open_per_account",
            ),
        ),
        migrations.AddConstraint(
            model_name="syncrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", True), ("state__in", ["running", "paused"])),
                    models.Q(
                        models.Q(("state__in", ["running", "paused"]), _negated=True), ("finished_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="sync_run_ends_with_a_time",
            ),
        ),
        migrations.AddIndex(
            model_name="refusedreferral",
            index=models.Index(
                condition=models.Q(("settled_at__isnull", True)), fields=["reader"], name="refused_by_reader"
            ),
        ),
        migrations.AddIndex(
            model_name="refusedreferral",
            index=models.Index(fields=["-last_refused_at", "-id"], name="refused_newest"),
        ),
        migrations.AddField(
            model_name="syncpage",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="page_records", to="referrals.syncrun"
            ),
        ),
        migrations.AddIndex(
            model_name="syncpage",
            index=models.Index(fields=["read_at"], name="sync_page_age"),
        ),
        migrations.AddConstraint(
            model_name="syncpage",
            constraint=models.UniqueConstraint(fields=("run", "number"), name="sync_page_once"),
        ),
    ]
