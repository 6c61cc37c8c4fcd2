"""The counts of a scan job are kept by a trigger on its entries."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

UNCOUNT = """
drop trigger leads_scanjobentry_added on leads_scanjobentry;
drop trigger leads_scanjobentry_moved on leads_scanjobentry;
drop trigger leads_scanjobentry_gone on leads_scanjobentry;
drop function leads_count_scan_entries();
drop function leads_move_scan_count(bigint, text, bigint);
update leads_scanjobentry set state = 'failed', reason = 'Cancelled.' where state = 'cancelled';
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0008_scan_jobs_can_be_stopped")]

    operations = [
        migrations.RunSQL(Path(__file__).with_name("count_scan_entries.sql").read_text(encoding="utf-8"), UNCOUNT),
    ]
