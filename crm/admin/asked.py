"""Which CRM the address of a page names."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from crm.backend import CrmBackend
from crm.registry import chosen_crm
from hunter.errors import HunterError


def asked_crm(request: HttpRequest) -> CrmBackend:
    """The CRM that `crm` names, else the first. Raises Http404 for one that is not set."""
    try:
        return chosen_crm(request.GET.get("crm"))
    except HunterError as error:
        raise Http404(error.message) from error
