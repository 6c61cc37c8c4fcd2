"""Taking errors out of the house is a permission of its own."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("work", "0003_find_deadly_items_by_index")]

    operations = [
        migrations.AlterModelOptions(
            name="errorrecord",
            options={
                "default_permissions": ("view",),
                "ordering": ("-last_seen", "-id"),
                "permissions": (
                    ("retry_errorrecord", "Can try failed work again"),
                    ("dismiss_errorrecord", "Can put errors aside"),
                    ("export_errorrecord", "Can export errors"),
                ),
                "verbose_name": "error",
            },
        ),
    ]
