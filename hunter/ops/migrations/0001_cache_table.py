from __future__ import annotations

from django.db import migrations

CREATE = """
create table hunter_cache (cache_key varchar(255) primary key, value text not null, expires timestamptz not null);
create index hunter_cache_expires on hunter_cache (expires);
"""


class Migration(migrations.Migration):
    """The table behind the cache that all processes share, where CACHE_URL names no other."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [migrations.RunSQL(CREATE, "drop table hunter_cache")]
