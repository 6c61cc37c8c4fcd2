from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Company",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveBigIntegerField(default=1, editable=False)),
                (
                    "updated_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("domain", models.CharField(max_length=253, unique=True)),
                ("registrable_domain", models.CharField(blank=True, max_length=253)),
                ("name", models.CharField(blank=True, max_length=255)),
                ("name_set_by_person", models.BooleanField(default=False)),
                ("country", models.CharField(blank=True, help_text="ISO code of two letters.", max_length=2)),
                ("phone", models.CharField(blank=True, max_length=50)),
                ("address_line1", models.CharField(blank=True, max_length=250)),
                ("address_city", models.CharField(blank=True, max_length=80)),
                ("address_state", models.CharField(blank=True, max_length=50)),
                ("address_postal_code", models.CharField(blank=True, max_length=20)),
                ("address_country", models.CharField(blank=True, max_length=80)),
                ("contact_emails", models.JSONField(blank=True, default=list)),
                ("contacts", models.JSONField(blank=True, default=list)),
                (
                    "sources",
                    models.JSONField(
                        blank=True, default=list, help_text="How the company came to Hunter, first source first."
                    ),
                ),
                (
                    "provider",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("M365", "M365"),
                            ("Google", "Google"),
                            ("Yandex", "Yandex"),
                            ("Zoho", "Zoho"),
                            ("Amazon", "Amazon"),
                            ("SendGrid", "SendGrid"),
                            ("Mailgun", "Mailgun"),
                            ("Hosting", "Hosting"),
                            ("Local", "Local"),
                            ("Unknown", "Unknown"),
                        ],
                        max_length=20,
                    ),
                ),
                ("provider_set_by_person", models.BooleanField(default=False)),
                ("local_provider", models.CharField(blank=True, max_length=100)),
                (
                    "gateway",
                    models.BooleanField(default=False, help_text="A mail filter hides the mailboxes behind it."),
                ),
                (
                    "tenant_size",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("small", "small"),
                            ("medium", "medium"),
                            ("large", "large"),
                            ("enterprise", "enterprise"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "tenant_size_origin",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("person", "Set by a person"),
                            ("referral", "From a referral"),
                            ("scan", "Estimated from the mail host"),
                        ],
                        max_length=20,
                    ),
                ),
                ("azure_tenant_id", models.CharField(blank=True, max_length=255)),
                (
                    "scan_status",
                    models.CharField(
                        choices=[
                            ("pending", "Not scanned yet"),
                            ("success", "Scanned"),
                            ("whois_failed", "Scanned, no registration data"),
                            ("dns_timeout", "DNS did not answer"),
                            ("invalid_domain", "Not a valid domain"),
                        ],
                        default="pending",
                        max_length=20,
                    ),
                ),
                ("score", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "segment",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("Migration", "Migration"),
                            ("Existing", "Existing"),
                            ("Cold", "Cold"),
                            ("Skip", "Skip"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "technical_heat",
                    models.CharField(
                        blank=True, choices=[("Hot", "Hot"), ("Warm", "Warm"), ("Cold", "Cold")], max_length=20
                    ),
                ),
                (
                    "commercial_segment",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("GREENFIELD", "GREENFIELD"),
                            ("COMPETITIVE", "COMPETITIVE"),
                            ("WEAK_PARTNER", "WEAK_PARTNER"),
                            ("RENEWAL", "RENEWAL"),
                            ("LOW_INTENT", "LOW_INTENT"),
                            ("NO_GO", "NO_GO"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "commercial_heat",
                    models.CharField(
                        blank=True, choices=[("HIGH", "HIGH"), ("MEDIUM", "MEDIUM"), ("LOW", "LOW")], max_length=20
                    ),
                ),
                (
                    "priority_category",
                    models.CharField(
                        blank=True,
                        choices=[("P1", "P1"), ("P2", "P2"), ("P3", "P3"), ("P4", "P4"), ("P5", "P5"), ("P6", "P6")],
                        max_length=2,
                    ),
                ),
                ("priority_label", models.CharField(blank=True, max_length=100)),
                ("priority", models.PositiveSmallIntegerField(default=7)),
                ("score_breakdown", models.JSONField(blank=True, default=dict)),
                ("segment_reason", models.TextField(blank=True)),
                ("rules_version", models.CharField(blank=True, max_length=50)),
                ("confidence", models.DecimalField(blank=True, decimal_places=2, max_digits=3, null=True)),
                ("infrastructure_summary", models.TextField(blank=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "verbose_name_plural": "companies",
            },
        ),
        migrations.CreateModel(
            name="ConsumerDomain",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("domain", models.CharField(max_length=253, unique=True)),
                ("note", models.CharField(blank=True, max_length=255)),
                (
                    "added_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "ordering": ["domain"],
            },
        ),
        migrations.CreateModel(
            name="ProviderChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("previous", models.CharField(max_length=20)),
                ("current", models.CharField(max_length=20)),
                (
                    "changed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RawLead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("csv", "List"),
                            ("domain", "Single domain"),
                            ("webhook", "Webhook"),
                            ("partnercenter", "Partner Center"),
                            ("partner_center_referral", "Made from a referral"),
                        ],
                        max_length=30,
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=255)),
                ("payload", models.JSONField(default=dict)),
                (
                    "received_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ScanJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_by", models.CharField(blank=True, max_length=150)),
                ("wanted", models.CharField(blank=True, help_text="What was asked for, in words.", max_length=255)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ScanJobEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("domain", models.CharField(help_text="As it was given, where it is no domain.", max_length=255)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("scanned", "Scanned"),
                            ("skipped", "Skipped"),
                            ("failed", "Failed"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "scan job entries",
            },
        ),
        migrations.CreateModel(
            name="SignalChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("spf", "SPF"),
                            ("dkim", "DKIM"),
                            ("dmarc", "DMARC"),
                            ("mx", "Mail host"),
                            ("score", "Score"),
                            ("segment", "Segment"),
                        ],
                        max_length=20,
                    ),
                ),
                ("previous", models.JSONField(null=True)),
                ("current", models.JSONField(null=True)),
                (
                    "changed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Signals",
            fields=[
                (
                    "company",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="signals",
                        serialize=False,
                        to="leads.company",
                    ),
                ),
                (
                    "answers",
                    models.JSONField(default=dict, help_text="Of each lookup: found, absent or not_known, and why."),
                ),
                ("mx_hosts", models.JSONField(default=list)),
                ("mx_root", models.CharField(blank=True, max_length=253)),
                ("gateway_name", models.CharField(blank=True, max_length=100)),
                ("spf", models.BooleanField(null=True)),
                ("spf_record", models.TextField(blank=True)),
                ("spf_includes", models.PositiveSmallIntegerField(default=0)),
                ("dkim", models.BooleanField(null=True)),
                ("dkim_selector", models.CharField(blank=True, max_length=63)),
                ("dmarc_policy", models.CharField(blank=True, help_text="Empty: no DMARC record.", max_length=20)),
                ("dmarc_coverage", models.PositiveSmallIntegerField(null=True)),
                ("dmarc_record", models.TextField(blank=True)),
                (
                    "dmarc_inherited",
                    models.BooleanField(default=False, help_text="The organizational domain's record counts."),
                ),
                ("addresses", models.JSONField(default=list)),
                ("nameservers", models.JSONField(default=list)),
                ("registrar", models.CharField(blank=True, max_length=255)),
                ("expires_at", models.DateField(null=True)),
                (
                    "evidence",
                    models.JSONField(default=dict, help_text="What was answered, as it came, and notes of the scan."),
                ),
                (
                    "unchanged",
                    models.BooleanField(default=False, help_text="The scan found what the one before had found."),
                ),
                ("resolver", models.CharField(blank=True, max_length=255)),
                (
                    "scanned_at",
                    models.DateTimeField(db_index=True, help_text="The last scan that DNS answered.", null=True),
                ),
                ("attempted_at", models.DateTimeField(null=True)),
                ("scan_count", models.PositiveIntegerField(default=0)),
            ],
            options={
                "verbose_name_plural": "signals",
            },
        ),
        migrations.AddField(
            model_name="providerchange",
            name="company",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="provider_changes", to="leads.company"
            ),
        ),
        migrations.AddField(
            model_name="rawlead",
            name="company",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="raw_leads",
                to="leads.company",
            ),
        ),
        migrations.AddField(
            model_name="scanjobentry",
            name="job",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="entries", to="leads.scanjob"
            ),
        ),
        migrations.AddField(
            model_name="signalchange",
            name="company",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="signal_changes", to="leads.company"
            ),
        ),
    ]
