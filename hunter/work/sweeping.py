"""Standing work that asks for whatever may still be due: the safety net below changes that ask by themselves (R1.13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work.asking import sweep
from hunter.work.kinds import Claimed, Done, Handler, Kind, Outcome, Progress, Verdict
from hunter.work.models import Item
from hunter.work.policies import POLICIES

BLOCK = 1000

Due = Callable[[], QuerySet[Any]]


class SweepHandler(Handler[None, None]):
    """Asks for one block of what is due and not asked for yet; a full block means that there is more."""

    def __init__(self, *, of: str, due: Due, key: str, every: timedelta) -> None:
        self._of, self._due, self._key, self._every = of, due, key, every

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, Verdict]:
        asked = Item.objects.filter(kind=self._of, key=OuterRef(self._key)).filter(
            Q(due_at__isnull=False) | Q(dead_at__isnull=False)
        )
        unasked = self._due().filter(~Exists(asked)).order_by(self._key)
        keys = list(unasked.values_list(self._key, flat=True)[:BLOCK])
        sweep(self._of, keys)
        verdict = Done(next_due=self._every) if len(keys) < BLOCK else Progress()
        return {one.item_id: verdict for one in claimed}

    def act(self, brief: None, gates: Gates) -> None:
        """All is done in the claim."""

    def settle(self, outcomes: Sequence[Outcome[None]]) -> Mapping[int, Verdict]:
        return {}


def sweep_kind(name: str, *, of: str, due: Due, key: str, every: timedelta) -> Kind:
    """A kind whose one item asks, `every` so often, for the work `of` all rows that are `due`; `key` is their field."""
    return Kind(
        name=name,
        lane=LaneName.HUNTER,
        handler=lambda: SweepHandler(of=of, due=due, key=key, every=every),
        policy=POLICIES[name],
        service="hunter",
        operation="look for work that is due",
        longest_act=timedelta(seconds=60),
        standing_key="all",
    )
