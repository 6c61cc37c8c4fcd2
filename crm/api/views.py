"""Leads in the CRM over HTTP, and what the CRM adds to a company's address."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.viewsets import ViewSet

from crm.api import examples
from crm.api.filters import CrmRecordFilter
from crm.api.serializers import (
    CrmRecordSerializer,
    DecisionSerializer,
    DuePushPageSerializer,
    DuePushQuery,
    DuePushSerializer,
    KeepApartSerializer,
    MovePageSerializer,
    MoveQuery,
    NewRemapSerializer,
    PreviewSerializer,
    RemapSerializer,
    TakeOverSerializer,
)
from crm.models import CrmRecord, CrmRemap
from crm.registry import chosen_crm, enabled_crm
from crm.services.conflicts import Keep, decide
from crm.services.dry_runs import due_page
from crm.services.look_alikes import keep_apart, take_over_lead
from crm.services.previewing import PushPreview, preview_push
from crm.services.pushing import request_pushes
from crm.services.remapping import begun_words, start_remap
from crm.services.trying_moves import move_page
from crm.sheets import RECORD_SHEET
from hunter.exports.sheet import Sheet
from hunter.ops.api.accepted import AcceptedSerializer, accepted
from hunter.ops.api.exports import Exported
from hunter.ops.api.filters import UNFILTERED, refuse_unknown
from hunter.ops.api.inputs import NothingToSay
from hunter.ops.api.jobs import job_key
from hunter.ops.api.permissions import signed_in
from hunter.ops.api.resources import Resource
from leads.api.views import CompanyRoom

PUSHED = OpenApiExample("It is due", examples.PUSH_ACCEPTED, response_only=True, status_codes=["202"])
ENDS_EARLY = "A page ends early once two thousand companies were compared: an empty one with `next` is no end."
WALKED = (
    OpenApiParameter("cursor", str, description="Where a page begins; take `next` of an answer as it is."),
    OpenApiParameter("page_size", int, description="How many to a page: 50, at most 200."),
    OpenApiParameter("crm", str, description="Which CRM; the first of CRM_BACKEND if omitted."),
)


@extend_schema(tags=["crm-records"])
@extend_schema_view(
    list=extend_schema(summary="Leads in the CRM, newest first"), retrieve=extend_schema(summary="One lead")
)
class CrmRecordViews(Exported[CrmRecord]):
    """Companies' leads in the CRM."""

    queryset = CrmRecord.objects.select_related("company")
    serializer_class = CrmRecordSerializer
    filterset_class = CrmRecordFilter
    lookup_value_regex = "[0-9]+"
    permission_for: ClassVar = {
        "read": "crm.view_crmrecord",
        "export": "crm.export_crmrecord",
        "decide": "crm.decide_crmrecord",
        "take_over": "crm.push_crmrecord",
        "keep_apart": "crm.push_crmrecord",
    }

    def sheet(self) -> Sheet:
        return RECORD_SHEET

    @extend_schema(
        summary="Choose whose value of a column holds",
        description="409 when the choice was made already, or when one of the two values is not the one that was seen.",
        request=DecisionSerializer,
        responses=CrmRecordSerializer,
        examples=[
            OpenApiExample("Hunter's", examples.DECISION, request_only=True),
            OpenApiExample("It holds", examples.CRM_RECORD, response_only=True),
        ],
    )
    @action(detail=True, methods=["post"], serializer_class=DecisionSerializer)
    def decide(self, request: Request, pk: str) -> Response:
        return self._decided(request, lambda record, keep, **rest: decide(record, keep=Keep(keep), **rest))

    @extend_schema(
        summary="Take over a lead that only its website ties to the company",
        description="It is read and then written to, as one with the domain is. 409 when it waits for no decision any more.",
        request=TakeOverSerializer,
        responses=CrmRecordSerializer,
        examples=[
            OpenApiExample("That one", examples.TAKE_OVER, request_only=True),
            OpenApiExample("It is", examples.CRM_RECORD, response_only=True),
        ],
    )
    @action(detail=True, methods=["post"], url_path="take-over", serializer_class=TakeOverSerializer)
    def take_over(self, request: Request, pk: str) -> Response:
        return self._decided(request, take_over_lead)

    @extend_schema(
        summary="Say that none of the look-alikes is the company's lead",
        description="It gets a lead of its own, or keeps it; they are left alone and not asked about again. 409 "
        "when they are not those that wait.",
        request=KeepApartSerializer,
        responses=CrmRecordSerializer,
        examples=[
            OpenApiExample("None of them", examples.KEEP_APART, request_only=True),
            OpenApiExample("It is", examples.CRM_RECORD, response_only=True),
        ],
    )
    @action(detail=True, methods=["post"], url_path="keep-apart", serializer_class=KeepApartSerializer)
    def keep_apart(self, request: Request, pk: str) -> Response:
        return self._decided(request, keep_apart)

    def _decided(self, request: Request, decision: Callable[..., object]) -> Response:
        """The decision with what was given, and the record after it."""
        record = self.get_object()
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        decision(record, **given.validated_data, by=signed_in(request))
        return Response(CrmRecordSerializer(self.get_object()).data)


@extend_schema(tags=["due-pushes"])
class DuePushViews(ViewSet):
    """Pushes that are due, and what each would change: compared while one walks, nothing is written."""

    title = "due pushes"
    permission_for: ClassVar = {"read": "crm.view_crmrecord"}

    @extend_schema(
        summary="What all pushes that are due would change",
        description=ENDS_EARLY,
        parameters=[*WALKED],
        responses=DuePushPageSerializer,
    )
    def list(self, request: Request) -> Response:
        refuse_unknown(request.query_params, filterset_class=None, besides=UNFILTERED | {"crm"})
        asked = DuePushQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        backend = chosen_crm(asked.validated_data.get("crm"))
        page = due_page(backend, after=asked.validated_data["cursor"], limit=asked.validated_data["page_size"])
        return Response(walked(request, page.pushes, behind=page.next))


def walked(request: Request, pushes: Iterable[PushPreview], *, behind: int | None) -> dict[str, Any]:
    """A page of pushes that were not made, and the address of the next one."""
    following = None if behind is None else replace_query_param(request.build_absolute_uri(), "cursor", behind)
    told = [one.as_dict() | {"is_new": one.is_new, "refused": one.refused or None} for one in pushes]
    return {"next": following, "previous": None, "results": DuePushSerializer(told, many=True).data}


@extend_schema(tags=["remaps"])
@extend_schema_view(
    list=extend_schema(summary="Moves to a mapping, newest first"), retrieve=extend_schema(summary="How one stands")
)
class RemapViews(Resource[CrmRemap]):
    """Leads moved to another version of the mapping (R4.8)."""

    queryset = CrmRemap.objects.order_by("-pk")
    serializer_class = RemapSerializer
    lookup_value_regex = "[0-9]+"
    permission_for: ClassVar = {
        "read": "crm.view_crmremap",
        "create": "crm.start_crmremap",
        "dry_run": "crm.view_crmrecord",
    }

    @extend_schema(
        summary="Move the leads of other versions to the one in force",
        description="422 where that version is not in force. One that goes on is joined.",
        request=NewRemapSerializer,
        responses={202: AcceptedSerializer},
        examples=[
            OpenApiExample("To version 1", examples.NEW_REMAP, request_only=True),
            OpenApiExample("It goes on", examples.REMAP_ACCEPTED, response_only=True, status_codes=["202"]),
        ],
    )
    def create(self, request: Request) -> Response:
        given = NewRemapSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        backend = chosen_crm(given.validated_data.get("crm"))
        run = start_remap(backend, version=given.validated_data["to"], by=signed_in(request))
        return accepted(request, begun_words(run), route="remap", key=run.pk)

    @extend_schema(
        summary="What a move would write, lead by lead",
        description=f"Compared while one walks, nothing is written; the version need not be in force. {ENDS_EARLY}",
        parameters=[
            OpenApiParameter("to", int, description="A mapping's version; the one in force if omitted."),
            *WALKED,
        ],
        responses=MovePageSerializer,
        filters=False,
    )
    @action(detail=False, methods=["get"], url_path="dry-run")
    def dry_run(self, request: Request) -> Response:
        refuse_unknown(request.query_params, filterset_class=None, besides=UNFILTERED | {"crm", "to"})
        asked = MoveQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        backend = chosen_crm(asked.validated_data.get("crm"))
        version = asked.validated_data.get("to") or backend.load_mapping().version
        after, limit = asked.validated_data["cursor"], asked.validated_data["page_size"]
        page = move_page(backend, version=version, after=after, limit=limit)
        told = walked(request, page.leads, behind=page.next)
        return Response({"due": page.due, "dropped": list(page.dropped), **told})


@extend_schema(tags=["companies"])
class CompanyLeadViews(CompanyRoom):
    """A company's push, and what it would send."""

    permission_for: ClassVar = {"push": "crm.push_crmrecord", "payload": "crm.view_crmrecord"}

    @extend_schema(
        summary="Push it to the CRM now", request=NothingToSay, responses={202: AcceptedSerializer}, examples=[PUSHED]
    )
    @action(detail=True, methods=["post"], serializer_class=NothingToSay)
    def push(self, request: Request, domain: str) -> Response:
        company = self.get_object()
        result = request_pushes([company.domain], by=signed_in(request))
        key = job_key(enabled_crm().push_kind, company.domain)
        return accepted(request, result.sentence(), route="job", key=key)

    @extend_schema(
        summary="What a push would send, and the difference",
        parameters=[OpenApiParameter("crm", str, description="Which CRM; the first of CRM_BACKEND if omitted.")],
        responses=PreviewSerializer,
    )
    @action(detail=True, methods=["get"])
    def payload(self, request: Request, domain: str) -> Response:
        refuse_unknown(request.query_params, filterset_class=None, besides={"format", "crm"})
        preview = preview_push(self.get_object(), chosen_crm(request.query_params.get("crm")))
        return Response(PreviewSerializer(preview.as_dict()).data)
