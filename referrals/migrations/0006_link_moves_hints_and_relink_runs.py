from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("referrals", "0005_who_may_export"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReferralHint",
            fields=[
                (
                    "referral",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="hint",
                        serialize=False,
                        to="referrals.referral",
                    ),
                ),
                ("found", models.PositiveSmallIntegerField(default=0)),
                ("best_domain", models.CharField(blank=True, max_length=253)),
                ("best_score", models.PositiveSmallIntegerField(default=0)),
                ("looked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="LinkMove",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("linked", "linked"),
                            ("created", "linked, its company made"),
                            ("unlinked", "left without a company"),
                            ("undone", "undone"),
                            ("moved", "moved: it names another domain"),
                        ],
                        max_length=20,
                    ),
                ),
                ("why", models.TextField(blank=True, db_default="")),
                (
                    "from_domain",
                    models.CharField(blank=True, db_default="", help_text="Empty: it had no company.", max_length=253),
                ),
                (
                    "to_domain",
                    models.CharField(blank=True, db_default="", help_text="Empty: it has no company.", max_length=253),
                ),
                ("before", models.JSONField(db_default={}, default=dict)),
                (
                    "happened_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "referral",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="link_moves", to="referrals.referral"
                    ),
                ),
            ],
            options={
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="RelinkRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "target",
                    models.CharField(
                        choices=[
                            ("domain", "all to one company"),
                            ("best", "each to its best candidate"),
                            ("own", "each to the company of the domain it names, made where there is none"),
                            ("none", "all left without a company"),
                            ("back", "each back to where it was before a run"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "domain",
                    models.CharField(blank=True, help_text="Of the one company they all go to.", max_length=253),
                ),
                ("why", models.TextField(blank=True)),
                (
                    "about",
                    models.CharField(blank=True, help_text="How the referrals were chosen, in words.", max_length=300),
                ),
                ("total", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("unchanged", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undoes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="undone_by",
                        to="referrals.relinkrun",
                    ),
                ),
            ],
            options={
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="RelinkEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveBigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("changed", "changed"),
                            ("unchanged", "same as before"),
                            ("refused", "refused"),
                        ],
                        db_default="waiting",
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("domain", models.CharField(blank=True, db_default="", help_text="Where it went.", max_length=253)),
                ("reason", models.TextField(blank=True, db_default="", help_text="Why it was refused.")),
                (
                    "move",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="referrals.linkmove",
                    ),
                ),
                (
                    "referral",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="referrals.referral"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="entries", to="referrals.relinkrun"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "relink entries",
                "default_permissions": ("view",),
            },
        ),
        migrations.AddIndex(
            model_name="linkmove",
            index=models.Index(
                models.F("referral"), models.OrderBy(models.F("id"), descending=True), name="link_move_newest"
            ),
        ),
        migrations.AddIndex(
            model_name="linkmove",
            index=models.Index(
                models.F("by"),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("by__isnull", False)),
                name="link_move_of_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="linkmove",
            constraint=models.CheckConstraint(
                condition=models.Q(("act__in", ["linked", "created", "unlinked", "undone", "moved"])),
                name="link_move_act_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="relinkrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("target__in", ["domain", "best", "own", "none", "back"])),
                name="relink_run_target_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="relinkrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("target", "domain"), ("domain", ""), _connector="XOR"),
                name="relink_run_names_its_company",
            ),
        ),
        migrations.AddIndex(
            model_name="relinkentry",
            index=models.Index(fields=["run", "state", "referral"], name="relink_entry_state"),
        ),
        migrations.AddConstraint(
            model_name="relinkentry",
            constraint=models.UniqueConstraint(fields=("run", "referral"), name="relink_entry_once"),
        ),
    ]
