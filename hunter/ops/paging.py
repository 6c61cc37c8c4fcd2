"""Lists over big tables: no page counts more rows than a person would turn (R7.7, platform: a million rows)."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.main import ALL_VAR, PAGE_VAR, SEARCH_VAR
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.functional import cached_property
from unfold.views import ChangeList

MOST_COUNTED = 10_000
PER_PAGE = "per_page"


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Counts up to 10,000 rows; past that a list says "more than", and is searched instead of turned."""

    template_name = "admin/capped_pagination.html"

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        return rows.order_by()[: MOST_COUNTED + 1].count()

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return self.count > MOST_COUNTED


class HunterChangeList(ChangeList):
    """A list that asks for its count once, says "Show all" only where something is left out, and shows as many rows to
    a page as a person chose, where the list offers a choice. `empty_tab`: the one that has no row, where it alone narrows.
    """

    result_list: Any
    empty_tab: Any

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """How many to a page is no filter."""
        found: dict[str, Any] = super().get_filters_params(params)
        found.pop(PER_PAGE, None)
        return found

    def get_results(self, request: HttpRequest) -> None:
        sizes = self.model_admin.page_sizes
        wanted = request.GET.get(PER_PAGE, "")
        if wanted.isdecimal() and int(wanted) in sizes:
            self.list_per_page = int(wanted)
        super().get_results(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count
        tabs = () if self.result_count else self.model_admin.tabs(request)
        alone = (tab for tab in tabs if tab.empty_title and tab.url == request.get_full_path())
        self.empty_tab = next(alone, None)

    @property
    def everything_qs(self) -> str:
        """The list without filters and search; of a list of parts, like the rows of an import, that of the same whole."""
        left = QueryDict(str(self.clear_all_filters_qs).removeprefix("?"), mutable=True)
        for name in (SEARCH_VAR, PAGE_VAR, ALL_VAR):
            left.pop(name, None)
        return f"?{left.urlencode()}"

    @property
    def page_size_choices(self) -> list[tuple[int, str, bool]]:
        """Each number of rows to a page that can be chosen, its address, and whether it is chosen now."""
        return [
            (size, self.get_query_string({PER_PAGE: size}), size == self.list_per_page)
            for size in self.model_admin.page_sizes
        ]
