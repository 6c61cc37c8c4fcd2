from __future__ import annotations

from django.db import migrations

# Without fresh statistics a claim sorts all due rows, and a settle compares block with block.
OFTEN = "alter table work_item set (autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.02)"
DEFAULT = "alter table work_item reset (autovacuum_analyze_scale_factor, autovacuum_vacuum_scale_factor)"
ROOM = "alter table remote_lane set (fillfactor = 20)"
NO_ROOM = "alter table remote_lane reset (fillfactor)"


class Migration(migrations.Migration):
    """The ledger's tables change all day; the server looks at them more often than at others."""

    dependencies = [("work", "0001_initial"), ("remote", "0001_initial")]
    operations = [migrations.RunSQL(OFTEN, DEFAULT), migrations.RunSQL(ROOM, NO_ROOM)]
