"""Scanning is a permission of its own: reading and acting are parted."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("leads", "0005_company_search_indexes")]

    operations = [
        migrations.AlterModelOptions(
            name="company",
            options={
                "permissions": [("scan_company", "Can have companies scanned")],
                "verbose_name_plural": "companies",
            },
        ),
    ]
