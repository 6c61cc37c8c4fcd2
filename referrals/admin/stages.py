"""How far the referrals of the last 30 days have come: named sets, so that a number and its rows can't differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from hunter.ops.figures import Figure, Stage
from hunter.ops.showing import Tone, list_url
from leads.models import Company
from referrals.models import Referral, ReferralQuerySet

WINDOW = timedelta(days=30)
Narrow = Callable[[ReferralQuerySet], ReferralQuerySet]


@dataclass(frozen=True, slots=True)
class Part:
    """A named set of referrals."""

    key: str
    title: str
    narrow: Narrow
    tone: Tone = Tone.WAITING


@dataclass(frozen=True, slots=True)
class PipelineStage:
    """A step of the pipeline: those who came so far, and those that were left at it."""

    order: int
    reached: Part
    left: tuple[Part, ...] = ()


def scanned(referrals: ReferralQuerySet) -> ReferralQuerySet:
    """Whose company has a score."""
    return referrals.with_company().filter(Exists(Company.objects.scored().filter(pk=OuterRef("company"))))


def not_scanned(referrals: ReferralQuerySet) -> ReferralQuerySet:
    return referrals.with_company().exclude(Exists(Company.objects.scored().filter(pk=OuterRef("company"))))


stages: list[PipelineStage] = [
    PipelineStage(10, Part("received", "Referrals", lambda rows: rows)),
    PipelineStage(
        20,
        Part("linked", "Linked", lambda rows: rows.with_company()),
        (Part("unlinked", "unlinked", lambda rows: rows.needing_company(), Tone.NEEDS_YOU),),
    ),
    PipelineStage(
        30,
        Part("scanned", "Scanned", scanned),
        (Part("not_scanned", "not scanned", not_scanned),),
    ),
]


def register_stage(stage: PipelineStage) -> None:
    """Add a step that an app above knows of."""
    if all(stage.reached.key != one.reached.key for one in stages):
        stages.append(stage)


def parts() -> dict[str, Part]:
    """Every named set by its key."""
    return {part.key: part for stage in stages for part in (stage.reached, *stage.left)}


def recent() -> ReferralQuerySet:
    """What came to Hunter within the window."""
    rows: ReferralQuerySet = Referral.objects.filter(created_at__gt=timezone.now() - WINDOW)
    return rows


def funnel() -> list[Stage]:
    """The steps with their numbers, each a link to exactly its rows."""
    return [
        Stage(
            stage.order, stage.reached.title, counted(stage.reached), rows_url(stage.reached),
            tuple(Figure(counted(part), part.title, rows_url(part), part.tone) for part in stage.left),
        )
        for stage in stages
    ]  # fmt: skip


def counted(part: Part) -> int:
    return part.narrow(recent()).count()


def rows_url(part: Part) -> str:
    return list_url("referrals_referral", pipeline=part.key)
