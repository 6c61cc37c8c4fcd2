"""Texts and words as JSON: what is empty in the database is null for a reader."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class TextOrNull(serializers.CharField):
    """A text that may be unknown."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"read_only": True, "allow_null": True, **options})

    def to_representation(self, value: Any) -> str | None:  # type: ignore[override]  # DRF's own fields give None too
        return super().to_representation(value) or None


class WordOrNull(serializers.ChoiceField):
    """One of the domain document's words, or null while it is unknown."""

    def __init__(self, choices: Any, **options: Any) -> None:
        super().__init__(choices, **{"read_only": True, "allow_null": True, **options})

    def to_representation(self, value: Any) -> Any:
        return super().to_representation(value) or None


def word(choices: Any, **options: Any) -> serializers.ChoiceField:
    """A word that is always known."""
    return serializers.ChoiceField(choices, read_only=True, **options)
