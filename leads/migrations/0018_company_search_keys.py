"""What a company is found by when somebody asks whose a referral is: its name without legal form, and mail addresses."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

UNDO = "drop function leads_name_key(text); drop function leads_mail_keys(jsonb, jsonb)"


class Migration(migrations.Migration):
    dependencies = [("leads", "0017_signals_expiry_index")]

    operations = [
        migrations.RunSQL(Path(__file__).with_name("company_search_keys.sql").read_text(encoding="utf-8"), UNDO),
    ]
