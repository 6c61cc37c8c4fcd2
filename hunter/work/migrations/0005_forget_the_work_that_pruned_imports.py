from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """What it did is part of `prune_history` now; an item of a kind that nobody knows would wait for ever."""

    dependencies = [("work", "0004_who_may_export_errors")]
    operations = [
        migrations.RunSQL("delete from work_item where kind = 'prune_imports'", migrations.RunSQL.noop, elidable=True)
    ]
