"""What was found, conclusion by conclusion, each with the records that it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from hunter.ops.api.words import WordOrNull, word
from leads.answers import Known
from leads.confidence import ConfidenceLevel
from leads.models import choices
from leads.score_range import Fact
from leads.spf import SpfVerdict

KNOWN = [(one.value, one.value.replace("_", " ")) for one in Known]
LEVELS = [(one.value, one.value) for one in ConfidenceLevel]
VERDICTS = [(one.value, one.value.replace("_", " ")) for one in SpfVerdict]
FACTS = [(one.value, one.value) for one in Fact]

Told = Mapping[str, Any]


def texts(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), read_only=True, **options)


class StatesSerializer(serializers.Serializer[Told]):
    """There, not there, or not known: three values, never two."""

    mx = word(KNOWN)
    spf = word(KNOWN)
    dkim = word(KNOWN)
    dmarc = word(KNOWN)
    mta_sts = word(KNOWN)
    tls_rpt = word(KNOWN)
    bimi = word(KNOWN)


class EvidenceSerializer(serializers.Serializer[Told]):
    """A record, and what it says."""

    provider = word(choices.PROVIDERS)
    asked = serializers.CharField(read_only=True, help_text="The question: the kind of record and the name.")
    record = serializers.CharField(read_only=True)
    says = serializers.CharField(read_only=True)


class MailboxesSerializer(serializers.Serializer[Told]):
    """Who keeps the mailboxes, also behind a mail filter. The score counts the provider of the MX host all the same."""

    provider = WordOrNull(choices.PROVIDERS, help_text="null: not known, or the domain receives no mail.")
    behind = serializers.CharField(read_only=True, allow_null=True, help_text="The filter or host in front of them.")
    confidence = WordOrNull(LEVELS)
    tenant = serializers.CharField(read_only=True, allow_null=True, help_text="The Microsoft tenant that DNS names.")
    rests_on = EvidenceSerializer(many=True, read_only=True)
    also = EvidenceSerializer(many=True, read_only=True, help_text="Records that speak for somebody else.")
    not_answered = texts(help_text="Questions without an answer, with the reason.")
    sentence = serializers.CharField(read_only=True)


class SpfCheckSerializer(serializers.Serializer[Told]):
    """The SPF record followed to the limits of RFC 7208."""

    verdict = word(VERDICTS, help_text="broken: receivers refuse the record as a whole.")
    lookups = serializers.IntegerField(read_only=True, min_value=0, help_text="10 are allowed.")
    is_exact = serializers.BooleanField(read_only=True, help_text="false: there are at least so many lookups.")
    over_limit = serializers.BooleanField(read_only=True, allow_null=True, help_text="null: not known.")
    void_lookups = serializers.IntegerField(read_only=True, min_value=0, help_text="2 are allowed.")
    final_all = serializers.CharField(
        read_only=True, allow_null=True, help_text="+, -, ~ or ?; empty: no `all`; null: not known."
    )
    faults = texts(help_text="Why receivers refuse it.")
    not_known = texts(help_text="Lookups without an answer.")
    unknowable = texts(help_text="Terms with macros: what they ask depends on the mail.")
    tree = serializers.DictField(read_only=True, help_text="The records it leads to: how, name, state, record, below.")


class MailPolicySerializer(serializers.Serializer[Told]):
    """A policy, and the record that states it."""

    state = word(KNOWN)
    record = serializers.CharField(read_only=True, allow_null=True)
    note = serializers.CharField(read_only=True, allow_null=True)


class MailPoliciesSerializer(serializers.Serializer[Told]):
    """What is published about mail on its way."""

    mta_sts = MailPolicySerializer(read_only=True)
    tls_rpt = MailPolicySerializer(read_only=True)
    bimi = MailPolicySerializer(read_only=True)


class ScoreRangeSerializer(serializers.Serializer[Told]):
    """Where the score may lie, because something that it rests on is not known."""

    lowest = serializers.IntegerField(read_only=True, min_value=0, max_value=100)
    highest = serializers.IntegerField(read_only=True, min_value=0, max_value=100)
    segments = serializers.ListField(child=word(choices.SEGMENTS), read_only=True)
    not_known = serializers.ListField(child=word(FACTS), read_only=True)
    sentence = serializers.CharField(read_only=True)


class UnansweredSerializer(serializers.Serializer[Told]):
    """A scan newer than the signals, which DNS did not answer in full."""

    attempted_at = serializers.DateTimeField(read_only=True)
    not_known = serializers.ListField(child=word(FACTS), read_only=True)
    answers = serializers.DictField(read_only=True)


def concluded(value: Mapping[str, Any], serializer: type[serializers.Serializer[Told]]) -> Any:
    """A conclusion as it is shown; null where none was kept: there is nothing to conclude, or it was not looked for."""
    return serializer(value).data if value else None
