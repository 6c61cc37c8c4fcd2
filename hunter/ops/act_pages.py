"""Performing an act: permission first, then the method, then the rows read anew, the dialog where one asks, the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from hunter.errors import HunterError
from hunter.ops.acts import Act, ActResult, Chosen, Place

if TYPE_CHECKING:
    from hunter.ops.model_admin import HunterModelAdmin

ID, EVERYTHING, CONFIRMED, NEXT = "id", "everything", "confirmed", "next"


def act_view(admin: HunterModelAdmin, request: HttpRequest, name: str) -> HttpResponse:
    """The one address of an act. Nothing changes by GET; a person without the permission gets 403, whatever he asks."""
    act = next((one for one in admin.all_acts() if one.name == name), None)
    if act is None:
        raise Http404(f"There is no act {name}.")
    if not (act.is_allowed(request.user) and admin.has_view_permission(request)):
        raise PermissionDenied
    if request.method == "POST":
        return perform(admin, request, act, rows=chosen_rows(admin, request, act))
    if request.method == "GET" and act.asks:
        return admin.ask_first(request, act, rows=chosen_rows(admin, request, act), form=None)
    return HttpResponseNotAllowed(["POST"])


def chosen_rows(admin: HunterModelAdmin, request: HttpRequest, act: Act) -> QuerySet[Any]:
    """The rows that were chosen, as this person may see them now: by id, or all that the filters of the list leave."""
    rows = admin.get_queryset(request)
    if EVERYTHING in request.POST or EVERYTHING in request.GET:
        filters = request.GET.copy()
        filters.pop(EVERYTHING, None)
        request.GET = filters  # type: ignore[assignment]  # the list reads its filters there
        rows = admin.get_changelist_instance(request).get_queryset(request)
        return plain(rows)
    ids = request.POST.getlist(ID) or request.GET.getlist(ID)
    if not ids and act.places == {Place.PAGE}:
        return plain(rows.none())
    return plain(rows.filter(pk__in=[one for one in ids if is_key(admin.model, one)]))


def is_key(model: type[Model], text: str) -> bool:
    """Whether the text can be a key of the model at all."""
    try:
        model._meta.pk.to_python(text)
    except forms.ValidationError:
        return False
    return True


def plain(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The same rows without the list's annotations and joins, so that a service may lock them."""
    bare: QuerySet[Any] = rows.model._default_manager.filter(pk__in=rows.order_by().values("pk"))
    return bare


def perform(admin: HunterModelAdmin, request: HttpRequest, act: Act, *, rows: QuerySet[Any]) -> HttpResponse:
    """Do it, or ask first. What a person can act on comes back as a message, in the dialog where there is one."""
    if not act.is_allowed(request.user):
        raise PermissionDenied
    if Place.PAGE not in act.places and not rows.exists():
        messages.warning(request, "Nothing was chosen, or it is not there any more. Nothing was changed.")
        return HttpResponseRedirect(back(admin, request))

    confirmed = CONFIRMED in request.POST
    if act.asks and not confirmed:
        return admin.ask_first(request, act, rows=rows, form=None)
    form = act.form(request.POST, request.FILES) if act.form else None
    if form is not None and not form.is_valid():
        return admin.ask_first(request, act, rows=rows, form=form)

    try:
        result = act.run(Chosen(rows, request.user, form.cleaned_data if form else {}))
    except HunterError as error:
        if form is not None and error.field in form.fields:
            form.add_error(error.field, error.message)
            return admin.ask_first(request, act, rows=rows, form=form)
        messages.error(request, error.message)
        return HttpResponseRedirect(back(admin, request))
    admin.tell(request, result)
    return HttpResponseRedirect(getattr(result, "lead_to", "") or back(admin, request))


def tell(request: HttpRequest, result: ActResult) -> None:
    """Say what happened, in the service's own words."""
    (messages.warning if result.failed else messages.success)(request, result.sentence())


def dialog(
    admin: HunterModelAdmin, request: HttpRequest, act: Act, *, rows: QuerySet[Any], form: forms.Form | None
) -> HttpResponse:
    """The one page that asks before an act: what it will do to how many, and why, where a reason is wanted."""
    everything = EVERYTHING in request.POST
    shown = list(rows[:6])
    if form is None and act.form is not None:
        form = act.form(initial=dict(act.initial(rows)) if act.initial else None)
    context = {
        **admin.admin_site.each_context(request),
        "title": act.label,
        "crumbs": admin.crumbs((act.label, "")),
        "opts": admin.model._meta,
        "act": act,
        "question": act.about(rows) if act.about else act.question,
        "form": form,
        "rows": [admin.row_title(row) for row in shown[:5]],
        "has_more": len(shown) > 5,
        "ids": [] if everything else list(rows.values_list("pk", flat=True)),
        "everything": everything,
        "action": f"{act_url(admin, act)}?{request.GET.urlencode()}" if everything else act_url(admin, act),
        "next": back(admin, request),
        "media": form.media if form else "",
    }
    return TemplateResponse(request, "admin/dialog.html", context)


def act_url(admin: HunterModelAdmin, act: Act) -> str:
    """Where an act is asked for."""
    opts = admin.model._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_act", args=[act.name])


def dialog_url(admin: HunterModelAdmin, act: Act, **query: object) -> str:
    """The address of an act's dialog, to be linked to: a GET of it changes nothing."""
    return f"{act_url(admin, act)}?{urlencode(query)}"


def back(admin: HunterModelAdmin, request: HttpRequest) -> str:
    """The page the person came from, when it is one of ours."""
    wanted = request.POST.get(NEXT) or request.headers.get("referer", "")
    own = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    if own and request.path not in wanted:
        return wanted
    opts = admin.model._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
