"""Companies: what people and the CRM see of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now, Upper

from hunter.versioning import VersionedModel
from leads.classes import Segment
from leads.models import choices

BY_SCORE, BY_DOMAIN = F("score").desc(nulls_last=True), F("domain").asc()
LIST_ORDER = (F("priority").asc(), BY_SCORE, BY_DOMAIN)
# A function of the database: the keys by which mail addresses are found.
MAIL_KEYS = Func(F("contact_emails"), F("contacts"), function="leads_mail_keys")


class CompanyQuerySet(models.QuerySet["Company"]):
    """Sets of companies with a name."""

    def of_domains(self, domains: Iterable[str]) -> CompanyQuerySet:
        """The companies of these domains, in the order in which rows are locked."""
        return self.filter(domain__in=list(domains)).order_by("domain")

    def awaiting_scan(self) -> CompanyQuerySet:
        """Never scanned, or not answered when it was tried."""
        return self.filter(scan_status__in=[choices.ScanState.PENDING, choices.ScanState.DNS_TIMEOUT])

    def scanned_before(self, moment: datetime) -> CompanyQuerySet:
        """Whose signals are older than that, or that have none; a domain that can't be looked up is left out."""
        stale = Q(signals__isnull=True) | Q(signals__scanned_at__isnull=True) | Q(signals__scanned_at__lt=moment)
        return self.filter(stale).exclude(scan_status=choices.ScanState.INVALID_DOMAIN)

    def scan_tried(self) -> CompanyQuerySet:
        """Scanned before, whether it was answered or not: only these can be *re*scanned."""
        return self.exclude(scan_status=choices.ScanState.PENDING)

    def scanned_since(self, moment: datetime) -> CompanyQuerySet:
        """Whose last scan was answered, and is not older than that."""
        return self.filter(signals__scanned_at__gte=moment).exclude(scan_status=choices.ScanState.DNS_TIMEOUT)

    def scored(self) -> CompanyQuerySet:
        """With a score and all classes."""
        return self.filter(score__isnull=False)

    def scored_by_other_rules(self, version: str) -> CompanyQuerySet:
        """Scored, but by another version of the rules than that."""
        return self.scored().exclude(rules_version=version)

    def worth_a_push(self) -> CompanyQuerySet:
        """Scored and not Skip (f.6)."""
        return self.scored().exclude(segment=Segment.SKIP)

    def in_list_order(self) -> CompanyQuerySet:
        """Best priority first, then score, then domain (d.7)."""
        return self.order_by(*LIST_ORDER)


class Company(VersionedModel):
    """A company, known by exactly one domain; what people and the CRM see of it.

    What machines touch at every scan lives in `Signals`: a rescan that finds nothing new leaves the version alone.
    """

    domain = models.CharField(max_length=253, unique=True)
    registrable_domain = models.CharField(max_length=253, blank=True)
    name = models.CharField(max_length=255, blank=True)
    name_set_by_person = models.BooleanField(default=False)

    country = models.CharField(max_length=2, blank=True, help_text="ISO code of two letters.")
    phone = models.CharField(max_length=50, blank=True)
    address_line1 = models.CharField(max_length=250, blank=True)
    address_city = models.CharField(max_length=80, blank=True)
    address_state = models.CharField(max_length=50, blank=True)
    address_postal_code = models.CharField(max_length=20, blank=True)
    address_country = models.CharField(max_length=80, blank=True)
    contact_emails = models.JSONField(default=list, blank=True)
    contacts = models.JSONField(default=list, blank=True)
    sources = models.JSONField(
        default=list, blank=True, help_text="How the company came to Hunter, first source first."
    )

    provider = models.CharField(max_length=20, blank=True, choices=choices.PROVIDERS)
    provider_set_by_person = models.BooleanField(default=False)
    local_provider = models.CharField(max_length=100, blank=True)
    gateway = models.BooleanField(default=False, help_text="A mail filter hides the mailboxes behind it.")
    tenant_size = models.CharField(max_length=20, blank=True, choices=choices.TENANT_SIZES)
    tenant_size_origin = models.CharField(max_length=20, blank=True, choices=choices.TenantSizeOrigin)
    azure_tenant_id = models.CharField(max_length=255, blank=True)

    scan_status = models.CharField(max_length=20, choices=choices.ScanState, default=choices.ScanState.PENDING)
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    segment = models.CharField(max_length=20, blank=True, choices=choices.SEGMENTS)
    technical_heat = models.CharField(max_length=20, blank=True, choices=choices.TECHNICAL_HEATS)
    commercial_segment = models.CharField(max_length=20, blank=True, choices=choices.COMMERCIAL_SEGMENTS)
    commercial_heat = models.CharField(max_length=20, blank=True, choices=choices.COMMERCIAL_HEATS)
    priority_category = models.CharField(max_length=2, blank=True, choices=choices.PRIORITY_CATEGORIES)
    priority_label = models.CharField(max_length=100, blank=True)
    priority = models.PositiveSmallIntegerField(default=7)
    score_breakdown = models.JSONField(default=dict, blank=True)
    segment_reason = models.TextField(blank=True)
    rules_version = models.CharField(max_length=50, blank=True)
    confidence = models.DecimalField(max_digits=3, decimal_places=2, null=True, blank=True)
    infrastructure_summary = models.TextField(blank=True)

    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "companies"
        permissions = [
            ("scan_company", "Can have companies scanned"),
            ("export_company", "Can export companies, with their contacts"),
            ("rescore_company", "Can have companies scored anew"),
        ]
        indexes = [
            models.Index(*LIST_ORDER, name="leads_company_list_order"),
            models.Index(BY_SCORE, BY_DOMAIN, name="leads_company_score"),
            models.Index(fields=["name", "domain"], name="leads_company_name"),
            models.Index(fields=["rules_version"], name="leads_company_rules"),
            models.Index(fields=["local_provider"], name="leads_company_local", condition=~Q(local_provider="")),
            models.Index(fields=["segment"], name="leads_company_segment"),
            models.Index(fields=["provider"], name="leads_company_provider"),
            models.Index(fields=["priority_category"], name="leads_company_category"),
            models.Index(fields=["scan_status"], name="leads_company_scan_status"),
            models.Index(fields=["registrable_domain"], name="leads_company_registrable"),
            GinIndex(OpClass(Upper("domain"), name="gin_trgm_ops"), name="leads_company_domain_search"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="leads_company_name_search"),
            GinIndex(MAIL_KEYS, name="leads_company_mail_keys"),
            models.Index(fields=["azure_tenant_id"], name="leads_company_tenant", condition=~Q(azure_tenant_id="")),
        ]
        constraints = [
            models.CheckConstraint(name="leads_company_domain_ascii", condition=Q(domain__regex=r"^[a-z0-9.-]+$")),
            models.CheckConstraint(
                name="leads_company_score_range", condition=Q(score__isnull=True) | Q(score__range=(0, 100))
            ),
            models.CheckConstraint(name="leads_company_priority_range", condition=Q(priority__range=(1, 7))),
            models.CheckConstraint(
                name="leads_company_provider_known",
                condition=Q(provider__in=["", *(name for name, _ in choices.PROVIDERS)]),
            ),
            models.CheckConstraint(
                name="leads_company_tenant_size_known",
                condition=Q(tenant_size="", tenant_size_origin="")
                | Q(
                    tenant_size__in=[size for size, _ in choices.TENANT_SIZES],
                    tenant_size_origin__in=choices.TenantSizeOrigin.values,
                ),
            ),
            models.CheckConstraint(
                name="leads_company_scan_status_known", condition=Q(scan_status__in=choices.ScanState.values)
            ),
            models.CheckConstraint(
                name="leads_company_scored_in_full",
                condition=Q(score__isnull=True, segment="")
                | Q(
                    score__isnull=False,
                    segment__in=[word for word, _ in choices.SEGMENTS],
                    technical_heat__in=[word for word, _ in choices.TECHNICAL_HEATS],
                    commercial_segment__in=[word for word, _ in choices.COMMERCIAL_SEGMENTS],
                    commercial_heat__in=[word for word, _ in choices.COMMERCIAL_HEATS],
                    priority_category__in=[word for word, _ in choices.PRIORITY_CATEGORIES],
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.domain

    @property
    def display_name(self) -> str:
        """The name, or the domain of a company whose name nobody told."""
        return self.name or self.domain

    @property
    def is_scored(self) -> bool:
        """A score of 0 is a score."""
        return self.score is not None
