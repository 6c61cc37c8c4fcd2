from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_company_signals_and_jobs")]

    operations = [
        migrations.AddIndex(
            model_name="company",
            index=models.Index(
                models.OrderBy(models.F("priority")),
                models.OrderBy(models.F("score"), descending=True, nulls_last=True),
                models.OrderBy(models.F("domain")),
                name="leads_company_list_order",
            ),
        ),
        migrations.AddIndex(
            model_name="company",
            index=models.Index(fields=["segment"], name="leads_company_segment"),
        ),
        migrations.AddIndex(
            model_name="company",
            index=models.Index(fields=["provider"], name="leads_company_provider"),
        ),
        migrations.AddIndex(
            model_name="company",
            index=models.Index(fields=["priority_category"], name="leads_company_category"),
        ),
        migrations.AddIndex(
            model_name="company",
            index=models.Index(fields=["scan_status"], name="leads_company_scan_status"),
        ),
        migrations.AddIndex(
            model_name="company",
            index=models.Index(fields=["registrable_domain"], name="leads_company_registrable"),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(("domain__regex", "^[a-z0-9.-]+$")), name="leads_company_domain_ascii"
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(("score__isnull", True), ("score__range", (0, 100)), _connector="OR"),
                name="leads_company_score_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(("priority__range", (1, 7))), name="leads_company_priority_range"
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "provider__in",
                        [
                            "",
                            "M365",
                            "Google",
                            "Yandex",
                            "Zoho",
                            "Amazon",
                            "SendGrid",
                            "Mailgun",
                            "Hosting",
                            "Local",
                            "Unknown",
                        ],
                    )
                ),
                name="leads_company_provider_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("tenant_size", ""), ("tenant_size_origin", "")),
                    models.Q(
                        ("tenant_size__in", ["small", "medium", "large", "enterprise"]),
                        ("tenant_size_origin__in", ["person", "referral", "scan"]),
                    ),
                    _connector="OR",
                ),
                name="leads_company_tenant_size_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("scan_status__in", ["pending", "success", "whois_failed", "dns_timeout", "invalid_domain"])
                ),
                name="leads_company_scan_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("score__isnull", True), ("segment", "")),
                    models.Q(
                        ("commercial_heat__in", ["HIGH", "MEDIUM", "LOW"]),
                        (
                            "commercial_segment__in",
                            ["GREENFIELD", "COMPETITIVE", "WEAK_PARTNER", "RENEWAL", "LOW_INTENT", "NO_GO"],
                        ),
                        ("priority_category__in", ["P1", "P2", "P3", "P4", "P5", "P6"]),
                        ("score__isnull", False),
                        ("segment__in", ["Migration", "Existing", "Cold", "Skip"]),
                        ("technical_heat__in", ["Hot", "Warm", "Cold"]),
                    ),
                    _connector="OR",
                ),
                name="leads_company_scored_in_full",
            ),
        ),
        migrations.AddConstraint(
            model_name="consumerdomain",
            constraint=models.CheckConstraint(
                condition=models.Q(("domain__regex", "^[a-z0-9.-]+$")), name="leads_consumer_domain_ascii"
            ),
        ),
        migrations.AddConstraint(
            model_name="signals",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("dmarc_coverage__isnull", True), ("dmarc_coverage__range", (0, 100)), _connector="OR"
                ),
                name="leads_signals_dmarc_coverage",
            ),
        ),
        migrations.AddConstraint(
            model_name="signals",
            constraint=models.CheckConstraint(
                condition=models.Q(("dmarc_policy__in", ["", "none", "quarantine", "reject"])),
                name="leads_signals_dmarc_policy",
            ),
        ),
        migrations.AddIndex(
            model_name="providerchange",
            index=models.Index(
                models.F("company"),
                models.OrderBy(models.F("changed_at"), descending=True),
                name="leads_providerchange_newest",
            ),
        ),
        migrations.AddConstraint(
            model_name="rawlead",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference", ""), _negated=True),
                fields=("source", "reference"),
                name="leads_rawlead_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="rawlead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("source__in", ["csv", "domain", "webhook", "partnercenter", "partner_center_referral"])
                ),
                name="leads_rawlead_source_known",
            ),
        ),
        migrations.AddIndex(
            model_name="scanjobentry",
            index=models.Index(
                condition=models.Q(("state__in", ["pending", "failed"])),
                fields=["domain"],
                name="leads_scanjobentry_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="scanjobentry",
            constraint=models.UniqueConstraint(fields=("job", "domain"), name="leads_scanjobentry_once"),
        ),
        migrations.AddConstraint(
            model_name="scanjobentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["pending", "scanned", "skipped", "failed"])),
                name="leads_scanjobentry_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="scanjobentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", True), ("state", "pending")),
                    models.Q(("finished_at__isnull", False), ("state__in", ["scanned", "skipped", "failed"])),
                    _connector="OR",
                ),
                name="leads_scanjobentry_finished",
            ),
        ),
        migrations.AddIndex(
            model_name="signalchange",
            index=models.Index(
                models.F("company"),
                models.OrderBy(models.F("changed_at"), descending=True),
                name="leads_signalchange_newest",
            ),
        ),
    ]
