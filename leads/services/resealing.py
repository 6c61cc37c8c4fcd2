"""Sealing what is secret anew with the newest of CREDENTIAL_KEYS, so that an older key can be taken away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from hunter.remote.models import StoredToken
from hunter.remote.sealing import InvalidToken, resealed
from leads.models import AlertChannel

SEALED: dict[type[models.Model], tuple[str, ...]] = {
    StoredToken: ("access_token", "renewal"),
    AlertChannel: ("sealed_target", "sealed_secret", "old_secret"),
}


def holds_secrets(model: type[models.Model], *columns: str) -> None:
    """Make known that an app above keeps something sealed in these columns; it does so once, when it is ready."""
    SEALED[model] = columns


@dataclass(frozen=True, slots=True)
class Resealing:
    """How many rows are sealed with the newest key now, and which could not be opened with any."""

    rows: int
    unreadable: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        return bool(self.unreadable)

    def sentence(self) -> str:
        words = f"{self.rows} sealed with the newest key."
        if not self.unreadable:
            return f"{words} The older keys can be taken away once every process runs with the new one."
        lost = ", ".join(self.unreadable)
        return f"{words} No key opens {lost}: put the key back, or sign in anew and give the target again."

    def as_dict(self) -> dict[str, Any]:
        return {"resealed": self.rows, "unreadable": list(self.unreadable)}


def reseal_secrets() -> Resealing:
    """Seal every secret anew, one row in one short transaction; a row that no key opens stays as it is."""
    done, unreadable = 0, list[str]()
    for model, columns in SEALED.items():
        for pk in model._default_manager.order_by("pk").values_list("pk", flat=True):
            try:
                done += _reseal(model, pk, columns)
            except InvalidToken:
                unreadable.append(f"{model._meta.verbose_name} {pk}")
    return Resealing(done, tuple(unreadable))


@transaction.atomic(durable=True)
def _reseal(model: type[models.Model], pk: Any, columns: tuple[str, ...]) -> int:
    row = model._default_manager.select_for_update().filter(pk=pk).values(*columns).first()
    if row is None:
        return 0
    anew = {name: resealed(value) for name, value in row.items() if value}
    return model._default_manager.filter(pk=pk).update(**anew)
