"""What the home page shows of leads in the CRM."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from crm.models import CrmPull, CrmRecord, CrmRemap
from crm.push.record import LeadState
from crm.registry import chosen_crms, crm_backend
from crm.services.conflicts import conflict_kind
from hunter.ops.figures import FirstStep, LatestRun, Need, registry
from hunter.ops.showing import Tone, list_url, page_url
from hunter.ops.subjects import register_subject
from hunter.work.models import Item
from leads.classes import Segment
from leads.figures import company_page
from referrals.admin.stages import Part, PipelineStage, register_stage, scanned
from referrals.models import Referral, ReferralQuerySet
from referrals.status import ENDED_IN_VAIN, OPEN_STATUSES

MOST_RUNS = 3
PULL_TONES: Mapping[str, Tone] = {
    CrmPull.State.RUNNING: Tone.RUNNING,
    CrmPull.State.DONE: Tone.GOOD,
    CrmPull.State.FAILED: Tone.FAILED,
}
FROM_REFERRALS = ["partnercenter", "partner_center_referral"]


def due(referrals: ReferralQuerySet) -> ReferralQuerySet:
    """Whose company is to be a lead: scored, not Skip and not lost everywhere; or pushed because somebody asked."""
    records = CrmRecord.objects.filter(company=OuterRef("company"))
    calling = Referral.objects.filter(company=OuterRef("company")).filter(
        Q(status__in=OPEN_STATUSES) | ~Q(substatus__in=ENDED_IN_VAIN)
    )
    by_itself = ~Q(company__segment=Segment.SKIP) & (
        Exists(calling) | ~Q(company__sources__contained_by=FROM_REFERRALS)
    )
    return scanned(referrals).filter(
        by_itself | Exists(records.filter(Q(ever_confirmed=True) | Q(wanted_by_person=True)))
    )


def not_due(referrals: ReferralQuerySet) -> ReferralQuerySet:
    return scanned(referrals).exclude(pk__in=due(referrals).values("pk"))


def in_crm(referrals: ReferralQuerySet) -> ReferralQuerySet:
    """Whose lead is as Hunter wants it, in each CRM."""
    return due(referrals).filter(in_step_everywhere())


def outside_crm(referrals: ReferralQuerySet) -> ReferralQuerySet:
    return due(referrals).exclude(in_step_everywhere())


def in_step_everywhere() -> Q:
    wanted = Q()
    for backend in chosen_crms():
        wanted &= Q(Exists(CrmRecord.objects.of_crm(backend.name).in_step().filter(company=OuterRef("company"))))
    return wanted


def failed(referrals: ReferralQuerySet) -> ReferralQuerySet:
    """Whose push was given up, or whose lead rests until a person decides."""
    return outside_crm(referrals).filter(given_up() | resting(LeadState.REVIEW, LeadState.GONE))


def waiting(referrals: ReferralQuerySet) -> ReferralQuerySet:
    return outside_crm(referrals).exclude(given_up() | resting(LeadState.REVIEW, LeadState.GONE, LeadState.CLOSED))


def closed(referrals: ReferralQuerySet) -> ReferralQuerySet:
    """Whose lead the CRM's people have closed: qualified or disqualified, and nothing to do about it."""
    needing = given_up() | resting(LeadState.REVIEW, LeadState.GONE)
    return outside_crm(referrals).filter(resting(LeadState.CLOSED)).exclude(needing)


def given_up() -> Exists:
    kinds = [backend.push_kind for backend in chosen_crms()]
    return Exists(Item.objects.filter(kind__in=kinds, key=OuterRef("company__domain"), dead_at__isnull=False))


def resting(*states: LeadState) -> Exists:
    return Exists(CrmRecord.objects.filter(company=OuterRef("company"), state__in=states))


def decisions() -> Iterable[Need]:
    """Leads that rest until a person says what is to become of them."""
    rows = CrmRecord.objects.needing_a_person()
    count = rows.count()
    if count:
        oldest = rows.order_by("last_result_at").values_list("last_result_at", flat=True).first()
        words = "1 lead waits" if count == 1 else f"{count:,} leads wait"
        yield Need(
            f"{words} for a decision: several in the CRM or one that may be it, deleted there, or changed on both sides",
            list_url("crm_crmrecord", needs="you"), "See", since=oldest, weight=60, permission="crm.view_crmrecord",
        )  # fmt: skip


def latest_runs() -> Iterable[LatestRun]:
    """Moves to a mapping, and those passes over a CRM that tell something: most find nothing."""
    for move in CrmRemap.objects.order_by("-id")[:MOST_RUNS]:
        state, tone = ("running", Tone.RUNNING) if move.finished_at is None else ("done", Tone.GOOD)
        yield LatestRun(
            f"{crm_backend(move.crm).title}: leads to mapping v{move.version}",
            page_url("crm_crmremap", move.pk), move.started_at, state, tone, words=f"{move.total:,} leads",
        )  # fmt: skip
    telling = ~Q(state=CrmPull.State.DONE) | Q(applied__gt=0) | Q(conflicts__gt=0)
    for pull in CrmPull.objects.filter(telling).order_by("-id")[:MOST_RUNS]:
        yield LatestRun(
            f"Changes in {crm_backend(pull.crm).title}",
            page_url("crm_crmpull", pull.pk), pull.started_at, pull.get_state_display().lower(), PULL_TONES[pull.state],
            words=f"{pull.seen:,} read · {pull.applied:,} taken in · {pull.conflicts:,} to decide",
        )  # fmt: skip


def first_steps() -> Iterable[FirstStep]:
    for backend in chosen_crms():
        yield FirstStep(25, f"{backend.title} switched on", backend.is_enabled(), backend.how_to_enable)
    yield FirstStep(
        50, "First lead in the CRM", CrmRecord.objects.in_step().exists(),
        "Comes by itself after the first sync; `manage.py check_crm` says whether the mapping fits.",
        reverse("admin:crm_crmrecord_changelist"), "CRM leads",
    )  # fmt: skip


register_stage(
    PipelineStage(40, Part("due", "Due", due), (Part("not_due", "not to be pushed", not_due, Tone.ASIDE),)),
)
register_stage(
    PipelineStage(
        50, Part("in_crm", "In the CRM", in_crm),
        (
            Part("failed", "need a decision or failed", failed, Tone.FAILED),
            Part("waiting", "waiting", waiting),
            Part("closed", "closed there", closed, Tone.ASIDE),
        ),
    ),
)  # fmt: skip
for _backend in chosen_crms():
    register_subject(_backend.push_kind, address=company_page)
    register_subject(conflict_kind(_backend.name), address=company_page)
registry.needs.append(decisions)
registry.runs.append(latest_runs)
registry.first_steps.append(first_steps)
