"""The sync as work of the ledger: one item for the account, an act is one page; lane partner_center (R1.11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.errors import ValueRefused
from hunter.remote.gate import Gates
from hunter.remote.lanes import LaneName
from hunter.remote.tokens import bearer, renew
from hunter.work.kinds import Claimed, Dead, Done, Handler, Kind, Later, Outcome, Progress, Step, Verdict
from hunter.work.policies import POLICIES
from hunter.work.verdicts import verdict_for
from leads.services.companies import consumer_domains
from referrals.authentication import PartnerCenterSignIn
from referrals.client import Page, PartnerCenterClient
from referrals.models import SyncRun, SyncState
from referrals.services import runs

TOKEN_OUTLIVES = timedelta(minutes=5)  # a drainer's budget and its longest act
LONGEST_ACT = timedelta(seconds=100)  # waiting at the gate, and the whole answer


@dataclass(frozen=True, slots=True)
class PageBrief:
    """Which page is to be read."""

    run_id: int
    next_link: str
    since: datetime | None
    correlation_id: str


@dataclass(frozen=True, slots=True)
class PageRead:
    """A page that was read, and the place in the list it was read from."""

    run_id: int
    next_link: str
    page: Page


class SignedIn:
    """What both kinds share: the token, fetched in the drainer's main thread."""

    _bearer = ""

    def prepare(self, gates: Gates) -> None:
        if settings.PARTNER_CENTER_ENABLED:
            self._bearer = bearer(PartnerCenterSignIn(), outlives=TOKEN_OUTLIVES)

    def renew_credential(self) -> None:
        if settings.PARTNER_CENTER_ENABLED:
            self._bearer = renew(PartnerCenterSignIn(), refused=self._bearer)

    def client(self, gates: Gates, *, correlation_id: str) -> PartnerCenterClient:
        return PartnerCenterClient(
            base_url=settings.PARTNER_CENTER_URL,
            gate=gates[LaneName.PARTNER_CENTER],
            bearer=self._bearer,
            correlation_id=correlation_id,
        )


class SyncHandler(SignedIn, Handler[PageBrief, PageRead]):
    """Reads page after page; the run's row says where to go on (R1.9)."""

    def brief(self, claimed: Sequence[Claimed]) -> Mapping[int, PageBrief | Verdict]:
        return {one.item_id: self._brief_for(one) for one in claimed}

    def _brief_for(self, claimed: Claimed) -> PageBrief | Verdict:
        if not settings.PARTNER_CENTER_ENABLED or claimed.key != runs.account():
            return Done()
        run = SyncRun.objects.open(claimed.key).first() or self._opened(claimed)
        if run.state == SyncState.PAUSED:
            return Done(next_due=interval())
        if run.correlation is None:
            run.correlation = claimed.correlation
            run.save(update_fields=["correlation"])
        return PageBrief(run.pk, run.cursor, runs.reads_from(run), str(run.correlation))

    def _opened(self, claimed: Claimed) -> SyncRun:
        """The run that the schedule begins; those of people were begun when they asked."""
        wish = runs.wish_kept(claimed.key) or runs.scheduled_wish(claimed.key, now=database_now())
        return runs.open_run(claimed.key, wish, correlation=claimed.correlation)

    def act(self, brief: PageBrief, gates: Gates) -> PageRead:
        client = self.client(gates, correlation_id=brief.correlation_id)
        page = client.next_page(brief.next_link) if brief.next_link else client.first_page(since=brief.since)
        return PageRead(brief.run_id, brief.next_link, page)

    def settle(self, outcomes: Sequence[Outcome[PageRead]]) -> Mapping[int, Verdict]:
        return {one.claimed.item_id: self._settled(one) for one in outcomes}

    def _settled(self, outcome: Outcome[PageRead]) -> Verdict:
        run = SyncRun.objects.select_for_update().open(outcome.claimed.key).first()
        if run is None:  # cancelled, with this page in the air
            return Done(next_due=interval())
        if outcome.result is None:
            return self._failed(run, outcome)
        if (run.pk, run.cursor) != (outcome.result.run_id, outcome.result.next_link):
            return Progress()  # the run was begun anew meanwhile
        took = outcome.ended_at - outcome.began_at
        try:
            ended = runs.take_page(run, outcome.result.page, consumer_domains=consumer_domains(), took=took)
        except HunterError as error:
            return self._given_up(run, error)
        if ended and run.then_full:
            return Progress()
        return Done(next_due=interval()) if ended or run.state == SyncState.PAUSED else Progress()

    def _failed(self, run: SyncRun, outcome: Outcome[PageRead]) -> Verdict:
        verdict = verdict_for(outcome)
        if isinstance(outcome.error, ValueRefused) and run.cursor:
            try:
                runs.restart(run, reason="Partner Center no longer knows the place in its list.")
            except HunterError as error:
                verdict = Dead(error)
            else:
                return Progress()
        return self._given_up(run, verdict.error) if isinstance(verdict, Dead) else verdict

    def _given_up(self, run: SyncRun, error: HunterError) -> Verdict:
        """The run has failed. The schedule goes on all the same; what was wanted right after it comes in a moment."""
        runs.fail_run(run, error=error)
        return Later(error, wait=None if run.then_full else interval())


def interval() -> timedelta:
    """How often what changed is read."""
    return timedelta(minutes=settings.PARTNER_CENTER_SYNC_MINUTES)


def sync_kind() -> Kind:
    """The kind `sync_referrals`; where the service is enabled its item always exists and comes back by itself."""
    return Kind(
        name=runs.KIND,
        lane=LaneName.PARTNER_CENTER,
        handler=SyncHandler,
        policy=POLICIES[runs.KIND],
        service=LaneName.PARTNER_CENTER.value,
        operation=runs.OPERATION,
        longest_act=LONGEST_ACT,
        step=Step.SYNC,
        standing_key=runs.account() if settings.PARTNER_CENTER_ENABLED else "",
    )
