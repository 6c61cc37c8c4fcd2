"""What became of a referral's link, move by move: from where to where, who and why."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from referrals.models.referral import Referral


class LinkAct(models.TextChoices):
    """What moved a link."""

    LINKED = "linked", "linked"
    CREATED = "created", "linked, its company made"
    UNLINKED = "unlinked", "left without a company"
    UNDONE = "undone", "undone"
    MOVED = "moved", "moved: it names another domain"


class LinkMoveQuerySet(models.QuerySet["LinkMove"]):
    """Named sets of moves."""

    def newest_first(self) -> LinkMoveQuerySet:
        return self.order_by("-pk")

    def can_be_undone(self) -> LinkMoveQuerySet:
        """Acts of people that are the last word on their referral's link."""
        later = LinkMove.objects.filter(referral=models.OuterRef("referral"), pk__gt=models.OuterRef("pk"))
        return self.filter(act__in=UNDOABLE).exclude(models.Exists(later))


class LinkMove(models.Model):
    """One move of a link, append-only; `before` is all that an undo brings back.

    A link's first setting by a sync is no move: it stands on the referral. Written with the link, in one transaction.
    """

    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="link_moves")
    act = models.CharField(max_length=20, choices=LinkAct)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    why = models.TextField(blank=True, db_default="")
    from_domain = models.CharField(max_length=253, blank=True, db_default="", help_text="Empty: it had no company.")
    to_domain = models.CharField(max_length=253, blank=True, db_default="", help_text="Empty: it has no company.")
    before = models.JSONField(default=dict, db_default={})
    happened_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = LinkMoveQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        indexes = [
            models.Index("referral", models.F("id").desc(), name="link_move_newest"),
            models.Index("by", models.F("id").desc(), name="link_move_of_person", condition=models.Q(by__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(name="link_move_act_known", condition=models.Q(act__in=LinkAct.values)),
        ]

    def __str__(self) -> str:
        return f"{self.referral} {self.act} {self.to_domain}".strip()


UNDOABLE = (LinkAct.LINKED, LinkAct.CREATED, LinkAct.UNLINKED)
