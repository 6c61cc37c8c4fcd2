"""The status of a referral at Partner Center over HTTP: how it stands, a person's choice, and taking it back."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from hunter.ops.api.accepted import AcceptedSerializer, accepted
from hunter.ops.api.permissions import signed_in
from hunter.ops.api.problem_details import REFUSED, register_problem
from hunter.ops.api.resources import IF_MATCH, VersionedResource
from referrals.api import received_examples as examples
from referrals.api.received_serializers import KeepStatusSerializer, StatusChoiceSerializer, WrittenSerializer
from referrals.models import Referral, WriteBack
from referrals.services.writing_back import WritingIsOff, keep_theirs, want_status
from referrals.writing import StatusStep

register_problem(WritingIsOff, REFUSED)  # nothing is wrong with the request


class StatusViews(VersionedResource[Referral]):
    """What Hunter writes to a referral at Partner Center."""

    permission_for: ClassVar = {
        "written": "referrals.view_writeback",
        "choose_status": "referrals.decide_writeback",
        "keep_status": "referrals.decide_writeback",
    }

    @extend_schema(
        summary="What Hunter writes to it at Partner Center, and how far it came",
        responses=WrittenSerializer,
        examples=[OpenApiExample("Accepted, on its way", examples.WRITTEN, response_only=True)],
    )
    @action(detail=True, methods=["get"], filterset_class=None)
    def written(self, request: Request, referral_id: str) -> Response:
        referral = self.get_object()
        row = WriteBack.objects.select_related("wanted_by").filter(referral=referral).first()
        return Response(WrittenSerializer(row or WriteBack(referral=referral, state="in_step")).data)

    @extend_schema(
        summary="Accept it, decline it, close it as won or lost",
        description="Written to Partner Center within a minute, if nobody changed it there meanwhile; `written` tells how "
        "it went. Refused where Partner Center's table of states forbids it, and unless PARTNER_CENTER_WRITE_STATUS is on.",
        request=StatusChoiceSerializer,
        responses={202: AcceptedSerializer},
        parameters=[IF_MATCH],
        examples=[
            OpenApiExample("Accept", examples.STATUS_CHOICE, request_only=True),
            OpenApiExample("It is written", examples.STATUS_ACCEPTED, response_only=True, status_codes=["202"]),
        ],
    )
    @action(detail=True, methods=["post"], url_path="choose-status", serializer_class=StatusChoiceSerializer)
    def choose_status(self, request: Request, referral_id: str) -> Response:
        referral = self.get_current()
        given = StatusChoiceSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        step, why = StatusStep(given.validated_data["step"]), given.validated_data.get("why", "")
        chosen = want_status(referral, step, by=signed_in(request), why=why)
        return accepted(request, chosen.sentence(), route="referral", key=referral.referral_id)

    @extend_schema(
        summary="Give up what was chosen: Partner Center's own status stays",
        request=KeepStatusSerializer,
        responses={202: AcceptedSerializer},
        examples=[
            OpenApiExample("With a reason", examples.KEEP_STATUS, request_only=True),
            OpenApiExample("It stays", examples.STATUS_KEPT, response_only=True, status_codes=["202"]),
        ],
    )
    @action(detail=True, methods=["post"], url_path="keep-status", serializer_class=KeepStatusSerializer)
    def keep_status(self, request: Request, referral_id: str) -> Response:
        referral = self.get_object()
        given = KeepStatusSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        kept = keep_theirs(referral, by=signed_in(request), why=given.validated_data.get("why", ""))
        return accepted(request, kept.sentence(), route="referral", key=referral.referral_id)
