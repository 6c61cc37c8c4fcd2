"""Whether Hunter lives, and whether it is ready: for those who restart it and those who send it requests.

A running process proves nothing: ready means that the database answers, that its tables are those of this release, and
that workers have done real work lately.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hunter.work.heartbeats import workers_seen


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold, and what is wrong when it does not."""

    ok: bool
    detail: str

    def as_dict(self) -> dict[str, object]:
        return {"ok": self.ok, "detail": self.detail}


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The process answers; it asks nobody else, so that a database that is away restarts no web process."""
    return JsonResponse({"status": "live"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when everything holds, else 503 with what does not."""
    checks = readiness()
    holds = all(check.ok for check in checks.values())
    told = {"status": "ready" if holds else "not ready", **{name: one.as_dict() for name, one in checks.items()}}
    return JsonResponse(told, status=200 if holds else 503)


def readiness() -> dict[str, Check]:
    """Database, migrations and workers; what rests on the database is not asked for while that is away."""
    try:
        connection.ensure_connection()
        return {"database": Check(ok=True, detail="answers"), "migrations": migrations(), "workers": workers()}
    except Error:
        unknown = Check(ok=False, detail="not known while the database does not answer")
        return {"database": Check(ok=False, detail="does not answer"), "migrations": unknown, "workers": unknown}


def migrations() -> Check:
    """Whether the tables are those of this release."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return Check(ok=False, detail=f"{len(missing)} not applied: run `manage.py migrate`")
    return Check(ok=True, detail="all applied")


def workers() -> Check:
    """Whether a worker has given a sign of life lately; machines whose workers are silent are named."""
    seen = workers_seen()
    return Check(ok=seen.alive, detail=seen.sentence())
