"""Taking companies out of the house and scoring them anew are permissions of their own."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("leads", "0012_scoring_runs")]

    operations = [
        migrations.AlterModelOptions(
            name="company",
            options={
                "permissions": [
                    ("scan_company", "Can have companies scanned"),
                    ("export_company", "Can export companies, with their contacts"),
                    ("rescore_company", "Can have companies scored anew"),
                ],
                "verbose_name_plural": "companies",
            },
        ),
    ]
