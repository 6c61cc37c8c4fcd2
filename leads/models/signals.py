"""The evidence that the newest scan found."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from leads.answers import Known, known
from leads.mail_policies import VERSIONS
from leads.models import choices
from leads.models.company import Company


class Signals(models.Model):
    """The current DNS and registration evidence of a company, and when machines looked for it.

    `answers` tells for each lookup whether it was found, is known to be absent, or is not known: a null here never
    has two meanings. Replaced by each scan that DNS answered; a timeout leaves the last good evidence (b.4), and what it
    learnt nevertheless stands in `unanswered`.
    """

    company = models.OneToOneField(Company, on_delete=models.CASCADE, primary_key=True, related_name="signals")
    answers = models.JSONField(default=dict, help_text="Of each lookup: found, absent or not_known, and why.")

    mx_hosts = models.JSONField(default=list)
    mx_root = models.CharField(max_length=253, blank=True)
    gateway_name = models.CharField(max_length=100, blank=True)
    spf = models.BooleanField(null=True)
    spf_record = models.TextField(blank=True)
    spf_includes = models.PositiveSmallIntegerField(default=0)
    dkim = models.BooleanField(null=True)
    dkim_selector = models.CharField(max_length=63, blank=True)
    dmarc_policy = models.CharField(max_length=20, blank=True, help_text="Empty: no DMARC record.")
    dmarc_coverage = models.PositiveSmallIntegerField(null=True)
    dmarc_record = models.TextField(blank=True)
    dmarc_inherited = models.BooleanField(default=False, help_text="The organizational domain's record counts.")
    addresses = models.JSONField(default=list)

    nameservers = models.JSONField(default=list)
    registrar = models.CharField(max_length=255, blank=True)
    registered_at = models.DateField(null=True, help_text="The day of the first registration.")
    expires_at = models.DateField(null=True)
    registration_source = models.CharField(
        max_length=10, blank=True, db_default="", choices=choices.RegistrationSource, help_text="Empty: no data."
    )
    registration_read_at = models.DateTimeField(null=True, help_text="When the registry told what is known.")

    evidence = models.JSONField(default=dict, help_text="What was answered, as it came, and notes of the scan.")
    mailboxes = models.JSONField(
        default=dict, db_default={}, help_text="Who keeps the mailboxes, how certain that is, and by which records."
    )
    spf_check = models.JSONField(
        default=dict, db_default={}, help_text="What receivers make of the SPF record. Empty: there is none."
    )
    mail_policies = models.JSONField(
        default=dict, db_default={}, help_text="MTA-STS, TLS reports and BIMI: yes, no or not_known."
    )
    unanswered = models.JSONField(
        default=dict,
        db_default={},
        help_text="What a newer scan learnt that DNS did not answer in full. Empty: the newest scan was answered.",
    )
    unchanged = models.BooleanField(default=False, help_text="The scan found what the one before had found.")
    resolver = models.CharField(max_length=255, blank=True)
    scanned_at = models.DateTimeField(null=True, db_index=True, help_text="The last scan that DNS answered.")
    attempted_at = models.DateTimeField(null=True)
    scan_count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "signals"
        indexes = [
            models.Index(fields=["expires_at"], name="leads_signals_expires", condition=Q(expires_at__isnull=False))
        ]
        constraints = [
            models.CheckConstraint(
                name="leads_signals_dmarc_coverage",
                condition=Q(dmarc_coverage__isnull=True) | Q(dmarc_coverage__range=(0, 100)),
            ),
            models.CheckConstraint(
                name="leads_signals_dmarc_policy", condition=Q(dmarc_policy__in=["", "none", "quarantine", "reject"])
            ),
            models.CheckConstraint(
                name="leads_signals_registration_source",
                condition=Q(registration_source__in=["", *choices.RegistrationSource.values]),
            ),
        ]

    def __str__(self) -> str:
        return f"signals of {self.company_id}"

    @property
    def states(self) -> dict[str, Known]:
        """Of each thing that was looked for: there, not there, or not known."""
        policies = {name.value: self.mail_policies.get(name, {}).get("state", Known.NOT_KNOWN) for name in VERSIONS}
        return {
            "mx": known(bool(self.mx_hosts)),
            "spf": known(self.spf),
            "dkim": known(self.dkim),
            "dmarc": known(bool(self.dmarc_policy)),
        } | {name: Known(state) for name, state in policies.items()}
