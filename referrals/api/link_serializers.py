"""Links as JSON: their history, and many of them at once."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from hunter.ops.api.inputs import StrictSerializer, Text
from hunter.ops.api.words import TextOrNull, word
from referrals.api import link_examples
from referrals.api.filters import ReferralFilter
from referrals.models import LinkAct, LinkMove, Referral, RelinkEntry, RelinkRun, RelinkTarget

MOST_IDS = 10_000
WANTED_TARGETS = [(one.value, one.label) for one in RelinkTarget if one is not RelinkTarget.BACK]


class LinkMoveSerializer(serializers.ModelSerializer[LinkMove]):
    """One move of a referral's link: from where to where (null: no company), who and why."""

    act = word(LinkAct.choices)
    by = serializers.CharField(source="by.username", read_only=True, allow_null=True, default=None)
    why = TextOrNull()
    from_domain = TextOrNull()
    to_domain = TextOrNull()
    can_be_undone = serializers.BooleanField(read_only=True)

    class Meta:
        model = LinkMove
        fields = ("act", "by", "why", "from_domain", "to_domain", "happened_at", "can_be_undone")
        read_only_fields = fields


@extend_schema_serializer(examples=[OpenApiExample("Moved once", link_examples.LINK_HISTORY, response_only=True)])
class LinkHistorySerializer(serializers.Serializer[Any]):
    """Where a referral was linked, the newest first; its first link by its domain is no move."""

    referral_id = serializers.CharField()
    moves = LinkMoveSerializer(many=True)


class NewRelinkSerializer(StrictSerializer):
    """Which referrals are linked, and where each goes."""

    target = serializers.ChoiceField(WANTED_TARGETS)
    domain = Text(max_length=255, required=False, help_text="Where the target is `domain`: a company that there is.")
    why = Text(max_length=500, required=False, help_text="For each link's history, and the log of who did what.")
    referral_ids = serializers.ListField(child=Text(max_length=255), min_length=1, max_length=MOST_IDS, required=False)
    filter = serializers.DictField(
        child=Text(max_length=255),
        required=False,
        help_text='The filters of the list of referrals, like {"status": "New"}; {} is every referral.',
    )
    dry_run = serializers.BooleanField(default=False, help_text="Only say how many they are.")
    referrals: QuerySet[Referral]

    def validate_filter(self, value: dict[str, str]) -> dict[str, str]:
        narrowed = ReferralFilter(data=value, queryset=Referral.objects.all())
        known = sorted(narrowed.get_filters())
        if unknown := sorted(value.keys() - set(known)):
            raise serializers.ValidationError(
                f"{unknown[0]!r} is no filter of referrals. There are {', '.join(known)}."
            )
        if not narrowed.is_valid():
            raise serializers.ValidationError(
                [f"{name}: {reason}" for name, reasons in narrowed.errors.items() for reason in reasons]
            )
        self.referrals = narrowed.qs
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("referral_ids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError({"filter": ["Give either referral_ids or a filter."]})
        if (attrs["target"] == RelinkTarget.DOMAIN) != bool(attrs.get("domain")):
            raise serializers.ValidationError({"domain": ["Give it for the target `domain`, and for no other."]})
        if "referral_ids" in attrs:
            self.referrals = Referral.objects.filter(referral_id__in=attrs["referral_ids"])
        return attrs

    @property
    def about(self) -> str:
        """How they were chosen, in words."""
        wish = self.validated_data
        if "filter" not in wish:
            return f"{len(wish['referral_ids'])} ids over the API"
        return f"filter {', '.join(f'{name} {value}' for name, value in wish['filter'].items()) or 'of all'}"


class MatchedSerializer(serializers.Serializer[Any]):
    """How many a dry run would link."""

    matched = serializers.IntegerField()


@extend_schema_serializer(examples=[OpenApiExample("One company", link_examples.RELINK_RUN, response_only=True)])
class RelinkRunSerializer(serializers.ModelSerializer[RelinkRun]):
    """Many referrals linked at once, and how far it is: total = changed + unchanged + refused + waiting."""

    id = serializers.CharField(source="pk", read_only=True)
    target = word(RelinkTarget.choices)
    domain = TextOrNull()
    why = TextOrNull()
    by = serializers.CharField(source="by.username", read_only=True, allow_null=True, default=None)
    state = serializers.SerializerMethodField()
    undoes = serializers.CharField(source="undoes_id", read_only=True, allow_null=True)

    class Meta:
        model = RelinkRun
        fields = (
            "id", "target", "domain", "why", "by", "state", "total", "changed", "unchanged", "refused", "undoes",
            "created_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_state(self, run: RelinkRun) -> str:
        return "done" if run.finished_at else "running"


@extend_schema_serializer(examples=[OpenApiExample("It changed", link_examples.RELINK_ENTRY, response_only=True)])
class RelinkEntrySerializer(serializers.ModelSerializer[RelinkEntry]):
    """One referral of a run, and what became of it."""

    referral_id = serializers.CharField(source="referral.referral_id", read_only=True)
    state = word(RelinkEntry.State.choices)
    domain = TextOrNull()
    reason = TextOrNull()

    class Meta:
        model = RelinkEntry
        fields = ("referral_id", "state", "domain", "reason")
        read_only_fields = fields
