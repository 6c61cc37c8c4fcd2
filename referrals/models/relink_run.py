"""Many referrals linked at once: what is wanted, how far it is, and what became of each."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from referrals.models.link_move import LinkMove
from referrals.models.referral import Referral


class RelinkTarget(models.TextChoices):
    """To which company each of the referrals goes."""

    DOMAIN = "domain", "all to one company"
    BEST = "best", "each to its best candidate"
    OWN = "own", "each to the company of the domain it names, made where there is none"
    NONE = "none", "all left without a company"
    BACK = "back", "each back to where it was before a run"


class RelinkRun(models.Model):
    """Referrals that a person chose, and the company they are to go to; worked off in pieces, counted as it goes."""

    target = models.CharField(max_length=10, choices=RelinkTarget)
    domain = models.CharField(max_length=253, blank=True, help_text="Of the one company they all go to.")
    undoes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="undone_by")
    why = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    about = models.CharField(max_length=300, blank=True, help_text="How the referrals were chosen, in words.")
    total = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(name="relink_run_target_known", condition=models.Q(target__in=RelinkTarget.values)),
            models.CheckConstraint(
                name="relink_run_names_its_company", condition=models.Q(target="domain") ^ models.Q(domain="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.total:,} referrals, {self.get_target_display()}"

    @property
    def done(self) -> int:
        """How many are through, whatever became of them."""
        return self.changed + self.unchanged + self.refused


class RelinkEntry(models.Model):
    """One referral of a run, in the version in which it was chosen."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        CHANGED = "changed", "changed"
        UNCHANGED = "unchanged", "same as before"
        REFUSED = "refused", "refused"

    run = models.ForeignKey(RelinkRun, on_delete=models.CASCADE, related_name="entries")
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, db_default="waiting")
    domain = models.CharField(max_length=253, blank=True, db_default="", help_text="Where it went.")
    reason = models.TextField(blank=True, db_default="", help_text="Why it was refused.")
    move = models.ForeignKey(LinkMove, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        default_permissions = ("view",)
        verbose_name_plural = "relink entries"
        constraints = [models.UniqueConstraint(fields=["run", "referral"], name="relink_entry_once")]
        indexes = [models.Index(fields=["run", "state", "referral"], name="relink_entry_state")]

    def __str__(self) -> str:
        return f"{self.referral}: {self.state}"
