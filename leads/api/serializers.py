"""Companies and scans as JSON, and what a caller may send."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from hunter.ops.api.inputs import StrictSerializer, Text
from hunter.ops.api.words import TextOrNull, WordOrNull, word
from leads.api import examples
from leads.api.figures import figure_fields
from leads.api.filters import CompanyFilter
from leads.api.finding_serializers import (
    MailboxesSerializer,
    MailPoliciesSerializer,
    ScoreRangeSerializer,
    SpfCheckSerializer,
    StatesSerializer,
    UnansweredSerializer,
    concluded,
)
from leads.models import Company, ScanJob, ScanJobEntry, Signals, choices
from leads.rules import load_rules
from leads.services.company_rows import score_range_of

MOST_DOMAINS = 1000  # b.4: so many go into one transaction; for more there is `scan_domains --file`
TWO_LETTERS = RegexValidator(r"\A[A-Za-z]{2}\Z", "A country is its ISO code of two letters, like TR.")


class AddressSerializer(serializers.Serializer[Company]):
    """Where the company is, as far as a list or a referral told."""

    line1 = TextOrNull(source="address_line1")
    city = TextOrNull(source="address_city")
    state = TextOrNull(source="address_state")
    postal_code = TextOrNull(source="address_postal_code")
    country = TextOrNull(source="address_country")


class SignalsSerializer(serializers.ModelSerializer[Signals]):
    """The evidence that the score rests on; `answers` tells of each lookup whether it was found, absent or not known,
    why, for how many seconds that holds, and by which resolver where there are several."""

    mx_root = TextOrNull()
    gateway_name = TextOrNull()
    spf_record = TextOrNull()
    dkim_selector = TextOrNull()
    dmarc_policy = TextOrNull(help_text="null: there is no DMARC record.")
    dmarc_record = TextOrNull()
    registrar = TextOrNull()
    registration_source = WordOrNull(choices.RegistrationSource.choices)
    mx_hosts = serializers.ListField(child=serializers.CharField(), read_only=True)
    nameservers = serializers.ListField(child=serializers.CharField(), read_only=True)
    answers = serializers.DictField(read_only=True)
    resolver = TextOrNull()
    states = StatesSerializer(read_only=True)
    mailboxes = serializers.SerializerMethodField()
    spf_check = serializers.SerializerMethodField()
    mail_policies = serializers.SerializerMethodField()

    class Meta:
        model = Signals
        fields = (
            "mx_hosts", "mx_root", "gateway_name", "spf", "spf_record", "spf_includes", "dkim", "dkim_selector",
            "dmarc_policy", "dmarc_coverage", "dmarc_record", "dmarc_inherited", "nameservers", "registrar",
            "registered_at", "expires_at", "registration_source", "registration_read_at",
            "answers", "resolver", "states", "mailboxes", "spf_check", "mail_policies",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(MailboxesSerializer(allow_null=True))
    def get_mailboxes(self, signals: Signals) -> Any:
        return concluded(signals.mailboxes, MailboxesSerializer)

    @extend_schema_field(SpfCheckSerializer(allow_null=True))
    def get_spf_check(self, signals: Signals) -> Any:
        return concluded(signals.spf_check, SpfCheckSerializer)

    @extend_schema_field(MailPoliciesSerializer(allow_null=True))
    def get_mail_policies(self, signals: Signals) -> Any:
        return concluded(signals.mail_policies, MailPoliciesSerializer)


@extend_schema_serializer(examples=[OpenApiExample("A company", examples.COMPANY, response_only=True)])
class CompanySerializer(serializers.ModelSerializer[Company]):
    """A company: who it is, what was found, how it is scored, its referrals, and how its lead stands in the CRM."""

    address = AddressSerializer(source="*", read_only=True)
    country = TextOrNull()
    phone = TextOrNull()
    contact_emails = serializers.ListField(child=serializers.CharField(), read_only=True)
    sources = serializers.ListField(child=word(choices.LeadSource.choices), read_only=True)
    provider = WordOrNull(choices.PROVIDERS)
    local_provider = TextOrNull()
    tenant_size = WordOrNull(choices.TENANT_SIZES)
    tenant_size_origin = WordOrNull(choices.TenantSizeOrigin.choices)
    azure_tenant_id = TextOrNull()
    scan_status = word(choices.ScanState.choices)
    scanned_at = serializers.DateTimeField(source="signals.scanned_at", read_only=True, allow_null=True, default=None)
    scan_count = serializers.IntegerField(source="signals.scan_count", read_only=True, allow_null=True, default=None)
    gateway = serializers.SerializerMethodField(help_text="null: not looked at yet.")
    signals = serializers.SerializerMethodField()
    score_range = serializers.SerializerMethodField(help_text="null: the score rests on nothing that is not known.")
    unanswered = serializers.SerializerMethodField(help_text="null: the newest scan was answered in full.")
    segment = WordOrNull(choices.SEGMENTS)
    technical_heat = WordOrNull(choices.TECHNICAL_HEATS)
    commercial_segment = WordOrNull(choices.COMMERCIAL_SEGMENTS)
    commercial_heat = WordOrNull(choices.COMMERCIAL_HEATS)
    priority_category = WordOrNull(choices.PRIORITY_CATEGORIES)
    priority_label = TextOrNull()
    priority = serializers.SerializerMethodField(help_text="1 is first; null before the first score.")
    breakdown = serializers.DictField(source="score_breakdown", read_only=True)
    segment_reason = TextOrNull()
    rules_version = TextOrNull()
    confidence = serializers.FloatField(read_only=True, allow_null=True, min_value=0, max_value=4)
    infrastructure_summary = TextOrNull()

    class Meta:
        model = Company
        fields = (
            "domain", "registrable_domain", "name", "name_set_by_person", "country", "phone", "address",
            "contact_emails", "sources", "provider", "provider_set_by_person", "local_provider", "gateway",
            "tenant_size", "tenant_size_origin", "azure_tenant_id", "scan_status", "scanned_at", "scan_count",
            "signals", "unanswered", "score", "score_range", "segment", "technical_heat", "commercial_segment", "commercial_heat",
            "priority_category", "priority_label", "priority", "breakdown", "segment_reason", "rules_version",
            "confidence", "infrastructure_summary", "version", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {**super().get_fields(), **figure_fields()}

    @extend_schema_field(SignalsSerializer(allow_null=True))
    def get_signals(self, company: Company) -> Any:
        signals = getattr(company, "signals", None)
        return None if signals is None or signals.scanned_at is None else SignalsSerializer(signals).data

    def get_gateway(self, company: Company) -> bool | None:
        signals = getattr(company, "signals", None)
        return None if signals is None or signals.scanned_at is None else company.gateway

    @extend_schema_field(ScoreRangeSerializer(allow_null=True))
    def get_score_range(self, company: Company) -> Any:
        found = score_range_of(company, getattr(company, "signals", None), rules=load_rules())
        return found.as_dict() if found else None

    @extend_schema_field(UnansweredSerializer(allow_null=True))
    def get_unanswered(self, company: Company) -> Any:
        signals = getattr(company, "signals", None)
        if signals is None or not signals.unanswered:
            return None
        return UnansweredSerializer({**signals.unanswered, "attempted_at": signals.attempted_at}).data

    def get_priority(self, company: Company) -> int | None:
        return company.priority if company.is_scored else None


@extend_schema_serializer(examples=[OpenApiExample("A name and a phone", examples.COMPANY_EDIT, request_only=True)])
class CompanyEditSerializer(StrictSerializer):
    """What a person may change of a company; what is left out stays."""

    name = Text(max_length=255, required=False, help_text="No referral overwrites it afterwards.")
    country = Text(required=False, allow_blank=True, help_text="ISO code of two letters, like TR.")
    phone = Text(max_length=50, required=False, allow_blank=True)

    def validate_country(self, value: str) -> str:
        if value:
            TWO_LETTERS(value)
        return value.upper()


@extend_schema_serializer(examples=[OpenApiExample("By its website", examples.NEW_COMPANY, request_only=True)])
class NewCompanySerializer(StrictSerializer):
    """A company to add: by its website, an e-mail address or its domain; one of them is needed."""

    website = Text(max_length=2000, required=False, allow_blank=True, default="")
    email = Text(max_length=320, required=False, allow_blank=True, default="")
    domain = Text(max_length=255, required=False, allow_blank=True, default="")
    name = Text(max_length=255, required=False, allow_blank=True, default="")
    accept_consumer_domain = serializers.BooleanField(
        default=False, help_text="True: a mail domain of private persons, like gmail.com, is meant."
    )


class RulesSerializer(serializers.Serializer[Any]):
    """The rules in force: their version, how many scores they made, and all that they say, as in the file."""

    version = serializers.CharField()
    scored = serializers.IntegerField(help_text="Companies scored by them.")
    scored_by_others = serializers.IntegerField(help_text="Companies whose score rules of another version made.")
    rules = serializers.DictField(help_text="Points and tables; in each table the first row that holds decides.")


class NewScanSerializer(StrictSerializer):
    """What to scan: domains, of which those that Hunter does not know become companies, or the companies of a filter."""

    domains = serializers.ListField(child=Text(max_length=255), min_length=1, max_length=MOST_DOMAINS, required=False)
    filter = serializers.DictField(
        child=Text(max_length=255),
        required=False,
        help_text='The filters of the list of companies, like {"segment": "Cold"}; {} is every company.',
    )
    rescan = serializers.BooleanField(
        default=False, help_text="Also what was scanned within the hour before, which else is skipped."
    )
    companies: QuerySet[Company]

    def validate_filter(self, value: dict[str, str]) -> dict[str, str]:
        narrowed = CompanyFilter(data=value, queryset=Company.objects.all())
        known = sorted(narrowed.get_filters())
        if unknown := sorted(value.keys() - set(known)):
            raise serializers.ValidationError(
                f"{unknown[0]!r} is no filter of companies. There are {', '.join(known)}."
            )
        if not narrowed.is_valid():
            raise serializers.ValidationError(
                [f"{name}: {reason}" for name, reasons in narrowed.errors.items() for reason in reasons]
            )
        self.companies = narrowed.qs
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("domains" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError({"domains": ["Give either domains or a filter."]})
        return attrs


@extend_schema_serializer(examples=[OpenApiExample("A scan", examples.SCAN, response_only=True)])
class ScanSerializer(serializers.ModelSerializer[ScanJob]):
    """A scan that somebody asked for, and how far it is: total = pending + scanned + skipped + failed + cancelled."""

    id = serializers.CharField(source="pk", read_only=True)
    asked_by = TextOrNull()
    state = serializers.ChoiceField(ScanJob.Standing.choices, source="standing", read_only=True)
    rescan = serializers.BooleanField(source="is_rescan", read_only=True)
    total = serializers.IntegerField(source="progress.total", read_only=True)
    per_second = serializers.FloatField(read_only=True, allow_null=True)
    seconds_left = serializers.SerializerMethodField(help_text="At that rate; null while nobody can tell.")

    class Meta:
        model = ScanJob
        fields = (
            "id", "wanted", "asked_by", "state", "rescan", "total", "pending", "scanned", "skipped", "failed",
            "cancelled", "per_second", "seconds_left", "created_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_seconds_left(self, job: ScanJob) -> int | None:
        return None if job.time_left is None else round(job.time_left.total_seconds())


@extend_schema_serializer(examples=[OpenApiExample("A domain of it", examples.SCAN_ENTRY, response_only=True)])
class ScanEntrySerializer(serializers.ModelSerializer[ScanJobEntry]):
    """One domain of a scan, and what became of it."""

    state = word(ScanJobEntry.State.choices)
    reason = TextOrNull()

    class Meta:
        model = ScanJobEntry
        fields = ("domain", "state", "reason", "finished_at")
        read_only_fields = fields
