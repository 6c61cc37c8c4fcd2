"""What Hunter holds of its leads in the CRM: one record for each company and CRM."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import uuid4

from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.functions import Now

from crm.dueness import SKIP
from crm.interface import PartKind
from crm.push.record import LeadState, PushResult
from leads.models import Company

STATES = [
    (LeadState.PENDING.value, "Waiting"),
    (LeadState.SYNCED.value, "In step"),
    (LeadState.REVIEW.value, "Needs you"),
    (LeadState.GONE.value, "Deleted in the CRM"),
    (LeadState.CLOSED.value, "Closed in the CRM"),
]
RESTING = (LeadState.REVIEW, LeadState.GONE, LeadState.CLOSED)
RESULTS = [(result.value, result.value) for result in PushResult]


class Installation(models.Model):
    """This installation of Hunter, in one row: the ids of its leads are derived from it, so that no restore and no
    fail-over can choose others.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    identity = models.UUIDField(default=uuid4, editable=False)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(name="crm_installation_is_one", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self.identity)


class CrmRecordQuerySet(models.QuerySet["CrmRecord"]):
    """Named sets of CRM records."""

    def of_crm(self, crm: str) -> CrmRecordQuerySet:
        return self.filter(crm=crm)

    def of_companies(self, companies: Iterable[Company]) -> CrmRecordQuerySet:
        """Those of the companies, in the order in which rows are locked."""
        return self.filter(company__in=list(companies)).order_by("company_id", "crm")

    def in_step(self) -> CrmRecordQuerySet:
        """Confirmed by the CRM with the payload of that time."""
        return self.filter(state=LeadState.SYNCED)

    def needing_a_person(self) -> CrmRecordQuerySet:
        """Several leads, a deleted one, one that the CRM keeps changing back, or a column that both sides changed."""
        return self.filter(Q(state__in=[LeadState.REVIEW, LeadState.GONE]) | Q(has_conflict=True))

    def of_other_mappings(self, version: int) -> CrmRecordQuerySet:
        """Confirmed with another mapping than that, and still pushed: neither resting nor Skip."""
        others = self.filter(ever_confirmed=True).exclude(mapping_version=version).exclude(state__in=RESTING)
        return others.filter(Q(wanted_by_person=True) | ~Q(company__segment=SKIP))

    def adopted(self) -> CrmRecordQuerySet:
        """Leads that the CRM had before Hunter wrote to them."""
        return self.filter(is_adopted=True)


class CrmRecord(models.Model):
    """A company's lead in one CRM: what was confirmed, what was seen there, what may still be on its way.

    Written by the push only, under the lease of its work item; never by a form. Values of the CRM's columns are kept
    as they go over the wire. `confirmed` is null before the first confirmation, and after a doubt about it.
    """

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="crm_records")
    crm = models.CharField(max_length=40)
    lead_id = models.UUIDField()
    own_id = models.UUIDField(help_text="The id that Hunter gives a lead of its own: derived, never drawn.")
    is_adopted = models.GeneratedField(
        expression=ExpressionWrapper(~Q(lead_id=F("own_id")), output_field=models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    generation = models.PositiveIntegerField(default=0, help_text="Raised when a person has a deleted lead made again.")
    etag = models.CharField(max_length=200, blank=True)

    confirmed = models.JSONField(null=True, blank=True, help_text="The values last confirmed, as they were sent.")
    ever_confirmed = models.BooleanField(default=False)
    payload_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the confirmed values.")
    seen = models.JSONField(null=True, blank=True, help_text="The values last read there: the base of a merge.")
    sent = models.JSONField(default=list, blank=True, help_text="Payloads that may still arrive, or have arrived.")
    taken = models.JSONField(default=dict, blank=True, help_text="Values of the CRM that won over Hunter's.")
    disputed = models.JSONField(default=dict, blank=True, help_text="Columns that Hunter wins and the CRM changed.")
    undecided = models.JSONField(
        default=dict, blank=True, help_text="Columns of which a person says whose value holds."
    )
    look_alikes = models.JSONField(
        default=list, blank=True, help_text="Leads that only its website ties to the company, for a person to judge."
    )
    kept_apart = models.JSONField(
        default=list, blank=True, help_text="Ids of leads of which a person said that they are another company's."
    )
    has_conflict = models.BooleanField(
        default=False, help_text="The CRM changed a column of Hunter's twice, or one waits for a person's choice."
    )
    mapping_version = models.PositiveIntegerField(default=0)

    absent_at = models.DateTimeField(null=True, blank=True, help_text="When a look found no lead.")
    conflicts = models.PositiveSmallIntegerField(default=0)
    hops = models.PositiveSmallIntegerField(default=0)

    state = models.CharField(max_length=10, choices=STATES, default=LeadState.PENDING.value)
    wanted_by_person = models.BooleanField(default=False, help_text="Pushed although it is Skip, since a person asked.")
    last_result = models.CharField(max_length=10, blank=True, choices=RESULTS)
    last_result_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True, help_text="When the payload was last compared.")
    synced_at = models.DateTimeField(null=True, blank=True, help_text="When the CRM last confirmed it.")
    sync_error = models.TextField(blank=True)
    pull = models.BigIntegerField(null=True, blank=True, help_text="The newest full pass over the CRM that saw it.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = CrmRecordQuerySet.as_manager()

    class Meta:
        verbose_name = "CRM record"
        permissions = [
            ("push_crmrecord", "Can push companies to the CRM"),
            ("export_crmrecord", "Can export leads in the CRM"),
            ("decide_crmrecord", "Can say whose value holds where both sides changed one"),
            ("recreate_crmrecord", "Can have a lead that was deleted in the CRM made again"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["company", "crm"], name="crm_record_one_per_company"),
            models.UniqueConstraint(fields=["crm", "own_id"], name="crm_record_own_id"),
            models.CheckConstraint(
                name="crm_record_state_known", condition=Q(state__in=[state.value for state in LeadState])
            ),
            models.CheckConstraint(
                name="crm_record_synced_was_confirmed",
                condition=~Q(state=LeadState.SYNCED.value)
                | Q(ever_confirmed=True, confirmed__isnull=False, sent=[], synced_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["crm", "state"], name="crm_record_state"),
            models.Index(F("last_result_at").desc(nulls_last=True), F("id").desc(), name="crm_record_newest"),
            models.Index(fields=["lead_id"], name="crm_record_lead"),
            models.Index(fields=["crm", "mapping_version"], name="crm_record_mapping"),
        ]

    def __str__(self) -> str:
        return f"lead of {self.company_id} in {self.crm}"

    @property
    def is_known_there(self) -> bool:
        """Whether the CRM holds the lead, or held it: Hunter wrote it, or found one that was there before."""
        return self.ever_confirmed or self.is_adopted


class ProvisionedPart(models.Model):
    """A column, a key, or what they belong to, that Hunter has created in a CRM. Only ever added (contract 16.5)."""

    crm = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in PartKind])
    name = models.CharField(max_length=100)
    remote_id = models.CharField(max_length=100, blank=True)
    asked_by = models.CharField(max_length=150, blank=True)
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = "part made in the CRM"
        verbose_name_plural = "parts made in the CRM"
        ordering = ("-made_at", "-id")
        default_permissions = ("view",)
        permissions = [("provision_crm", "Can create columns and the key in the CRM")]
        indexes = [models.Index(fields=["crm", "-id"], name="provisioned_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class CrmPullQuerySet(models.QuerySet["CrmPull"]):
    """Named sets of pulls."""

    def running(self, crm: str) -> CrmPullQuerySet:
        """The one that goes on: one at most."""
        return self.filter(crm=crm, state=CrmPull.State.RUNNING)

    def good(self, crm: str) -> CrmPullQuerySet:
        """Those that read to the end, newest first."""
        return self.filter(crm=crm, state=CrmPull.State.DONE).order_by("-id")


class CrmPull(models.Model):
    """A pass over what changed in a CRM; its row is the checkpoint from which it goes on after a crash (R1.9).

    seen = applied + ignored + conflicts + failed, at every commit. Where it ended, the next one begins.
    """

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    crm = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    is_full = models.BooleanField(default=False, help_text="Everything was read, not only what changed.")
    cursor = models.TextField(blank=True, default="")
    tells_deletions = models.BooleanField(default=True, help_text="Whether the CRM told what was deleted there.")
    pages = models.PositiveIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    applied = models.PositiveIntegerField(default=0)
    ignored = models.PositiveIntegerField(default=0)
    conflicts = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    asked_by = models.CharField(max_length=150, blank=True, default="")
    error = models.TextField(blank=True, default="")
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = CrmPullQuerySet.as_manager()

    class Meta:
        verbose_name = "pull from the CRM"
        verbose_name_plural = "pulls from the CRM"
        default_permissions = ("view",)
        permissions = [("start_crmpull", "Can have changes in the CRM read")]
        constraints = [
            models.UniqueConstraint(fields=["crm"], condition=Q(state="running"), name="crm_pull_one_running"),
            models.CheckConstraint(
                name="crm_pull_ends_with_a_time",
                condition=Q(state="running", finished_at__isnull=True)
                | (~Q(state="running") & Q(finished_at__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["crm", "-id"], name="crm_pull_newest")]

    def __str__(self) -> str:
        return f"Pull {self.pk}"


class CrmRemap(models.Model):
    """A walk over the leads that were confirmed with another mapping, until each is as this one wants it (R4.8, R1.9).

    `queued` leads were handed to pushes, up to the company `last_key`; `stayed` are those whose push did not get there.
    """

    crm = models.CharField(max_length=40)
    version = models.PositiveIntegerField(help_text="The mapping that the leads are moved to.")
    total = models.PositiveIntegerField(default=0, help_text="How many leads there were when it was asked for.")
    last_key = models.BigIntegerField(default=0)
    queued = models.PositiveIntegerField(default=0)
    is_queued = models.BooleanField(default=False, help_text="Every push is asked for; they are waited for.")
    stayed = models.PositiveIntegerField(default=0)
    asked_by = models.CharField(max_length=150, blank=True, default="")
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "move to a mapping"
        verbose_name_plural = "moves to a mapping"
        default_permissions = ("view",)
        permissions = [("start_crmremap", "Can have leads moved to another mapping")]
        constraints = [
            models.UniqueConstraint(fields=["crm"], condition=Q(finished_at__isnull=True), name="crm_remap_one_running")
        ]
        indexes = [models.Index(fields=["crm", "-id"], name="crm_remap_newest")]

    def __str__(self) -> str:
        return f"Leads moved to mapping v{self.version}"
