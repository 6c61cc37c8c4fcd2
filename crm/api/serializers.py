"""CRM records and previews as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from crm.api import examples
from crm.company_leads import lead_url
from crm.mapping.values import SyncState
from crm.models import RESULTS, STATES, CrmRecord, CrmRemap
from crm.services.conflicts import conflicts_of
from crm.services.look_alikes import look_alikes_shown
from crm.services.remapping import moved
from hunter.ops.api.inputs import StrictSerializer
from hunter.ops.api.words import TextOrNull, WordOrNull, word

SYNC_STATES = [(state.value, state.value) for state in SyncState]


class ConflictSerializer(serializers.Serializer[Any]):
    """A column that both sides changed and a person decides."""

    column = serializers.CharField()
    here = serializers.JSONField(allow_null=True)
    there = serializers.JSONField(allow_null=True)
    conflict = serializers.CharField(help_text="Names these two values: send it back with the choice.")


class LookAlikeSerializer(serializers.Serializer[Any]):
    """A lead in the CRM that only its website ties to the company."""

    lead_id = serializers.CharField()
    name = serializers.CharField(allow_blank=True, help_text="The company's name there.")
    lead_url = serializers.URLField()


class TakeOverSerializer(StrictSerializer):
    """Which lead is the company's."""

    lead_id = serializers.UUIDField(help_text="One of the record's `look_alikes`.")


class KeepApartSerializer(StrictSerializer):
    """Which leads are not the company's."""

    lead_ids = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=100,
        help_text="All `look_alikes` that the record shows.",
    )


class DecisionSerializer(StrictSerializer):
    """Whose value holds."""

    column = serializers.CharField(max_length=100)
    conflict = serializers.CharField(max_length=16, help_text="As the record shows it.")
    keep = serializers.ChoiceField([("here", "Hunter's value, which is pushed"), ("there", "the CRM's value")])


@extend_schema_serializer(
    examples=[
        OpenApiExample("A lead in step", examples.CRM_RECORD, response_only=True),
        OpenApiExample("One that waits for a choice", examples.UNDECIDED, response_only=True),
        OpenApiExample("One that the CRM may have already", examples.PERHAPS_THERE, response_only=True),
    ]
)
class CrmRecordSerializer(serializers.ModelSerializer[CrmRecord]):
    """A company's lead in a CRM: what was confirmed, what was last seen there, what waits for a person."""

    id = serializers.CharField(source="pk", read_only=True)
    domain = serializers.CharField(source="company.domain", read_only=True)
    lead_url = serializers.SerializerMethodField(help_text="The lead's page in the CRM, once it was confirmed.")
    is_adopted = serializers.BooleanField(read_only=True, help_text="The CRM had it before Hunter.")
    state = word(STATES)
    last_result = WordOrNull(RESULTS)
    sync_error = TextOrNull()
    confirmed = serializers.DictField(read_only=True, allow_null=True)
    seen = serializers.DictField(read_only=True, allow_null=True)
    undecided = serializers.SerializerMethodField(help_text="What both sides changed and a person decides.")

    look_alikes = serializers.SerializerMethodField(
        help_text="Leads without a domain whose website is the company's: a person says whether one is its lead."
    )

    class Meta:
        model = CrmRecord
        fields = (
            "id", "domain", "crm", "lead_id", "lead_url", "is_adopted", "state", "last_result", "last_result_at",
            "synced_at", "looked_at", "sync_error", "has_conflict", "ever_confirmed", "generation", "mapping_version",
            "confirmed", "seen", "undecided", "look_alikes", "created_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ConflictSerializer(many=True))
    def get_undecided(self, record: CrmRecord) -> list[dict[str, Any]]:
        return [asdict(one) for one in conflicts_of(record)]

    @extend_schema_field(LookAlikeSerializer(many=True))
    def get_look_alikes(self, record: CrmRecord) -> list[dict[str, Any]]:
        return [asdict(one) for one in look_alikes_shown(record)]

    def get_lead_url(self, record: CrmRecord) -> str | None:
        return lead_url(record)


@extend_schema_serializer(examples=[OpenApiExample("Under way", examples.REMAP, response_only=True)])
class RemapSerializer(serializers.ModelSerializer[CrmRemap]):
    """Leads on their way to another version of the mapping."""

    id = serializers.CharField(source="pk", read_only=True)
    state = serializers.SerializerMethodField()
    moved = serializers.SerializerMethodField(help_text="How many leads have got there.")

    class Meta:
        model = CrmRemap
        fields = (
            "id", "crm", "version", "state", "total", "queued", "moved", "stayed", "asked_by", "started_at",
            "finished_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField([("running", "running"), ("done", "done")]))
    def get_state(self, run: CrmRemap) -> str:
        return "done" if run.finished_at else "running"

    def get_moved(self, run: CrmRemap) -> int:
        return moved(run)


class NewRemapSerializer(StrictSerializer):
    """To which version."""

    to = serializers.IntegerField(min_value=1, max_value=32767, help_text="The version that is in force.")
    crm = serializers.CharField(required=False, help_text="Whose leads; the first of CRM_BACKEND if omitted.")


class DifferenceSerializer(serializers.Serializer[Any]):
    """A column that a push would change."""

    column = serializers.CharField()
    there = serializers.JSONField(allow_null=True)
    here = serializers.JSONField(allow_null=True)
    winner = serializers.CharField(help_text="Who is right when both sides changed it.")


@extend_schema_serializer(examples=[OpenApiExample("A new name", examples.PREVIEW, response_only=True)])
class PreviewSerializer(serializers.Serializer[Any]):
    """What a push would send now, and the difference."""

    domain = serializers.CharField()
    crm = serializers.CharField()
    due = serializers.CharField(help_text="`due`, or why no push is.")
    mapping_version = serializers.IntegerField()
    checked = serializers.BooleanField(help_text="Whether the CRM's own columns were asked.")
    payload = serializers.DictField()
    left_out = serializers.DictField(child=serializers.CharField())
    difference = DifferenceSerializer(many=True)
    detail = serializers.CharField()


class DuePushSerializer(serializers.Serializer[Any]):
    """One push that is due, and what it would change."""

    domain = serializers.CharField()
    crm = serializers.CharField()
    is_new = serializers.BooleanField(help_text="Looked for first, and made where the CRM has none.")
    refused = serializers.CharField(allow_null=True, help_text="The value that can't be sent.")
    difference = DifferenceSerializer(many=True)


@extend_schema_serializer(examples=[OpenApiExample("One change", examples.DUE_PUSHES, response_only=True)], many=False)
class DuePushPageSerializer(serializers.Serializer[Any]):
    """A page of them."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = DuePushSerializer(many=True)


class DuePushQuery(serializers.Serializer[Any]):
    """Where a page begins, and how long it is."""

    cursor = serializers.IntegerField(min_value=0, max_value=2**62, default=0)
    page_size = serializers.IntegerField(min_value=1, max_value=200, default=50)
    crm = serializers.CharField(required=False)


@extend_schema_serializer(
    examples=[OpenApiExample("A new prefix", examples.TRIED_MOVE, response_only=True)], many=False
)
class MovePageSerializer(DuePushPageSerializer):
    """A page of the leads that a move would write, and what is the same on each page."""

    due = serializers.IntegerField(help_text="How many leads it would look at, whether they differ or not.")
    dropped = serializers.ListField(
        child=serializers.CharField(), help_text="Columns that are no longer written, and left as they are."
    )


class MoveQuery(DuePushQuery):
    """To which version besides."""

    to = serializers.IntegerField(min_value=1, max_value=32767, required=False)


class LeadStandingSerializer(serializers.Serializer[Any]):
    """How a lead stands (f.6)."""

    sync_state = serializers.ChoiceField(SYNC_STATES, allow_null=True)
    sync_attempts = serializers.IntegerField()
    synced_at = serializers.DateTimeField(allow_null=True)
    sync_error = serializers.CharField(allow_null=True)
    lead_id = serializers.CharField(allow_null=True)
    lead_url = serializers.URLField(allow_null=True)


class OneLeadSerializer(LeadStandingSerializer):
    """How a company's lead stands in one CRM."""

    crm = serializers.CharField()


class CompanyLeadSerializer(LeadStandingSerializer):
    """What a company's JSON says of its lead in the CRM: of several the state that most wants attention, and each."""

    leads = OneLeadSerializer(many=True)
