"""Taking leads out of the house is a permission of its own."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("crm", "0002_installation")]

    operations = [
        migrations.AlterModelOptions(
            name="crmrecord",
            options={
                "permissions": [
                    ("push_crmrecord", "Can push companies to the CRM"),
                    ("export_crmrecord", "Can export leads in the CRM"),
                    ("recreate_crmrecord", "Can have a lead that was deleted in the CRM made again"),
                ],
                "verbose_name": "CRM record",
            },
        ),
    ]
