"""`GET …/export/`: the rows that a list's filters leave, as CSV or XLSX, streamed (g.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from hunter.exports.sheet import Sheet
from hunter.ops.api.filters import UNFILTERED
from hunter.ops.api.ordered_pages import OrderedPages
from hunter.ops.api.permissions import signed_in
from hunter.ops.api.resources import Resource
from hunter.ops.exporting import MEDIA_TYPES, Form, begin_export, download

M = TypeVar("M", bound=Model)


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


class Exported(Resource[M]):
    """A list that may leave the house. The permission "export" is asked beside "read"."""

    permission_for: ClassVar[Mapping[str, str]]

    def sheet(self) -> Sheet:
        """The columns of the file."""
        raise NotImplementedError

    @extend_schema(
        summary="The list as a file",
        description="Every row that the filters leave, in one answer that is written while it is sent: CSV (UTF-8 with "
        "its mark, commas) or XLSX. Up to 100,000 rows stand in the order of the list, more by their key. It is noted in "
        "the audit log with its filters and the number of rows, which is also in the header `X-Hunter-Rows`.",
        parameters=[
            OpenApiParameter("format", OpenApiTypes.STR, enum=[form.value for form in Form], default=Form.CSV.value)
        ],
        responses={(200, one.split(";")[0]): OpenApiTypes.BINARY for one in MEDIA_TYPES.values()},
        filters=True,
    )
    @action(detail=False, methods=["get"], renderer_classes=[CsvFile, XlsxFile], pagination_class=None)
    def export(self, request: Request) -> HttpResponseBase:
        reading = self.permission_for["read"]
        if not signed_in(request).has_perm(reading):  # type: ignore[attr-defined]  # of Django's users
            raise PermissionDenied(f"You may not do this: it needs the permission {reading} too.")
        rows = self.in_order(self.filter_queryset(self.get_queryset()), request)
        form = Form(request.accepted_renderer.format)
        filters = {name: value for name, value in request.query_params.items() if name not in UNFILTERED}
        return download(begin_export(rows, sheet=self.sheet(), form=form, by=signed_in(request), filters=filters))

    def in_order(self, rows: QuerySet[M], request: Request) -> QuerySet[M]:
        """The rows in the order in which the list shows them."""
        pages = type(self).pagination_class
        if pages is None or not issubclass(pages, OrderedPages):
            return rows.order_by("-pk")
        return rows.order_by(*(step.order(is_back=False) for step in pages.chosen_steps(request)))

    def handle_exception(self, exc: Exception) -> Response:
        if self.action == "export":
            self.request.accepted_renderer, self.request.accepted_media_type = JSONRenderer(), "application/json"
        return super().handle_exception(exc)
