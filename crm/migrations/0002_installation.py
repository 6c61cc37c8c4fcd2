from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def name_installation(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Once, before the first lead: an identity that was drawn later could be lost with the last commits."""
    apps.get_model("crm", "Installation").objects.using(schema_editor.connection.alias).get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_crm_records")]

    operations = [migrations.RunPython(name_installation, migrations.RunPython.noop, elidable=False)]
