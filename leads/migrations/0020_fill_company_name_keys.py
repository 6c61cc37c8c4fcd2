"""The keys of the companies that there are; the trigger keeps those that come. About 30 s for a million."""

from __future__ import annotations

from django.db import migrations

FILL = """
insert into leads_companynamekey (company_id, key)
select id, leads_name_key(name) from leads_company order by id on conflict do nothing
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0019_company_search_keys")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
