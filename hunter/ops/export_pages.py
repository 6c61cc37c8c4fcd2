"""A list's export in the admin: what its filter and search show, taken by a POST with a permission of its own (g.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from hunter.ops.exporting import Form, begin_export, download, permission_to_export

if TYPE_CHECKING:
    from hunter.ops.model_admin import HunterModelAdmin


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """One line of the menu: the form, and the address that gives it."""

    title: str
    url: str


def may_export(admin: HunterModelAdmin, request: HttpRequest) -> bool:
    """Whether this person may take the list out of the house."""
    user: Any = request.user
    allowed: bool = user.is_active and user.has_perm(permission_to_export(admin.model))
    return allowed and bool(admin.has_view_permission(request))


def choices(admin: HunterModelAdmin, request: HttpRequest) -> list[ExportChoice]:
    """What the menu offers; nothing where there is no sheet or no permission."""
    if admin.sheet() is None or not may_export(admin, request):
        return []
    return [ExportChoice(form.value.upper(), export_url(admin, form)) for form in Form]


def export_url(admin: HunterModelAdmin, form: Form) -> str:
    """Where a form of the list is asked for, with the list's own query behind it."""
    return reverse(f"admin:{admin.opts.app_label}_{admin.opts.model_name}_export", args=[form.value])


def export_view(admin: HunterModelAdmin, request: HttpRequest, form: str) -> HttpResponseBase:
    """The rows that filter and search leave, as a file. A POST, since it is noted in the audit log."""
    if not may_export(admin, request):
        raise PermissionDenied
    sheet = admin.sheet()
    if sheet is None or form not in set(Form):
        raise Http404(f"There is no export as {form}.")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])

    asked = request.GET.copy()
    asked.pop(PAGE_VAR, None)  # every page leaves, whichever is open
    request.GET = asked  # type: ignore[assignment]  # the list reads its filters there
    try:
        rows = admin.get_changelist_instance(request).get_queryset(request)
    except IncorrectLookupParameters:
        return HttpResponseRedirect(admin.list_address)
    export = begin_export(
        rows, sheet=sheet, form=Form(form), by=request.user, filters={name: asked[name] for name in asked}  # type: ignore[arg-type]  # staff are never anonymous
    )  # fmt: skip
    return download(export)
