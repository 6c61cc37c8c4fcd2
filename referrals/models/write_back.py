"""What Hunter wants a referral to say at Partner Center, and how far the writing of it came."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from referrals.models.referral import Referral
from referrals.writing import Pair


class WriteBackState(models.TextChoices):
    """How Partner Center stands to what Hunter wants there."""

    WAITING = "waiting", "waiting"
    IN_STEP = "in_step", "in step"
    KEPT = "kept", "left as it is"
    CONFLICT = "conflict", "needs you"
    REFUSED = "refused", "refused"
    GONE = "gone", "not there any more"


class WriteBack(models.Model):
    """One referral's writing: the intent is here before any call, the result after it (R1.8).

    `sent` holds the changes whose outcome is not known for certain; while there is one, the referral is read
    before anything is written (`must_read`). `seen` is the status the person saw when he decided.
    """

    referral = models.OneToOneField(Referral, on_delete=models.CASCADE, related_name="write_back")
    state = models.CharField(max_length=10, choices=WriteBackState, default=WriteBackState.WAITING)
    told = models.CharField(max_length=2000, blank=True, default="")
    wanted_status = models.CharField(max_length=50, blank=True, default="")
    wanted_substatus = models.CharField(max_length=50, blank=True, default="")
    wanted_reason = models.CharField(max_length=1000, blank=True, default="")
    seen_status = models.CharField(max_length=50, blank=True, default="")
    seen_substatus = models.CharField(max_length=50, blank=True, default="")
    wanted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    wanted_at = models.DateTimeField(null=True, blank=True)
    reference_written = models.CharField(max_length=255, blank=True, default="")
    sent = models.JSONField(default=list, blank=True)
    must_read = models.BooleanField(default=False)
    conflicts = models.PositiveSmallIntegerField(default=0)
    written_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        default_permissions = ("view",)
        permissions = [("decide_writeback", "Can accept, decline and close referrals at Partner Center")]
        constraints = [
            models.CheckConstraint(
                name="write_back_wants_a_pair",
                condition=models.Q(wanted_status="", wanted_substatus="")
                | (~models.Q(wanted_status="") & ~models.Q(wanted_substatus="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.referral}: {self.get_state_display()}"

    @property
    def wanted(self) -> Pair | None:
        """The status that a person chose and that is not known to be there."""
        return Pair(self.wanted_status, self.wanted_substatus) if self.wanted_status else None

    @property
    def seen(self) -> Pair:
        """What Partner Center said when it was chosen."""
        return Pair(self.seen_status, self.seen_substatus)

    @property
    def own_references(self) -> frozenset[str]:
        """Values of the reference that are Hunter's own, written for certain or perhaps."""
        perhaps = (one.get("reference", "") for one in self.sent)
        return frozenset(filter(None, (self.reference_written, *perhaps)))

    @property
    def own_pairs(self) -> frozenset[Pair]:
        """States that Hunter may have brought about itself."""
        return frozenset(Pair(one["status"], one["substatus"]) for one in self.sent if one.get("status"))

    def forget_wish(self) -> None:
        """What the person chose is there, or no longer wanted."""
        self.wanted_status = self.wanted_substatus = self.wanted_reason = ""
        self.seen_status = self.seen_substatus = ""
