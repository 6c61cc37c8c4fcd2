"""Which CRM the address of a page names."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from crm.backend import CrmBackend
from crm.registry import chosen_crm, chosen_crms
from hunter.errors import HunterError
from hunter.ops.filters import ChoiceFilter


def asked_crm(request: HttpRequest) -> CrmBackend:
    """The CRM that `crm` names, else the first. Raises Http404 for one that is not set."""
    try:
        return chosen_crm(request.GET.get("crm"))
    except HunterError as error:
        raise Http404(error.message) from error


class CrmFilter(ChoiceFilter):
    """Which CRM, where there are several."""

    title = "CRM"
    parameter_name = "crm"

    def choices_shown(self) -> list[tuple[str, str]]:
        backends = chosen_crms()
        return [(backend.name, backend.title) for backend in backends] if len(backends) > 1 else []

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return rows.filter(crm=chosen)
