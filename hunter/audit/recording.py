"""Writing the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import models

from hunter.audit.models import AuditEntry


def record(
    subject: models.Model,
    *,
    act: str,
    by: AbstractBaseUser | None,
    before: Any = None,
    after: Any = None,
    why: str = "",
) -> AuditEntry:
    """Note that `by` did `act` on `subject`, in the caller's transaction: the act and its entry stand or fall together.

    `before` and `after` are JSON values or rows, of which the name is kept. None as `by` is a command on the server.
    """
    return AuditEntry.objects.create(
        act=act,
        by=by,  # type: ignore[misc]  # the user model is only known at run time
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        subject_name=str(subject)[:300],
        before=_as_json(before),
        after=_as_json(after),
        why=why,
    )


def record_all(subjects: Sequence[models.Model], *, act: str, by: AbstractBaseUser | None, why: str = "") -> None:
    """Note the same act on each of many rows, by one statement; in the caller's transaction."""
    AuditEntry.objects.bulk_create(
        AuditEntry(
            act=act,
            by=by,  # type: ignore[misc]  # as above
            subject_type=one._meta.label_lower,
            subject_id=str(one.pk),
            subject_name=str(one)[:300],
            why=why,
        )
        for one in subjects
    )


def record_list(
    model: type[models.Model], *, act: str, by: AbstractBaseUser | None, about: str, after: Any = None
) -> AuditEntry:
    """Note that `by` did `act` on a list of rows, told by `about`; in the caller's transaction."""
    return AuditEntry.objects.create(
        act=act,
        by=by,  # type: ignore[misc]  # as above
        subject_type=model._meta.label_lower,
        subject_id="",
        subject_name=about[:300],
        after=after,
    )


def _as_json(value: Any) -> Any:
    return str(value) if isinstance(value, models.Model) else value
