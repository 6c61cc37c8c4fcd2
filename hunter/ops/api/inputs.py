"""What callers send is checked in full: a member that nobody knows is a fault, not something to pass over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers


class Text(serializers.CharField):
    """A text that a caller sends. DRF's own takes numbers too, and would make a phone "5.0" of 5.0."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictSerializer(serializers.Serializer[Any]):
    """An input whose unknown members are refused."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(str(name) for name in data if name not in known)
            if unknown:
                takes = f"This takes {', '.join(sorted(known))}." if known else "This takes nothing."
                raise serializers.ValidationError(
                    {name: [f"{name!r} can't be given here. {takes}"] for name in unknown}
                )
        return super().to_internal_value(data)


class NothingToSay(StrictSerializer):
    """An act that needs no more than its address."""
