from __future__ import annotations

from pathlib import Path

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

LIST = Path(__file__).parent.parent / "data" / "consumer_domains.txt"


def load_list(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    model = apps.get_model("leads", "ConsumerDomain")
    lines = (line.strip() for line in LIST.read_text(encoding="utf-8").splitlines())
    rows = [model(domain=line, note="Comes with Hunter") for line in lines if line and not line.startswith("#")]
    model.objects.using(schema_editor.connection.alias).bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("leads", "0003_company_version_trigger")]

    # Backwards leaves the rows: the table goes with 0001, and a person may have edited them.
    operations = [migrations.RunPython(load_list, migrations.RunPython.noop)]
