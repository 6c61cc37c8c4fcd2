"""Imports of company lists over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from hunter.ops.api.accepted import AcceptedSerializer, accepted
from hunter.ops.api.inputs import NothingToSay
from hunter.ops.api.permissions import signed_in
from hunter.ops.api.resources import Resource
from leads.api import import_examples as examples
from leads.api.filters import ImportFilter
from leads.api.import_serializers import ImportSerializer, NewImportSerializer, RejectSerializer
from leads.importing.encodings import Encoding
from leads.importing.separated import Separator
from leads.models import CompanyImport, ImportRow, RowOutcome
from leads.rejects_download import rejects_response
from leads.services.imports import Choices, prepare_import, reread, resume_import, start_import, stop_import

MULTIPART = "multipart/form-data"
AS_FILE = OpenApiParameter(
    "format",
    str,
    enum=["csv", "json"],
    description="csv: all refused rows as one file that can be mended and imported.",
)


class CsvRenderer(BaseRenderer):
    """Says that there is a CSV; the rows themselves are streamed past it."""

    media_type, format = "text/csv", "csv"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        return JSONRenderer().render(data, accepted_media_type, renderer_context)  # a problem, never the rows


@extend_schema(tags=["imports"])
@extend_schema_view(
    list=extend_schema(summary="Imports of company lists, newest first"),
    retrieve=extend_schema(summary="How far one is"),
)
class ImportViews(Resource[CompanyImport]):
    """Imports of company lists: CSV and Excel."""

    queryset = CompanyImport.objects.select_related("file")
    serializer_class = ImportSerializer
    filterset_class = ImportFilter
    lookup_value_regex = "[0-9]+"
    permission_for: ClassVar = {
        "read": "leads.view_companyimport",
        "rejects": "leads.view_companyimport",
        "create": "leads.start_companyimport",
        "cancel": "leads.start_companyimport",
        "resume": "leads.start_companyimport",
    }

    def get_parsers(self) -> list[Any]:
        return (
            [MultiPartParser()]
            if self.request and self.request.method == "POST" and not self.detail
            else super().get_parsers()
        )

    @extend_schema(
        summary="Import a list",
        request={MULTIPART: NewImportSerializer},
        responses={202: AcceptedSerializer},
        examples=[
            OpenApiExample("A workbook", examples.NEW_IMPORT, request_only=True, media_type=MULTIPART),
            OpenApiExample("It begins", examples.IMPORT_ACCEPTED, response_only=True, status_codes=["202"]),
        ],
    )
    def create(self, request: Request) -> Response:
        given = NewImportSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wish, person = given.validated_data, signed_in(request)
        file = wish["file"]
        run = prepare_import(file.file, name=file.name, asked_by=person.get_username())
        run = as_wished(run, wish)
        choices = Choices(dry_run=wish["dry_run"], scan_new=wish["scan"])
        run = start_import(run, choices=choices, layout=run.reading_plan.layout, by=person)
        what = "check" if run.dry_run else "import"
        told = f"{run.file.name} was read as {run.reading_plan.words()}; the {what} begins within a minute."
        return accepted(request, told, route="import", key=run.pk)

    @extend_schema(
        summary="Its refused rows, with the reason of each",
        parameters=[AS_FILE],
        responses={(200, "application/json"): RejectSerializer(many=True)},
    )
    @action(
        detail=True, methods=["get"], filterset_class=None,
        renderer_classes=[JSONRenderer, BrowsableAPIRenderer, CsvRenderer],
    )  # fmt: skip
    def rejects(self, request: Request, pk: str) -> Any:
        run = self.get_object()
        if request.accepted_renderer.format == CsvRenderer.format:
            return rejects_response(run)
        rows = ImportRow.objects.filter(company_import=run, outcome=RowOutcome.REJECTED)
        page: Any = self.paginate_queryset(rows)  # type: ignore[arg-type]  # rows of another model
        return self.get_paginated_response(RejectSerializer(page, many=True).data)

    @extend_schema(summary="Stop it; what is in stays", request=NothingToSay, responses=ImportSerializer)
    @action(detail=True, methods=["post"], serializer_class=NothingToSay)
    def cancel(self, request: Request, pk: str) -> Response:
        return Response(ImportSerializer(stop_import(self.get_object(), by=signed_in(request))).data)

    @extend_schema(summary="Go on where it stopped", request=NothingToSay, responses=ImportSerializer)
    @action(detail=True, methods=["post"], serializer_class=NothingToSay)
    def resume(self, request: Request, pk: str) -> Response:
        return Response(ImportSerializer(resume_import(self.get_object(), by=signed_in(request))).data)


def as_wished(run: CompanyImport, wish: dict[str, Any]) -> CompanyImport:
    """Read anew where the caller knows better how the file is written."""
    if not wish.get("encoding") and not wish.get("separator"):
        return run
    plan = run.reading_plan
    encoding = Encoding(wish["encoding"]) if wish.get("encoding") else plan.encoding
    separator = Separator(wish["separator"]) if wish.get("separator") else None
    return reread(run, replace(plan, encoding=encoding, separator=separator))
