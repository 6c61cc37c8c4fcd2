"""Optimistic versions: no update is ever lost (R3.3).

The database raises `version` on every write, whoever writes; a save names the version that it read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.core import checks
from django.db import connections, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.special import RunSQL
from django.db.models.functions import Now

from hunter.errors import HunterError

SET_BY_TRIGGER = frozenset({"version", "updated_at"})

CREATE_FUNCTION = """
create or replace function raise_version() returns trigger language plpgsql as $$
begin
    new.version := old.version + 1;
    new.updated_at := clock_timestamp();
    return new;
end $$
"""
CREATE_TRIGGER = """
create trigger {table}_raise_version before update on {table}
    for each row when (old.* is distinct from new.*) execute function raise_version()
"""
DROP_TRIGGER = "drop trigger {table}_raise_version on {table}"


class StaleVersion(HunterError):
    """Somebody else changed the row since it was read; nothing was saved."""

    def __init__(self, instance: models.Model, *, changed: Sequence[str] = ()) -> None:
        what = f" ({', '.join(changed)})" if changed else ""
        super().__init__(
            f"{instance._meta.verbose_name} {instance} was changed by someone else since you read it{what}. "
            "Nothing was saved: look at the newest state, then make your change again."
        )
        self.instance = instance
        self.changed = tuple(changed)


class VersionedModel(models.Model):
    """A row that people and machines edit at once: each save is fenced by the version it read (R3.3, C3).

    `save()` raises StaleVersion when the row was changed or deleted meanwhile. After bulk writes and F() the
    object in memory is stale; read it again.
    """

    version = models.PositiveBigIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    _is_fixture = False

    class Meta:
        abstract = True

    # A fixture is saved past save() and save_base(), but not past this: it goes past the fence, and says what is to be there.
    def _save_table(self, raw: bool = False, *args: Any, **kwargs: Any) -> bool:  # noqa: FBT001, FBT002  Django's signature
        self._is_fixture = raw
        try:
            return super()._save_table(raw, *args, **kwargs)  # type: ignore[misc,no-any-return]  # not in the stubs
        finally:
            self._is_fixture = False

    # Django's own seam for "update … where": the one place through which every save() of an existing row goes.
    def _do_update(  # type: ignore[override]  # the stubs are a release ahead
        self,
        base_qs: models.QuerySet[Any],
        using: str | None,
        pk_val: Any,
        values: Sequence[tuple[models.Field[Any, Any], None, Any]],
        update_fields: Iterable[str] | None,
        forced_update: bool,  # noqa: FBT001  the signature is Django's
    ) -> bool:
        written = [value for value in values if value[0].name not in SET_BY_TRIGGER]
        if self._is_fixture:
            return _write(base_qs.filter(pk=pk_val), written)
        if self._state.adding:
            return False  # a new object never takes the place of a row that it has not read
        if "version" in self.get_deferred_fields():
            raise ValueError("A row whose version was not loaded can't be saved: it would fence nothing.")

        with transaction.atomic(using=using, savepoint=False):
            found = _write(base_qs.filter(pk=pk_val, version=self.version), written)
            if found:
                self.version, self.updated_at = base_qs.values_list("version", "updated_at").get(pk=pk_val)
        if not found:
            raise StaleVersion(self)
        return True


def _write(rows: models.QuerySet[Any], values: Sequence[tuple[Any, None, Any]]) -> bool:
    """Django's own update of already prepared values; whether there was a row."""
    return bool(rows._update(values)) if values else rows.exists()  # type: ignore[attr-defined]


def version_trigger(table: str) -> list[Operation]:
    """The operations of a migration that make the database raise the version of `table` on every write."""
    return [
        RunSQL(CREATE_FUNCTION, RunSQL.noop),
        RunSQL(CREATE_TRIGGER.format(table=table), DROP_TRIGGER.format(table=table)),
    ]


class MissingTrigger(checks.Error):
    """hunter.E001: a versioned table without its trigger would let updates get lost in silence."""

    ID: ClassVar[str] = "hunter.E001"

    def __init__(self, model: type[models.Model]) -> None:
        super().__init__(
            f"{model._meta.label}: the table {model._meta.db_table} has no trigger that raises its version.",
            hint=f"Add version_trigger({model._meta.db_table!r}) to a migration of {model._meta.app_label}.",
            obj=model,
            id=self.ID,
        )


def versioned_models() -> list[type[VersionedModel]]:
    """Every concrete versioned model of the project."""
    found: list[type[VersionedModel]] = []
    waiting = list(VersionedModel.__subclasses__())
    while waiting:
        model = waiting.pop()
        waiting.extend(model.__subclasses__())
        if not model._meta.abstract and not model._meta.proxy:
            found.append(model)
    return found


@checks.register(checks.Tags.database)
def check_version_triggers(*, databases: Sequence[str] | None = None, **_: object) -> list[checks.CheckMessage]:
    """Each versioned table that exists has its trigger (hunter.E001)."""
    problems: list[checks.CheckMessage] = []
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "select c.relname, exists (select from pg_trigger t where t.tgrelid = c.oid "
                "and t.tgname = c.relname || '_raise_version' and t.tgenabled <> 'D') "
                "from pg_class c where c.relkind in ('r', 'p') and pg_table_is_visible(c.oid)"
            )
            triggers = dict(cursor.fetchall())
        without = [model for model in versioned_models() if not triggers.get(model._meta.db_table, True)]
        waiting = _apps_to_migrate(alias) if without else set()
        problems += [MissingTrigger(model) for model in without if model._meta.app_label not in waiting]
    return problems


def _apps_to_migrate(alias: str) -> set[str]:
    """Apps with migrations to come: one of them brings the trigger, and must not be kept from running by this check."""
    loader = MigrationLoader(connections[alias])
    applied = loader.applied_migrations or {}
    return {app for app, name in loader.graph.leaf_nodes() if (app, name) not in applied}
