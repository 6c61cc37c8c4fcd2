from __future__ import annotations

from django.db import migrations

REFUSE = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'The audit log can only grow.';
end $$;
create trigger audit_only_grows before update or delete on audit_auditentry
    for each row execute function refuse_change();
"""
ALLOW = "drop trigger audit_only_grows on audit_auditentry; drop function refuse_change();"


class Migration(migrations.Migration):
    """Nobody rewrites what people did, not by SQL either."""

    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
