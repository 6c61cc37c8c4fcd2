"""Leads moved to another mapping as work of the ledger, lane hunter: each claim is one page; the key is the run's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from crm.models import CrmRemap
from crm.registry import crm_backend
from crm.services.remapping import LOOK_AGAIN, REMAP, begin_anew, left, look_whether_done, queue_page
from hunter.errors import HunterError
from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.work.kinds import Again, Claimed, Dead, Done, Handler, Kind, Outcome, Progress, Verdict
from hunter.work.policies import POLICIES


class RemapHandler(Handler[None, None]):
    """All is done in the claim: the pushes that it asks for do the calls."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, Verdict]:
        wanted = [int(one.key) for one in claimed]
        runs = {str(run.pk): run for run in CrmRemap.objects.select_for_update().filter(pk__in=wanted).order_by("pk")}
        return {one.item_id: self._verdict(runs.get(one.key)) for one in claimed}

    def _verdict(self, run: CrmRemap | None) -> Verdict:
        if run is None or run.finished_at is not None:
            return Done()
        backend = crm_backend(run.crm)
        try:
            version = backend.load_mapping().version
        except HunterError as error:
            return Dead(error)
        if run.version != version:  # another mapping was put in force meanwhile: the leads go there
            begin_anew(run, version=version, total=0)
            run.total = left(run).count()
            run.save(update_fields=["total"])
        if not run.is_queued:
            queue_page(run, backend)
            return Progress()
        return Done() if look_whether_done(run, backend) else Again(wait=LOOK_AGAIN)

    def act(self, brief: None, gates: Gates) -> None:
        """Never called."""

    def settle(self, outcomes: Sequence[Outcome[None]]) -> Mapping[int, Verdict]:
        return {}


def remap_kind() -> Kind:
    """How the ledger moves leads to another mapping."""
    return Kind(
        name=REMAP,
        lane=LaneName.HUNTER,
        handler=RemapHandler,
        policy=POLICIES[REMAP],
        service=LaneName.HUNTER.value,
        operation="move leads to a mapping",
        longest_act=timedelta(seconds=60),
    )
