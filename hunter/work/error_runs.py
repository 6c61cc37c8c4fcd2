"""One act on very many errors, as work of the ledger: they are written down at once, then block follows block (R5.8, R1.11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from hunter.audit.recording import record_list
from hunter.work.asking import ask
from hunter.work.models import ErrorRecord, ErrorRecordQuerySet, ErrorRun, ErrorRunEntry, Priority
from hunter.work.retrying import RetryCounts, dismiss_block, reason_given, retry_block, retry_errors

KIND = "error_run"
BLOCK = 1000
AT_ONCE = 1000  # so many are done while their person waits


@dataclass(frozen=True, slots=True)
class RunBegun:
    """An act that goes on by itself; `run` is what tells how far it is."""

    run: ErrorRun
    failed: bool = False

    @property
    def matched(self) -> int:
        return self.run.matched

    def sentence(self) -> str:
        done = "tried again" if self.run.act == ErrorRun.Act.TRY_AGAIN else "put aside"
        return f"{self.matched:,} errors are being {done}, block by block; this page shows how far it is."

    def as_dict(self) -> dict[str, Any]:
        acted = "queued" if self.run.act == ErrorRun.Act.TRY_AGAIN else "dismissed"
        return {"matched": self.matched, acted: 0, "run": str(self.run.pk)}


def retry_matching(errors: ErrorRecordQuerySet, *, by: AbstractBaseUser | None) -> RetryCounts | RunBegun:
    """Try all of these again: a thousand at once, more as a run of the ledger, which nobody has to wait for."""
    if errors.order_by()[: AT_ONCE + 1].count() <= AT_ONCE:
        return retry_errors(errors, by=by)
    return RunBegun(begin_run(errors, act=ErrorRun.Act.TRY_AGAIN, by=by))


def dismiss_matching(errors: ErrorRecordQuerySet, *, reason: str, by: AbstractBaseUser | None) -> RunBegun:
    """Put all of these aside as a run. Raises HunterError without a reason."""
    return RunBegun(begin_run(errors, act=ErrorRun.Act.PUT_ASIDE, by=by, reason=reason_given(reason)))


@transaction.atomic
def begin_run(
    errors: ErrorRecordQuerySet, *, act: ErrorRun.Act, by: AbstractBaseUser | None, reason: str = ""
) -> ErrorRun:
    """Write down which errors it is about, as they match now, and ask for the work. Audited."""
    run = ErrorRun.objects.create(act=act, by=by, reason=reason)  # type: ignore[misc]  # the user model is known at run time
    sql, params = errors.unsettled().order_by().values("pk").query.sql_with_params()
    entry = ErrorRunEntry._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into {entry} (run_id, error_id) select %s, matching.id from ({sql}) matching (id)",  # noqa: S608  Django's own words
            [run.pk, *params],
        )
        run.matched = cursor.rowcount
    run.save(update_fields=["matched"])
    record_list(ErrorRecord, act=act.value, by=by, about=f"{run.matched:,} errors", after={"run": run.pk})
    ask(KIND, [str(run.pk)], priority=Priority.PERSON, asked_by=by.get_username() if by else "")
    return run


def do_next_block(run: ErrorRun) -> bool:
    """Act on the next block of a run, in the caller's transaction; whether there may be more. Ended, it says so."""
    entries = ErrorRunEntry.objects.filter(run=run)
    keys = list(entries.order_by("error_id").values_list("error_id", flat=True)[:BLOCK])
    errors = list(ErrorRecord.objects.unsettled().filter(pk__in=keys).defer("context").order_by("kind", "key"))
    if run.act == ErrorRun.Act.TRY_AGAIN:
        acted = retry_block(errors, by=run.by)
    else:
        acted = dismiss_block(errors, reason=run.reason, by=run.by)
    entries.filter(error_id__in=keys).delete()
    ErrorRun.objects.filter(pk=run.pk).update(
        done=F("done") + len(keys), acted=F("acted") + acted, **({} if len(keys) == BLOCK else {"finished_at": Now()})
    )
    return len(keys) == BLOCK
