"""Where Partner Center's webhooks go, as JSON, and what a caller may send."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from hunter.ops.api.inputs import StrictSerializer
from hunter.ops.api.words import TextOrNull


class LastSeenSerializer(serializers.Serializer[Any]):
    """What was registered when Partner Center was last asked, and how the last test went; null where nobody asked yet."""

    address = TextOrNull(
        help_text="Hunter's own address for webhooks; null where HUNTER_URL is none that Microsoft can use."
    )
    url = TextOrNull(help_text="The address that is registered.")
    events = serializers.ListField(child=serializers.CharField(), read_only=True)
    ours = serializers.BooleanField(read_only=True, help_text="The registered address is Hunter's.")
    seen_at = serializers.DateTimeField(read_only=True, allow_null=True)
    tested_at = serializers.DateTimeField(read_only=True, allow_null=True)
    test_told = TextOrNull()


class RegisteredSerializer(serializers.Serializer[Any]):
    """What is registered now, whether that was changed, and whether the test arrived where one was sent."""

    url = serializers.CharField(allow_null=True)
    events = serializers.ListField(child=serializers.CharField())
    ours = serializers.BooleanField()
    changed = serializers.BooleanField()
    before = serializers.CharField(allow_null=True, help_text="The address that lost the events.")
    arrived = serializers.BooleanField(allow_null=True)
    detail = serializers.CharField()


class RegisterSerializer(StrictSerializer):
    """Whether another address may lose its events."""

    replace = serializers.BooleanField(default=False, help_text="Take the events from the address that has them now.")
