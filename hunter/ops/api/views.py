"""Errors and units of work over HTTP."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from hunter.errors import HunterError
from hunter.exports.sheet import Sheet
from hunter.ops.api import examples
from hunter.ops.api.accepted import AcceptedSerializer, accepted
from hunter.ops.api.exports import Exported
from hunter.ops.api.filters import refuse_unknown
from hunter.ops.api.inputs import NothingToSay
from hunter.ops.api.jobs import with_state
from hunter.ops.api.permissions import signed_in
from hunter.ops.api.resources import Resource
from hunter.ops.api.row_filters import ErrorFilter, JobFilter, filtered_by
from hunter.ops.api.serializers import (
    AttemptsSerializer,
    DismissalCountsSerializer,
    DismissalSerializer,
    ErrorSerializer,
    JobSerializer,
    RetryCountsSerializer,
)
from hunter.ops.error_sheet import ERROR_SHEET
from hunter.work.asides import Until
from hunter.work.error_runs import RunBegun, retry_matching
from hunter.work.models import Attempt, ErrorRecord, ErrorRecordQuerySet, Item
from hunter.work.putting_aside import AsideCounts, put_aside
from hunter.work.retrying import RetryCounts, retry_errors

MOST_ATTEMPTS = 50


@extend_schema(tags=["errors"])
@extend_schema_view(
    list=extend_schema(summary="What went wrong, newest first"), retrieve=extend_schema(summary="One error")
)
class ErrorViews(Exported[ErrorRecord]):
    """What went wrong, and the way to put it right (C5)."""

    queryset = ErrorRecord.objects.all()
    serializer_class = ErrorSerializer
    filterset_class = ErrorFilter
    lookup_value_regex = "[0-9]+"
    permission_for: ClassVar = {
        "read": "work.view_errorrecord",
        "attempts": "work.view_errorrecord",
        "retry": "work.retry_errorrecord",
        "retry_all": "work.retry_errorrecord",
        "dismiss": "work.dismiss_errorrecord",
        "dismiss_all": "work.dismiss_errorrecord",
        "export": "work.export_errorrecord",
    }

    def sheet(self) -> Sheet:
        return ERROR_SHEET

    @extend_schema(
        summary="Try it again",
        request=NothingToSay,
        responses={202: AcceptedSerializer},
        examples=[OpenApiExample("It is due", examples.RETRY_ACCEPTED, response_only=True, status_codes=["202"])],
    )
    @action(detail=True, methods=["post"], serializer_class=NothingToSay)
    def retry(self, request: Request, pk: str) -> Response:
        error = self.unsettled_object()
        result = retry_errors([error], by=signed_in(request))
        if not result.queued:
            raise HunterError(f"{error.operation} can't be tried by itself; put the cause right, then run it anew.")
        return accepted(request, result.sentence(), route="error", key=error.pk)

    @extend_schema(summary="Its tries, with what was asked and answered", responses=AttemptsSerializer)
    @action(detail=True, methods=["get"], filterset_class=None)
    def attempts(self, request: Request, pk: str) -> Response:
        error = self.get_object()
        item = Item.objects.filter(kind=error.kind, key=error.key).first()
        tries = Attempt.objects.filter(item_id=item.pk)[:MOST_ATTEMPTS] if item else ()
        told = {"id": str(error.pk), "next_try": item.due_at if item else None, "attempts": tries}
        return Response(AttemptsSerializer(told).data)

    @extend_schema(summary="Put it aside", request=DismissalSerializer, responses=ErrorSerializer)
    @action(detail=True, methods=["post"], serializer_class=DismissalSerializer)
    def dismiss(self, request: Request, pk: str) -> Response:
        error = self.unsettled_object()
        put_aside(ErrorRecord.objects.filter(pk=error.pk), **dismissal(request.data), by=signed_in(request))
        error.refresh_from_db()
        return Response(ErrorSerializer(error).data)

    @extend_schema(
        operation_id="errors_dismiss_matching",
        summary="Put aside everything that the filters match",
        description="The filters of the list, one at least, as members of the body beside `reason` and `until`. Only what "
        "still fails is put aside. Above a thousand that is done block by block: `run` names that work, and `dismissed` is 0 "
        "for now.",
        request={"application/json": {"type": "object", "additionalProperties": True}},
        responses={202: DismissalCountsSerializer},
        filters=False,
        examples=[
            OpenApiExample("A cause, for a week", examples.DISMISSAL_FILTER, request_only=True),
            OpenApiExample("One matched", examples.DISMISSAL_COUNTS, response_only=True, status_codes=["202"]),
        ],
    )
    @action(detail=False, methods=["post"], url_path="dismiss")
    def dismiss_all(self, request: Request) -> Response:
        wanted = filters_in(request)
        said = {name: wanted.pop(name) for name in ("reason", "until") if name in wanted}
        given = dismissal(said)
        if not wanted:
            raise serializers.ValidationError(
                'Say which errors, by one filter of the list at least, like {"service": "dynamics365"}.'
            )
        result = put_aside(errors_by(wanted), **given, by=signed_in(request))
        return told_in_full(request, result, state=ErrorRecord.State.DISMISSED)

    @extend_schema(
        operation_id="errors_retry_matching",
        summary="Try everything again that the filters match",
        description="The filters of the list, as members of the body. Only what still fails is tried; no filter: all of it. "
        "Above a thousand they are queued block by block: `run` names that work, and `queued` is 0 for now.",
        request={"application/json": {"type": "object", "additionalProperties": True}},
        responses={202: RetryCountsSerializer},
        filters=False,
        examples=[
            OpenApiExample("All of a service", examples.RETRY_FILTER, request_only=True),
            OpenApiExample("One matched", examples.RETRY_COUNTS, response_only=True, status_codes=["202"]),
        ],
    )
    @action(detail=False, methods=["post"], url_path="retry")
    def retry_all(self, request: Request) -> Response:
        result = retry_matching(errors_by(filters_in(request)), by=signed_in(request))
        return told_in_full(request, result, state=ErrorRecord.State.RETRYING)

    def unsettled_object(self) -> ErrorRecord:
        """The error, if something can still be done about it."""
        error = self.get_object()
        if error.state not in (ErrorRecord.State.OPEN, ErrorRecord.State.RETRYING):
            raise HunterError(f"This error is {error.get_state_display()}; there is nothing left to do about it.")
        return error


def told_in_full(request: Request, result: RetryCounts | AsideCounts | RunBegun, *, state: str) -> Response:
    """202: what came of an act on many errors, and the list in which one sees them."""
    look_at = f"{reverse('error-list', request=request)}?state={state}"
    told = {"detail": result.sentence(), "run": None, **result.as_dict(), "look_at": look_at}
    return Response(told, status=status.HTTP_202_ACCEPTED, headers={"Location": look_at})


def dismissal(data: Any) -> dict[str, Any]:
    """The reason and the end that a caller gave."""
    given = DismissalSerializer(data=data)
    given.is_valid(raise_exception=True)
    until = given.validated_data.get("until")
    return {"reason": given.validated_data["reason"], "until": Until(until) if until else None}


def filters_in(request: Request) -> dict[str, Any]:
    """What the body says, or the query."""
    if not isinstance(request.data, dict):
        raise serializers.ValidationError('Give the filters as an object, like {"service": "dynamics365"}.')
    return {**request.query_params.dict(), **request.data}


def errors_by(wanted: dict[str, Any]) -> ErrorRecordQuerySet:
    """The unsettled errors that these filters leave."""
    refuse_unknown(wanted, filterset_class=ErrorFilter, besides=())
    return filtered_by(ErrorFilter, wanted, queryset=ErrorRecord.objects.unsettled())  # type: ignore[return-value]


@extend_schema(tags=["jobs"])
@extend_schema_view(
    list=extend_schema(summary="Units of work, newest first"), retrieve=extend_schema(summary="How one stands")
)
class JobViews(Resource[Item]):
    """What is to be done outside, and how it stands: where a 202 sends its caller."""

    queryset = Item.objects.all()
    serializer_class = JobSerializer
    filterset_class = JobFilter
    lookup_value_regex = "[0-9]+"
    permission_for: ClassVar = {"read": "work.view_item"}

    def get_queryset(self) -> QuerySet[Item]:
        return with_state(super().get_queryset())


class NoSuchAddress(APIView):
    """Everything below /api/v1/ that is nothing: told as a problem too."""

    permission_classes = ()
    authentication_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound(f"There is nothing at {request.path}. The description is at /api/schema/.")
