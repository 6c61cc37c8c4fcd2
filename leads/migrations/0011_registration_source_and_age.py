"""When and by whom a registration was told, and since when it is one."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0010_scan_job_constraints_and_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="signals",
            name="registered_at",
            field=models.DateField(help_text="The day of the first registration.", null=True),
        ),
        migrations.AddField(
            model_name="signals",
            name="registration_read_at",
            field=models.DateTimeField(help_text="When the registry told what is known.", null=True),
        ),
        migrations.AddField(
            model_name="signals",
            name="registration_source",
            field=models.CharField(
                blank=True,
                choices=[("rdap", "RDAP"), ("whois", "WHOIS")],
                db_default="",
                help_text="Empty: no data.",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="signals",
            constraint=models.CheckConstraint(
                condition=models.Q(("registration_source__in", ["", "rdap", "whois"])),
                name="leads_signals_registration_source",
            ),
        ),
    ]
