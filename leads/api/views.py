"""Companies and scans over HTTP."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import ViewSet

from hunter.exports.sheet import Sheet
from hunter.ops.api.accepted import AcceptedSerializer, accepted
from hunter.ops.api.exports import Exported
from hunter.ops.api.inputs import NothingToSay
from hunter.ops.api.ordered_pages import OrderedPages
from hunter.ops.api.permissions import signed_in
from hunter.ops.api.problem_details import REFUSED, register_problem
from hunter.ops.api.resources import ETAG, IF_MATCH, Resource, Room, VersionedResource
from leads.api import examples
from leads.api.figures import attach_figures
from leads.api.filters import CompanyFilter, ScanEntryFilter
from leads.api.serializers import (
    CompanyEditSerializer,
    CompanySerializer,
    NewCompanySerializer,
    NewScanSerializer,
    RulesSerializer,
    ScanEntrySerializer,
    ScanSerializer,
)
from leads.company_lists import ORDERS
from leads.company_sheet import company_sheet
from leads.company_wish import CompanyWish
from leads.domains import read_domain
from leads.models import Company, ScanJob, ScanJobEntry
from leads.rules import load_rules
from leads.services.adding import AddChange, ConsumerDomainGiven, add_company
from leads.services.editing import edit_company
from leads.services.scan_jobs import JobTold, cancel_scan, pause_scan, resume_scan
from leads.services.scan_outlook import soon
from leads.services.scanning import Caches, start_scan, start_scan_of

MOST_COMPANIES = 200
ACCEPTED = OpenApiExample("It will be scanned", examples.SCAN_ACCEPTED, response_only=True, status_codes=["202"])

STOPPED: dict[str, Any] = {
    "request": NothingToSay,
    "responses": {202: AcceptedSerializer},
    "examples": [OpenApiExample("It is so", examples.SCAN_STOPPED, response_only=True, status_codes=["202"])],
}


ADDED_ETAG = OpenApiParameter("ETag", OpenApiTypes.STR, OpenApiParameter.HEADER, response=[200, 201])
register_problem(ConsumerDomainGiven, REFUSED)  # the value can be taken, once somebody says that it is meant


def domain_in(text: str) -> str:
    """The domain that an address names, in ASCII, however it was written."""
    return read_domain(text).domain or text


class CompanyRoom(Room[Company]):
    """A company's address: what the rooms above put below it begins here."""

    queryset = Company.objects.select_related("signals")
    lookup_field = "domain"
    lookup_value_regex = "[^/]+"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if "domain" in self.kwargs:
            self.kwargs["domain"] = domain_in(self.kwargs["domain"])
        super().initial(request, *args, **kwargs)


class CompanyPages(OrderedPages):
    """At most 200 companies to a page (g.7): each comes with its signals, its referrals and its lead."""

    page_size_query_description = "How many to a page: 50, at most 200 (up to 500 may be asked for)."
    orders: ClassVar = {name: order for name, (_, order) in ORDERS.items()}
    nullable: ClassVar = frozenset({"score", "signals__scanned_at"})

    def get_page_size(self, request: Request) -> int | None:
        wanted = super().get_page_size(request)
        return None if wanted is None else min(wanted, MOST_COMPANIES)


@extend_schema(tags=["companies"])
@extend_schema_view(
    list=extend_schema(summary="Companies, the best priority first"),
    retrieve=extend_schema(summary="One company", parameters=[ETAG]),
)
class CompanyViews(CompanyRoom, VersionedResource[Company], Exported[Company]):
    """Companies, each known by exactly one domain."""

    serializer_class = CompanySerializer
    filterset_class = CompanyFilter
    pagination_class = CompanyPages
    permission_for: ClassVar = {
        "read": "leads.view_company",
        "create": "leads.add_company",
        "partial_update": "leads.change_company",
        "scan": "leads.scan_company",
        "export": "leads.export_company",
    }

    def sheet(self) -> Sheet:
        return company_sheet()

    def paginate_queryset(self, queryset: Any) -> Any:
        return attach_figures(super().paginate_queryset(queryset) or [])

    def represent(self, row: Company) -> Response:
        attach_figures([row])
        return super().represent(row)

    @extend_schema(
        summary="Add a company",
        description=(
            "Its website decides over the e-mail address, that over the domain, when valid. 201 with the new company, "
            "which is scanned at once; 200 with the one that is known already, left as it is: change it by PATCH. "
            "422 names the field that gives no domain; 409 warns of a mail domain of private persons."
        ),
        request=NewCompanySerializer,
        responses={201: CompanySerializer, 200: CompanySerializer},
        parameters=[ADDED_ETAG],
    )
    def create(self, request: Request) -> Response:
        given = NewCompanySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wish = dict(given.validated_data)
        accepts = wish.pop("accept_consumer_domain")
        result = add_company(CompanyWish(**wish), by=signed_in(request), accepts_consumer_domain=accepts)
        answer = self.represent(self.get_queryset().get(pk=result.company.pk))
        if result.change is AddChange.ADDED:
            answer.status_code = status.HTTP_201_CREATED
            answer["Location"] = reverse("company-detail", args=[result.company.domain], request=request)
        return answer

    @extend_schema(
        summary="Change what a person may change",
        request=CompanyEditSerializer,
        responses=CompanySerializer,
        parameters=[IF_MATCH, ETAG],
    )
    def partial_update(self, request: Request, domain: str) -> Response:
        company = self.get_current()
        given = CompanyEditSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        edit_company(company, changes=given.validated_data, by=signed_in(request))
        return self.represent(self.get_object())

    @extend_schema(
        summary="Scan it now", request=NothingToSay, responses={202: AcceptedSerializer}, examples=[ACCEPTED]
    )
    @action(detail=True, methods=["post"], serializer_class=NothingToSay)
    def scan(self, request: Request, domain: str) -> Response:
        company = self.get_object()
        job = start_scan([company.domain], wanted=company.domain, asked_by=signed_in(request).get_username())
        return accepted(request, f"{company.domain} will be scanned {soon()}.", route="scan", key=job.pk)


@extend_schema(tags=["rules"])
class RulesViews(ViewSet):
    """The rules that companies are scored by."""

    title = "rules"
    permission_for: ClassVar = {"read": "leads.view_company"}

    @extend_schema(
        summary="The rules in force, and how many scores they made",
        responses=forced_singular_serializer(RulesSerializer),  # type: ignore[no-untyped-call]  # of drf-spectacular
        examples=[OpenApiExample("The rules", examples.RULES, response_only=True)],
    )
    def list(self, request: Request) -> Response:
        rules = load_rules()
        scored = Company.objects.scored()
        others = scored.scored_by_other_rules(rules.version).count()
        told: dict[str, Any] = {
            "version": rules.version,
            "scored": scored.count() - others,
            "scored_by_others": others,
            "rules": rules.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        }
        return Response(RulesSerializer(told).data)


@extend_schema(tags=["scans"])
@extend_schema_view(
    list=extend_schema(summary="Scans that somebody asked for, newest first"),
    retrieve=extend_schema(summary="How far one is"),
)
class ScanViews(Resource[ScanJob]):
    """Scans that somebody asked for, of one domain or of many."""

    queryset = ScanJob.objects.all()
    serializer_class = ScanSerializer
    lookup_value_regex = "[0-9]+"
    permission_for: ClassVar = {
        "read": "leads.view_scanjob",
        "entries": "leads.view_scanjob",
        "create": "leads.scan_company",
        "pause": "leads.scan_company",
        "cancel": "leads.scan_company",
        "resume": "leads.scan_company",
    }

    @extend_schema(
        summary="Scan these domains, or the companies of a filter",
        request=NewScanSerializer,
        responses={202: AcceptedSerializer},
        examples=[
            OpenApiExample("Two domains", examples.NEW_SCAN, request_only=True),
            OpenApiExample("The companies of a filter", examples.NEW_SCAN_OF_FILTER, request_only=True),
            ACCEPTED,
        ],
    )
    def create(self, request: Request) -> Response:
        given = NewScanSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wish, asked_by = given.validated_data, signed_in(request).get_username()
        caches = Caches.IGNORED if wish["rescan"] else Caches.COUNT
        if "filter" in wish:
            wanted = f"companies with {', '.join(f'{name} {value}' for name, value in wish['filter'].items())}"
            job = start_scan_of(given.companies, wanted=wanted, asked_by=asked_by, caches=caches)
        else:
            wanted = ", ".join(wish["domains"])
            job = start_scan(wish["domains"], wanted=wanted, asked_by=asked_by, caches=caches)
        told = f"{job.pending:,} of {job.progress.total:,} domains will be scanned."
        return accepted(request, told, route="scan", key=job.pk)

    @extend_schema(summary="Begin nothing more of it for a while", **STOPPED)
    @action(detail=True, methods=["post"], serializer_class=NothingToSay)
    def pause(self, request: Request, pk: str) -> Response:
        return self.told(request, pause_scan(self.get_object().pk, by=signed_in(request)))

    @extend_schema(summary="End it; what was found stays", **STOPPED)
    @action(detail=True, methods=["post"], serializer_class=NothingToSay)
    def cancel(self, request: Request, pk: str) -> Response:
        return self.told(request, cancel_scan(self.get_object().pk, by=signed_in(request)))

    @extend_schema(summary="Go on with what waits, failed or was cancelled", **STOPPED)
    @action(detail=True, methods=["post"], serializer_class=NothingToSay)
    def resume(self, request: Request, pk: str) -> Response:
        return self.told(request, resume_scan(self.get_object().pk, by=signed_in(request)))

    def told(self, request: Request, result: JobTold) -> Response:
        return accepted(request, result.sentence(), route="scan", key=result.job.pk)

    @extend_schema(summary="Its domains, and what became of each", responses=ScanEntrySerializer(many=True))
    @action(detail=True, methods=["get"], filterset_class=ScanEntryFilter)
    def entries(self, request: Request, pk: str) -> Response:
        rows = ScanJobEntry.objects.filter(job=self.get_object())
        page = self.paginate_queryset(self.filter_queryset(rows))  # type: ignore[arg-type]  # rows of another model
        return self.get_paginated_response(ScanEntrySerializer(page, many=True).data)
