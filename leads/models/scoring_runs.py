"""Scoring companies anew after the rules have changed, or trying what would come of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class ScoringRun(models.Model):
    """One walk over all scanned companies with the rules in force; its row is how far it is (R1.9).

    A dry run (`applies` is false) writes no company. `moves` counts companies by segment before and after, `examples` are
    the first that differ.
    """

    applies = models.BooleanField(help_text="No: a dry run, which only says what would change.")
    rules_version = models.CharField(max_length=50)
    total = models.PositiveIntegerField(default=0, help_text="How many companies there were when it was asked for.")
    last_key = models.BigIntegerField(default=0, help_text="The last company that was looked at.")
    looked = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    score_changed = models.PositiveIntegerField(default=0)
    segment_changed = models.PositiveIntegerField(default=0)
    category_changed = models.PositiveIntegerField(default=0)
    priority_changed = models.PositiveIntegerField(default=0)
    moves = models.JSONField(default=dict)
    examples = models.JSONField(default=list)
    asked_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                name="leads_scoringrun_one_at_a_time", fields=["applies"], condition=Q(finished_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{'Scores made anew' if self.applies else 'Dry run'}, rules {self.rules_version}"
