"""What Hunter has created in a CRM is written down, and creating is a permission of its own."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("crm", "0003_who_may_export_leads")]

    operations = [
        migrations.CreateModel(
            name="ProvisionedPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("crm", models.CharField(max_length=40)),
                (
                    "kind",
                    models.CharField(choices=[("owner", "owner"), ("column", "column"), ("key", "key")], max_length=10),
                ),
                ("name", models.CharField(max_length=100)),
                ("remote_id", models.CharField(blank=True, max_length=100)),
                ("asked_by", models.CharField(blank=True, max_length=150)),
                ("made_at", models.DateTimeField(db_default=Now(), editable=False)),
            ],
            options={
                "verbose_name": "part made in the CRM",
                "verbose_name_plural": "parts made in the CRM",
                "ordering": ("-made_at", "-id"),
                "permissions": [("provision_crm", "Can create columns and the key in the CRM")],
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["crm", "-id"], name="provisioned_newest")],
            },
        ),
    ]
