from __future__ import annotations

from django.db import migrations

from hunter.versioning import version_trigger


class Migration(migrations.Migration):
    dependencies = [("leads", "0002_company_constraints_and_indexes")]

    operations = version_trigger("leads_company")
