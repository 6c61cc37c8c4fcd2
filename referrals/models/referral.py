"""A referral as Partner Center last sent it, and the company it belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Now, Upper

from hunter.versioning import VersionedModel
from leads.models import Company
from referrals.kinds import WITH_COMPANY, WITHOUT_COMPANY, LinkOrigin, LinkStatus
from referrals.models import choices


class ReferralQuerySet(models.QuerySet["Referral"]):
    """Named sets of referrals."""

    def with_company(self) -> Self:
        """Linked, by a person or by the domain."""
        return self.filter(link_status__in=WITH_COMPANY)

    def needing_company(self) -> Self:
        """No company yet: no domain, several candidates, or the link was taken away."""
        return self.filter(link_status__in=WITHOUT_COMPANY)

    def undecided(self) -> Self:
        """Without a company, and no person has said that it is to stay so."""
        return self.filter(link_status__in=WITHOUT_COMPANY, link_origin=LinkOrigin.AUTOMATIC)

    def waiting(self) -> Self:
        """Undecided, and Partner Center still shows them: of what has left nobody is asked."""
        return self.undecided().filter(vanished_at__isnull=True)

    def ambiguous(self) -> Self:
        """Waiting, and they could belong to more than one company."""
        return self.waiting().filter(link_status=LinkStatus.MULTI_CANDIDATE)

    def to_review(self) -> Self:
        """Waiting, and companies are known that they may belong to: a person can decide now (e.5)."""
        several = models.Q(link_status=LinkStatus.MULTI_CANDIDATE)
        return self.waiting().filter(several | models.Q(hint__found__gt=0))

    def without_clue(self) -> Self:
        """Waiting, and no company is known that they may belong to: they can wait on."""
        nothing = models.Q(hint__isnull=True) | models.Q(hint__found=0)
        return self.waiting().filter(nothing, link_status=LinkStatus.UNLINKED)

    def vanished(self) -> Self:
        """Partner Center does not show them to the signed-in person any more; they are kept, and count as before."""
        return self.filter(vanished_at__isnull=False)

    def of_companies(self, *, company_ids: Iterable[int], domains: Iterable[str]) -> Self:
        """Those that count for the companies: linked to them, or without a company but with their domain (e.6)."""
        linked = models.Q(company_id__in=list(company_ids))
        waiting = models.Q(link_status__in=WITHOUT_COMPANY, domain__in=list(domains))
        return self.filter(linked | waiting)


class Referral(VersionedModel):
    """One referral, unique by Partner Center's id; the fields follow its newest answer (domain document e.2, e.8).

    The link to a company is Hunter's own: a sync sets it by the domain, and leaves alone what a person decided.
    """

    referral_id = models.CharField(max_length=255, unique=True)
    engagement_id = models.CharField(max_length=255, blank=True, default="")
    external_reference_id = models.CharField(max_length=255, blank=True, default="")
    name = models.CharField(max_length=255, blank=True, default="")
    api_type = models.CharField(max_length=50, blank=True, default="")
    qualification = models.CharField(max_length=50, blank=True, default="")
    direction = models.CharField(max_length=50, blank=True, default="")
    referral_type = models.CharField(max_length=20, null=True, blank=True, choices=choices.REFERRAL_TYPES)  # noqa: DJ001  null: no type (e.4)
    status = models.CharField(max_length=50, blank=True, default="")
    substatus = models.CharField(max_length=50, blank=True, default="")
    status_reason = models.TextField(blank=True, default="")

    customer_name = models.CharField(max_length=255, blank=True, default="")
    company_name = models.CharField(max_length=255, blank=True, default="")
    customer_country = models.CharField(max_length=100, blank=True, default="")
    customer_size = models.CharField(max_length=50, blank=True, default="")
    contacts = models.JSONField(default=list, blank=True)
    consent = models.JSONField(default=dict, blank=True)
    deal_value = models.DecimalField(max_digits=15, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=10, blank=True, default="")
    notes = models.TextField(blank=True, default="")
    closing_date = models.DateField(null=True, blank=True)
    azure_tenant_id = models.CharField(max_length=255, blank=True, default="")

    created_at_source = models.DateTimeField(null=True, blank=True)
    updated_at_source = models.DateTimeField(null=True, blank=True)
    expires_at_source = models.DateTimeField(null=True, blank=True)
    accepted_at_source = models.DateTimeField(null=True, blank=True)
    etag = models.CharField(max_length=255, blank=True, default="")

    domain = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001  null: it names none (e.2)
    raw_domain = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001  as domain
    domain_source = models.CharField(max_length=20, blank=True, default="", choices=choices.DOMAIN_SOURCES)

    company = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, blank=True, related_name="referrals")
    link_status = models.CharField(max_length=20, choices=choices.LINK_STATUSES, default="unlinked")
    link_origin = models.CharField(max_length=20, choices=choices.LINK_ORIGINS, default="automatic")
    linked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    linked_at = models.DateTimeField(null=True, blank=True, editable=False)
    candidates = models.JSONField(default=list, blank=True)

    raw_data = models.JSONField(default=dict)
    content_hash = models.CharField(max_length=64, editable=False)
    warnings = models.JSONField(default=list, blank=True)
    vanished_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since when Partner Center does not show it to us any more."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    synced_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        permissions = [
            ("relink_referral", "Can link a referral to a company, and take a link away"),
            ("export_referral", "Can export referrals, with their contacts"),
        ]
        constraints = [
            models.CheckConstraint(name="referral_id_is_given", condition=~models.Q(referral_id="")),
            models.CheckConstraint(
                name="referral_link_is_consistent",
                condition=models.Q(link_status="linked", link_origin="person", company__isnull=False)
                | models.Q(link_status="auto_linked", link_origin="automatic", company__isnull=False)
                | models.Q(link_status="multi_candidate", link_origin="automatic", company__isnull=True)
                | models.Q(link_status="unlinked", company__isnull=True),
            ),
            models.CheckConstraint(
                name="referral_domain_has_a_source",
                condition=models.Q(domain__isnull=True, domain_source="")
                | (models.Q(domain__isnull=False) & ~models.Q(domain_source="")),
            ),
        ]
        indexes = [
            models.Index(fields=["-updated_at_source", "-id"], name="referral_newest"),
            models.Index(fields=["link_status", "-updated_at_source"], name="referral_link_state"),
            models.Index(fields=["status", "-updated_at_source"], name="referral_status"),
            models.Index(fields=["domain"], name="referral_domain"),
            models.Index(fields=["engagement_id"], name="referral_engagement"),
            models.Index(
                fields=["-vanished_at"], name="referral_vanished", condition=models.Q(vanished_at__isnull=False)
            ),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="referral_name_search"),
            GinIndex(OpClass(Upper("company_name"), name="gin_trgm_ops"), name="referral_company_search"),
        ]

    def __str__(self) -> str:
        return self.name or self.company_name or self.referral_id

    @property
    def is_linked(self) -> bool:
        """Whether it counts as linked; what has no state counts as unlinked (e.6)."""
        return self.link_status in WITH_COMPANY

    @property
    def is_held_by_person(self) -> bool:
        """Whether a person decided on its link, so that no sync touches it."""
        return self.link_origin == LinkOrigin.PERSON

    def is_held_by_person_at(self, company: Company) -> bool:
        """Whether a person has linked it to this very company."""
        return self.is_held_by_person and self.company_id == company.pk
