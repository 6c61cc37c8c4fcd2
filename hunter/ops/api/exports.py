"""`GET …/export/`: the rows that a list's filters leave, as CSV or XLSX, streamed; as JSON, how many that are (g.7)."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from hunter.exports.sheet import Sheet
from hunter.ops.api.filters import UNFILTERED
from hunter.ops.api.ordered_pages import OrderedPages
from hunter.ops.api.permissions import signed_in
from hunter.ops.api.resources import Resource
from hunter.ops.exporting import MEDIA_TYPES, Form, begin_export, download

M = TypeVar("M", bound=Model)
FORMAT = "format"


class CsvFile(BaseRenderer):
    """Chosen by `format=csv` or `Accept: text/csv`; what it stands for is streamed, never rendered."""

    media_type = "text/csv"
    format = Form.CSV.value
    render_style = "binary"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return JSONRenderer().render(data)


class XlsxFile(CsvFile):
    """As CsvFile, for a workbook."""

    media_type = MEDIA_TYPES[Form.XLSX]
    format = Form.XLSX.value


class ExportSerializer(serializers.Serializer[Any]):
    """What would leave the house, and where it is to be had."""

    rows = serializers.IntegerField(help_text="How many rows the filters leave now.")
    csv = serializers.URLField()
    xlsx = serializers.URLField()


HERE = "https://hunter.example.com/api/v1/companies/export/?segment=Migration"
EXAMPLES = [
    OpenApiExample("How many", {"rows": 1204, "csv": f"{HERE}&format=csv", "xlsx": f"{HERE}&format=xlsx"}),
    OpenApiExample("As CSV", "Domain,Company,…\r\ncontoso.com,Contoso,…\r\n", media_type=CsvFile.media_type),
    OpenApiExample("As XLSX", "PK…", media_type=XlsxFile.media_type),
]
DESCRIPTION = (
    "With `format=csv` or `format=xlsx` (or that `Accept`): every row that the filters leave, in one answer that is "
    "written while it is sent. CSV is UTF-8 with its mark, fields parted by commas; texts that a spreadsheet would "
    "calculate have an apostrophe in front. Up to 100,000 rows stand in the order of the list, more by their key. It asks "
    "for the permission to export, and is noted in the audit log with its filters and the number of rows, which is in the "
    "header `X-Hunter-Rows` too. Without a format: how many rows there are, and both addresses."
)


class Exported(Resource[M]):
    """A list that may leave the house. The permission to export is asked beside the one to read: what is exported may
    hold personal data.
    """

    def sheet(self) -> Sheet:
        """The columns of the file."""
        raise NotImplementedError

    @extend_schema(
        summary="The list as a file",
        description=DESCRIPTION,
        parameters=[OpenApiParameter(FORMAT, OpenApiTypes.STR, enum=[form.value for form in Form])],
        responses={
            (200, "application/json"): ExportSerializer,
            (200, CsvFile.media_type): OpenApiTypes.BINARY,
            (200, XlsxFile.media_type): OpenApiTypes.BINARY,
        },
        examples=EXAMPLES,
        filters=True,
    )
    @action(
        detail=False, methods=["get"], pagination_class=None, serializer_class=ExportSerializer,
        renderer_classes=[JSONRenderer, BrowsableAPIRenderer, CsvFile, XlsxFile],
    )  # fmt: skip
    def export(self, request: Request) -> HttpResponseBase:
        reading = self.permission_for["read"]
        if not request.user.has_perm(reading):
            raise PermissionDenied(f"You may not do this: it needs the permission {reading} too.")
        rows = self.in_order(self.filter_queryset(self.get_queryset()), request)
        wanted = request.accepted_renderer.format
        if wanted not in set(Form):
            return self.offer(rows, request)

        filters = {name: value for name, value in request.query_params.items() if name not in UNFILTERED}
        form = Form(wanted)
        return download(begin_export(rows, sheet=self.sheet(), form=form, by=signed_in(request), filters=filters))

    def offer(self, rows: QuerySet[M], request: Request) -> Response:
        """How many rows would leave; nothing leaves yet, and nothing is noted."""
        here = request.build_absolute_uri()
        told = {form.value: replace_query_param(here, FORMAT, form.value) for form in Form}
        return Response({"rows": rows.order_by().count()} | told)

    def in_order(self, rows: QuerySet[M], request: Request) -> QuerySet[M]:
        """The rows in the order in which the list shows them."""
        pages = type(self).pagination_class
        if pages is None or not issubclass(pages, OrderedPages):
            return rows.order_by("-pk")
        return rows.order_by(*(step.order(is_back=False) for step in pages.chosen_steps(request)))

    def handle_exception(self, exc: Exception) -> Response:
        if self.action == "export":  # what goes wrong is told as everywhere, not in the form of a file
            self.request.accepted_renderer, self.request.accepted_media_type = JSONRenderer(), "application/json"
        return super().handle_exception(exc)
