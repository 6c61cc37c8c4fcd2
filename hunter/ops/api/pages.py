"""Lists come in pages that a cursor walks: no page is counted, none is skipped over when rows come in (R7.3)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.views import APIView

LONGEST_PAGE = 500


class NewestFirst(CursorPagination):
    """Newest row first, by the key: a row that changes while somebody walks stays in its place."""

    page_size = 50
    page_size_query_param = "page_size"
    page_size_query_description = f"How many to a page: 50, at most {LONGEST_PAGE}."
    cursor_query_description = "Where a page begins; take `next` and `previous` of an answer as they are."
    max_page_size = LONGEST_PAGE
    ordering: str | tuple[str, ...] = "-id"

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, DjangoValidationError, NotFound):
            raise ValidationError(
                {"cursor": "This is no cursor that Hunter gave. Begin with the first page."}
            ) from None

    def get_page_size(self, request: Request) -> int | None:
        wanted = request.query_params.get(self.page_size_query_param)
        if wanted is None:
            return self.page_size
        if not wanted.isascii() or not wanted.isdigit() or not 0 < int(wanted[:9]) <= LONGEST_PAGE:
            raise ValidationError({"page_size": f"Give a whole number from 1 to {LONGEST_PAGE}."})
        return int(wanted)
