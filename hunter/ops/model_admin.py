"""The ground of every page of the admin: our rules for lists, acts and edits (house style, admin; platform notes 7 and 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from unfold.admin import ModelAdmin

from hunter.audit.recording import record
from hunter.errors import HunterError
from hunter.exports.sheet import Sheet
from hunter.ops import act_pages, export_pages, stale_edits
from hunter.ops.acts import Act, ActResult, Place
from hunter.ops.edited import edited_values
from hunter.ops.home_keys import HOME_KEYS
from hunter.ops.looked import look_again
from hunter.ops.paging import CappedPaginator, HunterChangeList
from hunter.ops.showing import Tone, list_url
from hunter.versioning import StaleVersion, VersionedModel

SHORTEST_SEARCH = 3  # letters: less than a trigram no index can find


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the navigation that leads to a list; `waiting` counts what stands beside it as a badge."""

    group: str
    order: int
    title: str
    icon: str
    query: str = ""
    waiting: Callable[[], int] | None = None
    tone: str = "warning"


@dataclass(frozen=True, slots=True)
class Tab:
    """A named part of a list, with the number of its rows."""

    title: str
    url: str
    count: int | None = None
    active: bool = False
    tone: Tone = Tone.WAITING
    empty_title: str = ""  # what stands there when it has no row and nothing else narrows it
    empty_hint: str = ""


class HunterModelAdmin(ModelAdmin):
    """Lists that stay quick at a million rows, acts that are POSTs with a permission, edits that lose nothing.

    `acts` are offered on rows, on selections, on a row's page and on the list itself, each where it says so.
    """

    list_per_page = 25
    list_max_show_all = 100
    show_full_result_count = False
    paginator = CappedPaginator
    list_filter_submit = True
    list_filter_sheet = True
    change_list_template = "admin/hunter_change_list.html"
    change_form_template = "admin/hunter_change_form.html"
    save_on_top = False
    actions_selection_counter = True

    nouns: ClassVar[tuple[str, str] | None] = None  # one and many, where people say it otherwise than the model
    navigation: ClassVar[Sequence[Entry]] = ()
    parts: ClassVar[Sequence[str]] = ()  # lists of what belongs to its rows, like the domains of a scan
    acts: ClassVar[Sequence[Act]] = ()
    home_acts: ClassVar[Sequence[str]] = ()
    empty_title: ClassVar[str] = "Nothing here yet"
    empty_hint: ClassVar[str] = ""
    refresh_seconds: ClassVar[int] = 0
    page_sizes: ClassVar[Sequence[int]] = ()

    # Acts ---------------------------------------------------------------------------------------------------------

    def all_acts(self) -> Sequence[Act]:
        """Every act on this model, those that other apps have registered too."""
        return self.acts

    def acts_at(self, place: Place, request: HttpRequest) -> list[Act]:
        """What this person may do there."""
        return [act for act in self.all_acts() if place in act.places and act.is_allowed(request.user)]

    def get_urls(self) -> list[URLPattern]:
        name, guarded = f"{self.opts.app_label}_{self.opts.model_name}", self.admin_site.admin_view
        own = [path("act/<slug:name>/", guarded(self.act_view), name=f"{name}_act")]
        if self.sheet() is not None:
            own.append(path("export/<slug:form>/", guarded(self.export_view), name=f"{name}_export"))
        return [*own, *super().get_urls()]

    def act_view(self, request: HttpRequest, name: str) -> HttpResponse:
        return act_pages.act_view(self, request, name)

    def export_view(self, request: HttpRequest, form: str) -> HttpResponseBase:
        return export_pages.export_view(self, request, form)

    def ask_first(
        self, request: HttpRequest, act: Act, *, rows: QuerySet[Any], form: forms.Form | None
    ) -> HttpResponse:
        """The page that asks before an act; a model with more to choose from shows its own."""
        return act_pages.dialog(self, request, act, rows=rows, form=form)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        if not actions and not self.has_view_permission(request):
            return actions
        for act in self.acts_at(Place.SELECTION, request):
            actions[act.name] = (on_selection(act), act.name, act.button)
        return actions

    def tell(self, request: HttpRequest, result: ActResult) -> None:
        """Say what an act did, and let the home page look again."""
        look_again(*HOME_KEYS)
        act_pages.tell(request, result)

    def sheet(self) -> Sheet | None:
        """The columns in which the list may leave the house; None where it may not."""
        return None

    # Lists --------------------------------------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        columns = list(super().get_list_display(request))
        acts = self.acts_at(Place.ROW, request)
        return [*columns, self.row_buttons(acts)] if acts else columns

    def row_buttons(self, acts: Sequence[Act]) -> Callable[[Model], SafeString]:
        """The last column: our own POST buttons inside the list's form, which has the CSRF token."""

        def act_buttons(row: Model) -> SafeString:
            offered = [
                (act_pages.act_url(self, act), row.pk, button_class(act), act.button)
                for act in acts
                if act.offered(row)
            ]
            buttons = format_html_join(
                "",
                '<button type="submit" formaction="{}" formnovalidate name="id" value="{}" class="{}">{}</button>',
                offered,
            )
            return format_html('<span class="h-row-acts">{}</span>', buttons)

        act_buttons.short_description = ""  # type: ignore[attr-defined]  # Django's way to title a column
        return act_buttons

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[HunterChangeList]:
        return HunterChangeList

    @property
    def list_title(self) -> str:
        """What people call the list: as the navigation does, else by its model."""
        plain = next((entry.title for entry in self.navigation if not entry.query), "")
        return plain or capfirst(str(self.opts.verbose_name_plural))

    @property
    def one_row(self) -> str:
        """What people call a row."""
        return self.nouns[0] if self.nouns else str(self.opts.verbose_name)

    @property
    def many_rows(self) -> str:
        """What people call several rows."""
        return self.nouns[1] if self.nouns else str(self.opts.verbose_name_plural)

    def crumbs(self, *further: tuple[str, str]) -> list[tuple[str, str]]:
        """The way to a page: its list, then what follows; an empty address is where one is."""
        return [(self.list_title, self.list_address), *further]

    def list_crumbs(self, request: HttpRequest) -> list[tuple[str, str]]:
        """The way to the list; a list of parts is reached through what they belong to."""
        return [(self.list_title, "")]

    @property
    def list_address(self) -> str:
        """Where the list is, without any filter."""
        return list_url(f"{self.opts.app_label}_{self.opts.model_name}")

    def tabs(self, request: HttpRequest) -> Sequence[Tab]:
        """The parts of the list, counted."""
        return ()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {
            "crumbs": self.list_crumbs(request),
            "page_acts": [(act, act_pages.act_url(self, act)) for act in self.acts_at(Place.PAGE, request)],
            "state_tabs": self.tabs(request),
            "exports": export_pages.choices(self, request),
            "refresh_seconds": self.refresh_seconds,
            "title": self.list_title,
        }
        response: HttpResponse = super().changelist_view(request, context | (extra_context or {}))
        return response

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = search_term.split()
        if words and max(len(word) for word in words) < SHORTEST_SEARCH:
            if request.resolver_match and str(request.resolver_match.url_name).endswith("_changelist"):
                messages.info(request, f"Type at least {SHORTEST_SEARCH} letters to search for.")
            return queryset.none(), False
        found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, search_term)
        return found

    # One row ------------------------------------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            saved = self.save_by_service(request, object_id) if request.method == "POST" and object_id else None
            response: HttpResponse = saved or super().changeform_view(request, object_id, form_url, extra_context)
        except StaleVersion:
            return self.stale_view(request, str(object_id))
        except HunterError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(request.get_full_path())
        return response

    def save_by_service(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        """Save a versioned row through its service, outside the transaction that Django's form opens (house style, 3).

        None where there is nothing of the kind to do: Django's own way shows what is wrong with the form.
        Raises StaleVersion, HunterError.
        """
        row = self.get_object(request, unquote(object_id))
        if not isinstance(row, VersionedModel) or not self.has_change_permission(request, row):
            return None
        form = self.get_form(request, row, change=True)(request.POST, instance=row)
        if not form.is_valid():
            return None
        current = self.get_object(request, unquote(object_id))
        assert isinstance(current, VersionedModel)  # noqa: S101  it was there a moment ago, and rows are not deleted
        current.version = stale_edits.opened_as(request).version
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        self.tell(request, self.save_edit(current, changes=changes, by=request.user))
        response: HttpResponse = self.response_post_save_change(request, current)
        return response

    def save_edit(self, row: Any, *, changes: dict[str, Any], by: Any) -> ActResult:
        """What a person changed, to be saved by the service of the model, fenced by the row's version."""
        raise NotImplementedError(f"{type(self).__name__} edits a versioned model: name the service that saves it.")

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,  # noqa: FBT001, FBT002  the signature is Django's
        change: bool = False,  # noqa: FBT001, FBT002  the signature is Django's
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj is not None:
            offered = [act for act in self.acts_at(Place.DETAIL, request) if act.offered(obj)]
            context["detail_acts"] = [(act, act_pages.act_url(self, act)) for act in offered]
            context["headline"] = self.headline(request, obj)
            context["sections"] = self.sections(request, obj)
            context["title"], context["subtitle"] = self.row_title(obj), ""
            context["crumbs"] = self.crumbs((self.row_title(obj), ""))
            if isinstance(obj, VersionedModel) and self.has_change_permission(request, obj):
                posted = request.POST.get(stale_edits.TOKEN, "")
                context["version_token"] = posted or stale_edits.version_token(context["adminform"].form, obj)
        else:
            context["title"] = f"Add {self.one_row}"
            context["crumbs"] = self.crumbs(("Add", ""))
        context["show_save_and_add_another"] = context["show_save_and_continue"] = False
        response: HttpResponse = super().render_change_form(request, context, add, change, form_url, obj)
        return response

    def row_title(self, row: Any) -> str:
        """What one row is called on its page."""
        return str(row)

    def headline(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        """What stands beside the title: states, classes, links."""
        return ()

    def sections(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        """What the page shows below the form: one finished piece for each question."""
        return ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        super().save_model(request, obj, form, change)
        before, after = edited_values(form)
        by: Any = request.user
        record(obj, act="edit" if change else "add", by=by, before=before if change else None, after=after)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Say plainly what was added; a window that another form opened is closed in Django's way."""
        response: HttpResponse
        if IS_POPUP_VAR in request.POST:
            response = super().response_add(request, obj, post_url_continue)
        else:
            messages.success(request, f"{obj} was added.")
            response = self.response_post_save_add(request, obj)
        return response

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        record(obj, act="delete", by=request.user)  # type: ignore[arg-type]  # staff are never anonymous
        super().delete_model(request, obj)

    # The audit log takes the place of Django's own.
    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        return None

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        return None

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(
            list_url("audit_auditentry", subject_type=self.opts.label_lower, subject_id=unquote(object_id))
        )

    def stale_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Someone saved the row meanwhile: both edits field by field, and the way to keep what was typed (R3.3)."""
        row = self.get_object(request, unquote(object_id))
        form: forms.BaseForm = self.get_form(request, row, change=True)(instance=row)
        compared = stale_edits.changes(request, form, row, opened=stale_edits.opened_as(request))
        disputed = {one.name for one in compared if one.is_disputed}
        merged = stale_edits.merged_values(form, row, compared)
        context = {
            **self.admin_site.each_context(request),
            "title": self.row_title(row),
            "crumbs": self.crumbs((self.row_title(row), self.page_of(row)), ("Two people at once", "")),
            "opts": self.opts,
            "row": self.row_title(row),
            "changes": compared,
            "has_disputes": bool(disputed),
            "kept": [(name, value) for name, value in merged.items() if name not in disputed],
            "version_token": stale_edits.version_token(form, row),
            "action": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/stale_version.html", context, status=409)

    def page_of(self, row: Model) -> str:
        """The address of a row's page."""
        return f"{self.list_address}{quote(row.pk)}/change/"


class ReadOnlyModelAdmin(HunterModelAdmin):
    """Rows that machines write: people look at them, and act on them through acts."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def on_selection(act: Act) -> Callable[[HunterModelAdmin, HttpRequest, QuerySet[Any]], HttpResponse | None]:
    """The act as an action of Django's list: the selected rows, or all that match."""

    def run(admin: HunterModelAdmin, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        if request.POST.get("select_across") == "1":
            posted = request.POST.copy()
            posted[act_pages.EVERYTHING] = "1"
            request.POST = posted  # type: ignore[assignment]  # where the dialog looks for it
        return act_pages.perform(admin, request, act, rows=act_pages.plain(rows))

    return run


def button_class(act: Act) -> str:
    """How an act's button looks in a row: quiet, since there is one in each."""
    return f"h-button h-small-button {'h-danger' if act.is_dangerous else 'h-plain'}"
