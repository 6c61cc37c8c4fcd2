"""Companies: which of them are worth a call, what Hunter found, and what to do with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.expressions import OrderBy
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from hunter.exports.sheet import Sheet
from hunter.ops.acts import Act, ActResult, Chosen, Place, Told, places
from hunter.ops.filters import ChoiceFilter
from hunter.ops.model_admin import SHORTEST_SEARCH, Entry, HunterModelAdmin
from hunter.ops.paging import HunterChangeList
from hunter.ops.showing import NOTHING, Tone, badge, list_url, muted, outside_link, span_in_words, two_lines
from hunter.remote import limits
from hunter.remote.lanes import LaneName
from hunter.work.models import Priority
from leads.admin import company_sections, score_section
from leads.admin.adding import ADD_COMPANY
from leads.admin.company_page import CompanyColumn, extensions
from leads.classes import Segment
from leads.company_lists import ORDERS, of_provider
from leads.company_sheet import company_sheet
from leads.domains import read_domain, shown_domain
from leads.models import Company, Signals
from leads.models.choices import ScanState
from leads.models.company import LIST_ORDER
from leads.rules import load_rules
from leads.services.company_rows import score_range_of
from leads.services.editing import EDITABLE, edit_company
from leads.services.scan_outlook import WHILE_HELD, is_held, soon
from leads.services.scanning import Caches, stale_companies, start_scan_of
from leads.services.scoring import scanned

STALE_AFTER = timedelta(days=1)  # g.4
RANGE = "shown_range"
OF_VERSION = "version "  # and the version
SEGMENT_TONES = {
    Segment.MIGRATION: Tone.GOOD,
    Segment.EXISTING: Tone.RUNNING,
    Segment.COLD: Tone.WAITING,
    Segment.SKIP: Tone.ASIDE,
}
SCAN_TONES = {ScanState.DNS_TIMEOUT: Tone.NEEDS_YOU, ScanState.INVALID_DOMAIN: Tone.FAILED}


def scan(chosen: Chosen) -> ActResult:
    """What a person points at is looked up anew, whatever was found lately."""
    first = list(chosen.rows.order_by("domain").values_list("domain", flat=True)[:2])
    wanted = first[0] if len(first) == 1 else f"{chosen.rows.count():,} chosen companies"
    job = start_scan_of(chosen.rows, wanted=wanted, asked_by=chosen.by.get_username(), caches=Caches.IGNORED)
    if len(first) == 1:
        return Told(f"{wanted} will be scanned {soon()}.")
    return Told(
        f"{job.progress.total:,} companies will be scanned: {duration(job.pending)}.", lead_to=scan_page(job.pk)
    )


def scan_stale(chosen: Chosen) -> ActResult:
    stale = stale_companies(age=STALE_AFTER)
    if not stale.exists():
        return Told("Nothing is stale: every company was scanned within the last day.")
    job = start_scan_of(
        stale, wanted="companies not scanned for a day", asked_by=chosen.by.get_username(), priority=Priority.SCHEDULE,
    )  # fmt: skip
    return Told(
        f"{job.progress.total:,} companies will be scanned: {duration(job.pending)}.", lead_to=scan_page(job.pk)
    )


def duration(domains: int) -> str:
    """How long so many scans take at the lane's rate, and that they wait where somebody holds it."""
    if is_held():
        return WHILE_HELD
    rate = limits.current(LaneName.DNS).rate
    return f"about {span_in_words(timedelta(seconds=max(1.0, domains / rate)))} at {rate:,.0f} a second"


def scan_page(job_id: int) -> str:
    return list_url("leads_scanjobentry", job=job_id)


SCAN = Act(
    "scan", "Scan", "leads.scan_company", scan, places(Place.DETAIL, Place.SELECTION), icon="radar",
)  # fmt: skip
SCAN_STALE = Act(
    "scan_stale", "Scan what is stale", "leads.scan_company", scan_stale, places(Place.PAGE), icon="radar",
)  # fmt: skip


class LeastScoreFilter(ChoiceFilter):
    title = "least score"
    parameter_name = "least_score"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [(str(points), f"{points} or more") for points in (80, 70, 60, 40, 20)]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return rows.filter(score__gte=int(chosen)) if chosen.isdecimal() else rows


class RulesFilter(ChoiceFilter):
    """Which scores rules of another version made."""

    title = "rules"
    parameter_name = "rules"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [
            ("now", "Scored by the rules in force"), ("other", "Scored by other rules"), ("none", "Scanned, no score yet"),
        ]  # fmt: skip

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        version = load_rules().version
        scored = rows.filter(score__isnull=False)
        narrowed = {
            "now": scored.filter(rules_version=version),
            "other": scored.exclude(rules_version=version),
            "none": rows.filter(pk__in=scanned().filter(score__isnull=True)),
        }
        if chosen.startswith(OF_VERSION):
            return scored.filter(rules_version=chosen.removeprefix(OF_VERSION))
        return narrowed.get(chosen, rows)


class OrderFilter(ChoiceFilter):
    """The order of the list; a click on a column's head goes before it."""

    title = "sort by"
    parameter_name = "sort"

    def choices_shown(self) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _) in ORDERS.items()]

    def narrowed(self, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return rows


class CompanyForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the stubs only
    """What a person may set; all else is worked out."""

    class Meta:
        model = Company
        fields = EDITABLE
        help_texts = {"name": "Once you set it, no referral and no list changes it."}

    def clean_country(self) -> str:
        country = str(self.cleaned_data["country"]).strip().upper()
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise forms.ValidationError("A country is an ISO code of two letters, like DE or TR.")
        return country


class CompanyChangeList(HunterChangeList):
    """Reads what the rooms above show, and where scores may lie, once for the whole page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        page = list(self.result_list)
        for column in extensions.columns:
            found = column.read(page)
            for company in page:
                vars(company)[f"shown_{column.name}"] = found.get(company.pk)
        signals, rules = Signals.objects.in_bulk([company.pk for company in page]), load_rules()
        for company in page:
            vars(company)[RANGE] = score_range_of(company, signals.get(company.pk), rules=rules)
        self.result_list = page


@admin.register(Company)
class CompanyAdmin(HunterModelAdmin):
    """Every company, the best prospects first."""

    form = CompanyForm
    navigation = (Entry("Pipeline", 20, "Companies", "domain"),)
    home_acts = ("scan_stale",)
    list_display = ("company", "segment_shown", "priority_shown", "provider_shown", "scan_shown")
    search_fields = ("domain", "name")
    search_help_text = "Domain, name or provider, 3+ letters"
    ordering = LIST_ORDER
    list_per_page = 50
    page_sizes = (50, 100, 200)
    fieldsets = (("Who they are", {"fields": EDITABLE}),)
    empty_title = "No companies yet"
    empty_hint = "They come with the first sync of referrals, by a scan of domains, or one by one by hand."

    def all_acts(self) -> Sequence[Act]:
        return (ADD_COMPANY, SCAN, SCAN_STALE, *extensions.acts)

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        return (
            ("segment", ChoicesDropdownFilter),
            LeastScoreFilter,
            ("provider", ChoicesDropdownFilter),
            *extensions.filters,
            ("priority_category", ChoicesDropdownFilter),
            ("scan_status", ChoicesDropdownFilter),
            RulesFilter,
            OrderFilter,
        )

    def get_ordering(self, request: HttpRequest) -> tuple[OrderBy, ...]:
        _, order = ORDERS.get(request.GET.get(OrderFilter.parameter_name, ""), ("", LIST_ORDER))
        return order

    def sheet(self) -> Sheet:
        return company_sheet()

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        columns = super().get_list_display(request)
        return [*columns[:4], *(shown_column(one) for one in extensions.columns), *columns[4:]]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CompanyChangeList]:
        return CompanyChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A domain is found in its own letters, and out of a pasted address; a provider by a part of its name."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        word = search_term.strip()
        domain = read_domain(word).domain
        besides = of_provider(word) if len(word) >= SHORTEST_SEARCH else Q()
        if domain and domain != word.lower():
            besides |= Q(domain=domain)
        return (found | queryset.filter(besides) if besides else found), may_repeat

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="company", ordering="domain")
    def company(self, company: Company) -> SafeString:
        domain = shown_domain(company.domain)
        return two_lines(company.display_name, domain if company.display_name != domain else company.country)

    @admin.display(description="segment", ordering="segment")
    def segment_shown(self, company: Company) -> SafeString:
        return segment_badge(company)

    @admin.display(description="priority", ordering="priority")
    def priority_shown(self, company: Company) -> SafeString:
        if not company.is_scored:
            return NOTHING
        between = vars(company).get(RANGE)
        told = f", may lie between {between.lowest} and {between.highest}" if between else ""
        return two_lines(f"{company.priority_category} · {company.priority}", f"score {company.score}{told}")

    @admin.display(description="provider", ordering="provider")
    def provider_shown(self, company: Company) -> SafeString | str:
        if not company.provider:
            return muted("not known")
        beside = company.local_provider or ("behind a filter" if company.gateway else company.tenant_size)
        return two_lines(company.provider, beside) if beside else company.provider

    @admin.display(description="scan", ordering="scan_status")
    def scan_shown(self, company: Company) -> SafeString:
        return scan_badge(company)

    def row_title(self, row: Any) -> str:
        return str(row.display_name)

    def headline(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        pieces = [outside_link(shown_domain(row.domain), f"https://{row.domain}"), segment_badge(row)]
        if row.is_scored:
            pieces.append(badge(f"{row.priority_category} {row.priority_label}", Tone.RUNNING))
            pieces.append(muted(f"priority {row.priority} · score {row.score}"))
        if row.scan_status not in {ScanState.SUCCESS, ScanState.PENDING}:
            pieces.append(scan_badge(row))
        return [*pieces, *(piece for show in extensions.headlines for piece in show(row, request))]

    def sections(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        own = [(10, company_sections.findings), (20, score_section.score), (90, company_sections.history)]
        registered = [(one.order, one.show) for one in extensions.sections]
        return [SafeString(show(row, request)) for _, show in sorted([*own, *registered], key=lambda pair: pair[0])]

    def save_edit(self, row: Any, *, changes: dict[str, Any], by: Any) -> ActResult:
        return edit_company(row, changes=changes, by=by)


def shown_column(column: CompanyColumn) -> Any:
    """A registered column as Django's list wants it."""

    def show(company: Company) -> SafeString | str:
        return column.show(vars(company).get(f"shown_{column.name}"))

    show.__name__ = column.name
    show.short_description = column.title  # type: ignore[attr-defined]  # Django's way to title a column
    return show


def segment_badge(company: Company) -> SafeString:
    if not company.is_scored:
        return badge("not scored", Tone.ASIDE)
    return badge(company.segment, SEGMENT_TONES[Segment(company.segment)], why=company.segment_reason)


def scan_badge(company: Company) -> SafeString:
    state = ScanState(company.scan_status)
    if state == ScanState.SUCCESS:
        return badge("scanned", Tone.GOOD)
    if state == ScanState.WHOIS_FAILED:
        return badge("scanned", Tone.GOOD, why="No registration data was found; the score does not need it.")
    if state == ScanState.PENDING:
        return badge("not yet", Tone.WAITING)
    return badge(state.label, SCAN_TONES[state])
