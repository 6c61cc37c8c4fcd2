"""Companies and what belongs to them, for tests."""

from __future__ import annotations

from typing import Any

import factory
from django.utils import timezone

from hunter.remote.sealing import sealed
from leads.alerting import AlertType
from leads.answers import Answer, NotKnown, answered
from leads.assessment import scored_by
from leads.conclusions import conclude
from leads.importing.opening import Format, ReadingPlan
from leads.models import (
    Alert,
    AlertChannel,
    Company,
    CompanyImport,
    ImportFile,
    ImportRow,
    RawLead,
    ScanJob,
    ScanJobEntry,
    Signals,
)
from leads.models.choices import LeadSource, ScanState
from leads.rules import load_rules
from leads.scan_answer import DnsLookups
from leads.scoring import ScoreFacts
from leads.services.company_rows import columns_of
from leads.signals import DnsEvidence, read_signals
from leads.suffixes import registrable_part


class CompanyFactory(factory.django.DjangoModelFactory):
    """A company that was never scanned; with `ScannedCompanyFactory` one that was."""

    class Meta:
        model = Company

    domain = factory.Sequence(lambda n: f"company-{n}.example.com")
    registrable_domain = factory.LazyAttribute(lambda company: registrable_part(company.domain))
    name = factory.LazyAttribute(lambda company: company.domain)
    sources = factory.LazyFunction(lambda: [LeadSource.DOMAIN.value])


def scored_as(provider: str, **facts: Any) -> dict[str, Any]:
    """The columns of a company that was scored with these facts: all is well with it unless said."""
    given: dict[str, Any] = {"mx_hosts": ("mx.example.com",), "spf": True, "dkim": True} | facts
    return columns_of(scored_by(ScoreFacts(provider=provider, **given), rules=load_rules("v1")))


class SignalsFactory(factory.django.DjangoModelFactory):
    """Evidence of one answered scan: M365 with SPF and DKIM, no DMARC."""

    class Meta:
        model = Signals

    company = factory.SubFactory(CompanyFactory)
    mx_hosts = factory.LazyFunction(lambda: ["contoso-com.mail.protection.outlook.com"])
    mx_root = "outlook.com"
    spf = True
    spf_record = "v=spf1 include:spf.protection.outlook.com -all"
    spf_includes = 1
    dkim = True
    dkim_selector = "selector1"
    scan_count = 1
    scanned_at = factory.LazyFunction(timezone.now)
    attempted_at = factory.SelfAttribute("scanned_at")


def behind_a_filter() -> dict[str, Any]:
    """The columns of signals that tell of Microsoft 365 behind Mimecast, as a scan writes them."""
    answers: dict[str, Answer] = {
        "autodiscover": answered(["autodiscover.outlook.com"]),
        "mta_sts": answered(["v=STSv1; id=1"]),
        "bimi": NotKnown("servfail"),
        "tls_rpt": answered([]),
    }
    host = "eu-smtp-inbound-1.mimecast.com"
    evidence = DnsEvidence("contoso.com", answered([host]), answered(["MS=ms1"]), answered([]), {})
    found = conclude(DnsLookups(evidence, answered([]), (), beside=answers), read_signals(evidence)).as_dict()
    return found | {"mx_hosts": [host], "mx_root": "mimecast.com", "gateway_name": "Mimecast"}


class ScannedCompanyFactory(CompanyFactory):
    """A company with evidence and a score of 70: M365 with SPF and DKIM."""

    class Meta:
        model = Company
        skip_postgeneration_save = True

    provider = "M365"
    scan_status = ScanState.SUCCESS
    signals = factory.RelatedFactory(SignalsFactory, factory_related_name="company")

    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        return scored_as(kwargs["provider"]) | kwargs


class RawLeadFactory(factory.django.DjangoModelFactory):
    """A lead as it came in."""

    class Meta:
        model = RawLead

    company = factory.SubFactory(CompanyFactory)
    source = LeadSource.DOMAIN


class ScanJobFactory(factory.django.DjangoModelFactory):
    """A bulk scan without entries."""

    class Meta:
        model = ScanJob

    wanted = "given domains"


class ScanJobEntryFactory(factory.django.DjangoModelFactory):
    """A domain that waits for its scan."""

    class Meta:
        model = ScanJobEntry

    job = factory.SubFactory(ScanJobFactory)
    domain = factory.Sequence(lambda n: f"company-{n}.example.com")


class ImportFileFactory(factory.django.DjangoModelFactory):
    """A list that was brought, without its bytes."""

    class Meta:
        model = ImportFile

    name = "Bursa.xlsx"
    size = 1000
    sha256 = factory.Sequence(lambda n: f"{n:064x}")


class CompanyImportFactory(factory.django.DjangoModelFactory):
    """An import that came to its end with one refused row."""

    class Meta:
        model = CompanyImport

    file = factory.SubFactory(ImportFileFactory)
    plan = factory.LazyFunction(lambda: ReadingPlan(Format.XLSX).as_dict())
    state = "done_with_refused"
    rows = 1
    rejected = 1


class ImportRowFactory(factory.django.DjangoModelFactory):
    """A refused row."""

    class Meta:
        model = ImportRow

    company_import = factory.SubFactory(CompanyImportFactory)
    number = factory.Sequence(lambda n: n + 2)
    outcome = "rejected"
    reason = "The row names no website, domain or e-mail address."
    told = factory.LazyFunction(lambda: ["Beta"])


class AlertFactory(factory.django.DjangoModelFactory):
    """An alert that no channel has seen yet: a mail host that changed."""

    class Meta:
        model = Alert

    company = factory.SubFactory(ScannedCompanyFactory)
    type = AlertType.MX_CHANGED.value
    occasion = factory.Sequence(lambda n: f"scan {n}")
    previous = "outlook.com"
    current = "google.com"
    text = "The mail host changed from outlook.com to google.com."


class AlertChannelFactory(factory.django.DjangoModelFactory):
    """A webhook for mail hosts that change, to a host that nobody answers at."""

    class Meta:
        model = AlertChannel

    type = AlertType.MX_CHANGED.value
    method = "webhook"
    sealed_target = factory.LazyFunction(lambda: sealed("https://example.com/hook"))
    target_digest = factory.Sequence(lambda n: f"{n:064}")
    shown_target = "https://example.com/…"
    sealed_secret = factory.LazyFunction(lambda: sealed("a secret"))
