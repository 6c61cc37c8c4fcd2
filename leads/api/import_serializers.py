"""Imports of company lists as JSON, and what a caller may send."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from hunter.ops.api.inputs import StrictSerializer
from hunter.ops.api.words import TextOrNull, word
from leads.api import import_examples as examples
from leads.importing.encodings import Encoding
from leads.importing.separated import Separator
from leads.models import CompanyImport, ImportRow, ImportState
from leads.services.import_files import largest, limit_words


class NewImportSerializer(StrictSerializer):
    """A list, and how it is imported. Columns are recognized by their headers; by hand they are chosen in the admin."""

    file = serializers.FileField(help_text="CSV or Excel (.xlsx).")
    dry_run = serializers.BooleanField(default=False, help_text="Say what would change, and touch no company.")
    scan = serializers.BooleanField(default=True, help_text="Have new companies scanned.")
    encoding = serializers.ChoiceField(
        [(one.value, one.words) for one in Encoding], required=False, help_text="Of a CSV; worked out unless given."
    )
    separator = serializers.ChoiceField(
        [(one.value, one.words) for one in Separator], required=False, help_text="Of a CSV; worked out unless given."
    )

    def validate_file(self, file: Any) -> Any:
        if file.size > largest():
            raise serializers.ValidationError(f"The file is larger than {settings.IMPORT_MAX_MB} MB. {limit_words()}")
        return file


@extend_schema_serializer(examples=[OpenApiExample("An import", examples.IMPORT, response_only=True)])
class ImportSerializer(serializers.ModelSerializer[CompanyImport]):
    """An import, and how far it is: rows = created + updated + unchanged + merged + rejected."""

    id = serializers.CharField(source="pk", read_only=True)
    file = serializers.CharField(source="file.name", read_only=True)
    size = serializers.IntegerField(source="file.size", read_only=True, help_text="Bytes.")
    state = word(ImportState.choices)
    scan = serializers.BooleanField(source="scan_new", read_only=True)
    read_as = serializers.CharField(source="reading_plan.words", read_only=True)
    columns = serializers.DictField(
        source="plan.layout.columns", read_only=True, help_text="Each recognized column with its place, from 0."
    )
    progress = serializers.FloatField(source="share", read_only=True, min_value=0, max_value=1)
    rate = serializers.FloatField(read_only=True, help_text="Rows a second.")
    seconds_left = serializers.SerializerMethodField(help_text="About; null while nobody can tell.")
    asked_by = TextOrNull()
    error = TextOrNull()

    class Meta:
        model = CompanyImport
        fields = (
            "id", "file", "size", "state", "dry_run", "scan", "read_as", "columns", "progress", "rate", "seconds_left",
            "rows", "created", "updated", "unchanged", "merged", "rejected", "asked_by", "created_at", "started_at",
            "finished_at", "error",
        )  # fmt: skip
        read_only_fields = fields

    def get_seconds_left(self, run: CompanyImport) -> float | None:
        left = run.time_left
        return None if left is None else round(left.total_seconds(), 1)


@extend_schema_serializer(examples=[OpenApiExample("A refused row", examples.REJECT, response_only=True)])
class RejectSerializer(serializers.ModelSerializer[ImportRow]):
    """A row that was refused: which one, why, and what stands in it."""

    row = serializers.IntegerField(source="number", read_only=True, help_text="As the spreadsheet counts.")
    cells = serializers.ListField(source="told", child=serializers.CharField(), read_only=True)

    class Meta:
        model = ImportRow
        fields = ("row", "reason", "cells")
        read_only_fields = fields
