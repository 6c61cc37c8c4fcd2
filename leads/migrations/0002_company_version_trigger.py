from __future__ import annotations

from django.db import migrations

from hunter.versioning import version_trigger


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_company_signals_and_jobs")]

    operations = version_trigger("leads_company")
