"""What every list and every row of the API has in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django.db.models import Model
from django.utils.text import capfirst
from django_filters import FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from hunter.ops.api.preconditions import etag_of, require_current
from hunter.versioning import VersionedModel

M = TypeVar("M", bound=Model)
V = TypeVar("V", bound=VersionedModel)
LONGEST_SHOWN = 255

ETAG = OpenApiParameter(
    "ETag",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    response=[200],
    description="The version of the row: send it back as If-Match to change it.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag of the version that was read. Without it 428, with an older one 412.",
)


def page_title(view: APIView) -> str:
    """What stands above an address in a browser: the act, or what its rows are called."""
    if act := getattr(view, "name", None):
        return str(act)
    if (queryset := getattr(view, "queryset", None)) is None:
        return str(capfirst(getattr(view, "title", "")))
    names = queryset.model._meta
    return str(capfirst(names.verbose_name if getattr(view, "detail", False) else names.verbose_name_plural))


class Room(GenericViewSet[M]):
    """The address of a row, for acts on it.

    `permission_for` names the permission for "read" and for each act; an act that it does not name is closed.
    """

    permission_for: ClassVar[Mapping[str, str]]
    filterset_class: type[FilterSet] | None = None

    def get_object(self) -> M:
        wanted = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        rows = self.get_queryset()
        try:
            row = rows.filter(**{self.lookup_field: wanted}).first()
        except ValueError:  # no value of this column: a null byte, a number with thousands of digits
            row = None
        if row is None:
            raise NotFound(f"There is no {rows.model._meta.verbose_name} {wanted[:LONGEST_SHOWN]}.")
        return row


class Resource(Room[M]):
    """Rows that can be listed and read one by one, and acts on them."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.get_serializer(self.get_object()).data)


class VersionedResource(Resource[V]):
    """Rows with a version: an answer has its ETag, a write must name it (R3.3)."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.represent(self.get_object())

    def represent(self, row: V) -> Response:
        """The row as JSON, with the ETag of the values that the database has."""
        return Response(self.get_serializer(row).data, headers={"ETag": etag_of(row)}, status=status.HTTP_200_OK)

    def get_current(self) -> V:
        """The row, if it still is at the version that the caller names; the save that follows is fenced by it."""
        row = self.get_object()
        require_current(row, if_match=self.request.headers.get("If-Match"))
        return row
