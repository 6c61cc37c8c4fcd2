"""Referrals and sync runs as JSON, and what a caller may send."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from hunter.ops.api.inputs import StrictSerializer, Text
from hunter.ops.api.words import TextOrNull, WordOrNull, word
from referrals.api import examples
from referrals.candidate_rules import Clue, Reason
from referrals.company_figures import CompanyLinkStatus
from referrals.models import PreviewedRow, Referral, SyncMode, SyncRun, SyncState, WouldBe, choices
from referrals.services.candidates import Candidate
from referrals.services.linking import LinkChange

COMPANY_LINK_STATUSES = [(status.value, status.value) for status in CompanyLinkStatus]
LINK_CHANGES = [(change.value, change.value) for change in LinkChange]


@extend_schema_serializer(examples=[OpenApiExample("A referral", examples.REFERRAL, response_only=True)])
class ReferralSerializer(serializers.ModelSerializer[Referral]):
    """A referral as Partner Center last sent it, and the company it is linked to (`company`, by its domain)."""

    engagement_id = TextOrNull()
    external_reference_id = TextOrNull()
    name = TextOrNull()
    api_type = TextOrNull()
    qualification = TextOrNull()
    direction = TextOrNull()
    referral_type = WordOrNull(choices.REFERRAL_TYPES)
    status = TextOrNull()
    substatus = TextOrNull()
    status_reason = TextOrNull()
    customer_name = TextOrNull()
    company_name = TextOrNull()
    customer_country = TextOrNull()
    customer_size = TextOrNull()
    contacts = serializers.ListField(child=serializers.DictField(), read_only=True)
    consent = serializers.DictField(read_only=True)
    currency = TextOrNull()
    notes = TextOrNull()
    azure_tenant_id = TextOrNull()
    domain_source = WordOrNull(choices.DOMAIN_SOURCES)
    company = serializers.CharField(source="company.domain", read_only=True, allow_null=True, default=None)
    link_status = word(choices.LINK_STATUSES)
    link_origin = word(choices.LINK_ORIGINS)
    linked_by = serializers.CharField(source="linked_by.username", read_only=True, allow_null=True, default=None)
    candidates = serializers.ListField(child=serializers.CharField(), read_only=True)
    warnings = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Referral
        fields = (
            "referral_id", "engagement_id", "external_reference_id", "name", "api_type", "qualification", "direction",
            "referral_type", "status", "substatus", "status_reason", "customer_name", "company_name",
            "customer_country", "customer_size", "contacts", "consent", "deal_value", "currency", "notes",
            "closing_date", "azure_tenant_id", "created_at_source", "updated_at_source", "expires_at_source",
            "accepted_at_source", "domain", "raw_domain", "domain_source", "company", "link_status", "link_origin",
            "linked_by", "linked_at", "candidates", "warnings", "vanished_at",
            "version", "created_at", "updated_at", "synced_at",
        )  # fmt: skip
        read_only_fields = fields


@extend_schema_serializer(examples=[OpenApiExample("A new company", examples.RELINK, request_only=True)])
class RelinkSerializer(StrictSerializer):
    """Which company the referral belongs to."""

    domain = Text(
        max_length=255, required=False, allow_null=True, help_text="The company's domain; null takes the link away."
    )
    create = serializers.BooleanField(  # type: ignore[assignment]  # a member of the JSON
        default=False, help_text="Make the company where there is none; without a domain, the one the referral names."
    )
    name = Text(max_length=255, required=False, help_text="Of the company that is made.")
    why = Text(max_length=500, required=False, help_text="For the log of who did what.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "domain" not in attrs and not attrs["create"]:
            raise serializers.ValidationError({"domain": "Name the company's domain, or null to take the link away."})
        return attrs


@extend_schema_serializer(examples=[OpenApiExample("Made and linked", examples.LINK_RESULT, response_only=True)])
class LinkResultSerializer(serializers.Serializer[Any]):
    """What was done to the link."""

    referral_id = serializers.CharField()
    domain = serializers.CharField(allow_null=True)
    change = serializers.ChoiceField(LINK_CHANGES)
    detail = serializers.CharField()


class ReasonSerializer(serializers.Serializer[Reason]):
    """One thing that speaks for a candidate."""

    clue = serializers.ChoiceField([(clue.value, clue.value) for clue in Clue])
    words = serializers.CharField()


class CandidateSerializer(serializers.Serializer[Candidate]):
    """A domain that may be the referral's company, how much speaks for it (0 to 100), and what."""

    domain = serializers.CharField()
    name = serializers.CharField(source="company.name", allow_null=True, default=None)
    is_company = serializers.SerializerMethodField()
    score = serializers.IntegerField()
    reason = serializers.CharField(help_text="All reasons in one line, the strongest first.")
    reasons = ReasonSerializer(many=True)

    def get_is_company(self, candidate: Candidate) -> bool:
        return candidate.company is not None


@extend_schema_serializer(examples=[OpenApiExample("One candidate", examples.CANDIDATES, response_only=True)])
class CandidatesSerializer(serializers.Serializer[Any]):
    """The domains that may be a referral's company, best first."""

    referral_id = serializers.CharField()
    candidates = CandidateSerializer(many=True)


class SyncWishSerializer(StrictSerializer):
    """How much to read; nothing said: what changed since the last good run."""

    full = serializers.BooleanField(default=False)
    since = serializers.DateTimeField(required=False, help_text="What changed since then.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["full"] and "since" in attrs:
            raise serializers.ValidationError({"since": "Give either `full` or `since`, not both."})
        return attrs


@extend_schema_serializer(examples=[OpenApiExample("A run", examples.SYNC_RUN, response_only=True)])
class SyncRunSerializer(serializers.ModelSerializer[SyncRun]):
    """A run of the sync: fetched = created + updated + unchanged + skipped + failed."""

    id = serializers.CharField(source="pk", read_only=True)
    mode = word(SyncMode.choices)
    state = word(SyncState.choices)
    skipped = serializers.IntegerField(source="skipped_total", read_only=True)
    skipped_by_reason = serializers.DictField(source="skipped", child=serializers.IntegerField(), read_only=True)
    seconds_left = serializers.SerializerMethodField(help_text="About; null while nobody can tell.")
    vanish_check = TextOrNull()
    missing = serializers.IntegerField(read_only=True, help_text="Stored referrals that no page of a full run had.")
    vanished = serializers.IntegerField(
        read_only=True, help_text="Those that Partner Center did not know by id either."
    )
    asked_by = TextOrNull()
    halted_by = TextOrNull()
    error = TextOrNull()
    then_full_by = TextOrNull()

    class Meta:
        model = SyncRun
        fields = (
            "id", "account", "mode", "state", "since", "pages", "fetched", "created", "updated", "unchanged",
            "skipped", "skipped_by_reason", "linked", "unlinked", "failed", "seconds_left", "vanish_check",
            "missing", "vanished", "restarts", "started_at", "finished_at", "asked_by", "halted_by", "correlation",
            "watermark", "error", "then_full", "then_full_by",
        )  # fmt: skip
        read_only_fields = fields

    def get_seconds_left(self, run: SyncRun) -> int | None:
        return round(run.time_left.total_seconds()) if run.time_left else None


class BreakdownSerializer(serializers.Serializer[Any]):
    """How many referrals are linked, and how many are not."""

    linked = serializers.IntegerField()
    unlinked = serializers.IntegerField()


class CompanyReferralsSerializer(serializers.Serializer[Any]):
    """What a company's JSON says of its referrals (e.6)."""

    referral_id = serializers.CharField(allow_null=True, help_text="Of the newest open referral, else of the newest.")
    referral_type = serializers.ChoiceField(choices.REFERRAL_TYPES, allow_null=True)
    referral_count = serializers.IntegerField()
    referral_types = serializers.ListField(child=serializers.ChoiceField(choices.REFERRAL_TYPES))
    referral_ids = serializers.ListField(child=serializers.CharField(), help_text="Newest first.")
    link_status = serializers.ChoiceField(COMPANY_LINK_STATUSES)
    link_status_breakdown = BreakdownSerializer()
    contact = serializers.DictField(allow_null=True, help_text="The first person of the primary referral.")


@extend_schema_serializer(examples=[OpenApiExample("A new one", examples.PREVIEWED_ROW, response_only=True)])
class PreviewedRowSerializer(serializers.ModelSerializer[PreviewedRow]):
    """A row that a sync would take in, change or refuse; one that would stay the same is only counted."""

    id = serializers.CharField(source="pk", read_only=True)
    would_be = word(WouldBe.choices)
    name = TextOrNull()
    told = TextOrNull(source="words", help_text="Its company, what would change, or why it is refused.")

    class Meta:
        model = PreviewedRow
        fields = ("id", "would_be", "key", "name", "told")
        read_only_fields = fields
