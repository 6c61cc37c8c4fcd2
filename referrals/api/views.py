"""Referrals and sync runs over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from hunter.errors import HunterError
from hunter.exports.sheet import Sheet
from hunter.ops.api.accepted import AcceptedSerializer, accepted
from hunter.ops.api.exports import Exported
from hunter.ops.api.inputs import NothingToSay
from hunter.ops.api.permissions import signed_in
from hunter.ops.api.preconditions import etag_of
from hunter.ops.api.problem_details import REFUSED, register_problem
from hunter.ops.api.resources import ETAG, IF_MATCH
from referrals.api import examples, link_examples
from referrals.api.filters import PreviewedRowFilter, ReferralFilter, SyncRunFilter
from referrals.api.link_serializers import LinkHistorySerializer
from referrals.api.serializers import (
    CandidatesSerializer,
    LinkResultSerializer,
    PreviewedRowSerializer,
    ReferralSerializer,
    RelinkSerializer,
    SyncRunSerializer,
    SyncWishSerializer,
)
from referrals.api.status_views import StatusViews
from referrals.models import UNDOABLE, PreviewedRow, Referral, SyncRun
from referrals.services.candidates import candidates
from referrals.services.halting import Halted, cancel_sync, pause_sync, resume_sync
from referrals.services.linking import (
    LinkResult,
    company_of,
    create_company_from_referral,
    relink_referral,
    unlink_referral,
)
from referrals.services.runs import NotEnabled, Wish, start_sync
from referrals.services.undoing import last_move, undo_move
from referrals.sheets import REFERRAL_SHEET, SYNC_SHEET

register_problem(NotEnabled, REFUSED)  # nothing is wrong with the request

MOST_MOVES = 100
HALTED = OpenApiExample("Done", examples.SYNC_PAUSED, response_only=True, status_codes=["202"])
BEGUN = OpenApiExample("It begins", examples.SYNC_ACCEPTED, response_only=True, status_codes=["202"])


@extend_schema(tags=["referrals"])
@extend_schema_view(
    list=extend_schema(summary="Referrals, newest first"),
    retrieve=extend_schema(summary="One referral", parameters=[ETAG]),
)
class ReferralViews(StatusViews, Exported[Referral]):
    """Referrals, known by Partner Center's id."""

    queryset = Referral.objects.select_related("company", "linked_by").defer("raw_data")
    serializer_class = ReferralSerializer
    filterset_class = ReferralFilter
    lookup_field = "referral_id"
    lookup_value_regex = "[^/]+"
    permission_for: ClassVar = {
        **StatusViews.permission_for,
        "read": "referrals.view_referral",
        "candidates": "referrals.view_referral",
        "links": "referrals.view_referral",
        "relink": "referrals.relink_referral",
        "undo_relink": "referrals.relink_referral",
        "export": "referrals.export_referral",
    }

    def sheet(self) -> Sheet:
        return REFERRAL_SHEET

    @extend_schema(
        summary="Link it to a company, or take the link away",
        description="No sync changes afterwards what a person decided.",
        request=RelinkSerializer,
        responses=LinkResultSerializer,
        parameters=[IF_MATCH, ETAG],
    )
    @action(detail=True, methods=["post"], serializer_class=RelinkSerializer)
    def relink(self, request: Request, referral_id: str) -> Response:
        referral = self.get_current()
        given = RelinkSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        result = relinked(referral, wish=given.validated_data, by=signed_in(request))
        told = LinkResultSerializer({**result.as_dict(), "detail": result.sentence()}).data
        return Response(told, headers={"ETag": etag_of(self.get_object())})

    @extend_schema(
        summary="Take back what a person did last with its link",
        description="The automatic state comes back too. Refused when nobody acted, or somebody acted on it since.",
        request=NothingToSay,
        responses=LinkResultSerializer,
        parameters=[IF_MATCH, ETAG],
        examples=[OpenApiExample("As before", link_examples.UNDONE, response_only=True)],
    )
    @action(detail=True, methods=["post"], url_path="undo-relink", serializer_class=NothingToSay)
    def undo_relink(self, request: Request, referral_id: str) -> Response:
        referral = self.get_current()
        move = last_move(referral)
        if move is None:
            raise HunterError(f"No person moved the link of {referral} last; there is nothing to undo.")
        result = undo_move(move, by=signed_in(request))
        told = LinkResultSerializer({**result.as_dict(), "detail": result.sentence()}).data
        return Response(told, headers={"ETag": etag_of(self.get_object())})

    @extend_schema(summary="Where it was linked, newest first", responses=LinkHistorySerializer)
    @action(detail=True, methods=["get"], filterset_class=None)
    def links(self, request: Request, referral_id: str) -> Response:
        referral = self.get_object()
        moves = list(referral.link_moves.select_related("by").newest_first()[:MOST_MOVES])
        for place, move in enumerate(moves):
            move.can_be_undone = place == 0 and move.act in UNDOABLE  # type: ignore[attr-defined]  # a member of the JSON
        return Response(LinkHistorySerializer({"referral_id": referral.referral_id, "moves": moves}).data)

    @extend_schema(summary="The domains that may be its company", responses=CandidatesSerializer)
    @action(detail=True, methods=["get"], filterset_class=None)
    def candidates(self, request: Request, referral_id: str) -> Response:
        referral = self.get_object()
        told = {"referral_id": referral.referral_id, "candidates": candidates(referral)}
        return Response(CandidatesSerializer(told).data)


def relinked(referral: Referral, *, wish: dict[str, Any], by: AbstractBaseUser) -> LinkResult:
    """The one of the three acts that the caller wants."""
    domain, why = wish.get("domain"), wish.get("why", "")
    if wish["create"]:
        return create_company_from_referral(referral, domain=domain or "", name=wish.get("name", ""), by=by, why=why)
    if domain is None:
        return unlink_referral(referral, by=by, why=why)
    return relink_referral(referral, to=company_of(domain), by=by, why=why)


@extend_schema(tags=["sync-runs"])
@extend_schema_view(
    list=extend_schema(summary="Runs of the sync, newest first"), retrieve=extend_schema(summary="One run")
)
class SyncRunViews(Exported[SyncRun]):
    """Runs over the pages of Partner Center: where they stand and what they did."""

    queryset = SyncRun.objects.all()
    serializer_class = SyncRunSerializer
    filterset_class = SyncRunFilter
    lookup_value_regex = "[0-9]+"
    permission_for: ClassVar = {
        "read": "referrals.view_syncrun",
        "rows": "referrals.view_previewedrow",
        "create": "referrals.start_syncrun",
        "pause": "referrals.start_syncrun",
        "resume": "referrals.start_syncrun",
        "cancel": "referrals.start_syncrun",
        "export": "referrals.export_syncrun",
    }

    def sheet(self) -> Sheet:
        return SYNC_SHEET

    @extend_schema(
        summary="Start a sync, or join the one that goes on",
        request=SyncWishSerializer,
        responses={202: AcceptedSerializer},
        examples=[OpenApiExample("Everything", examples.SYNC_WISH, request_only=True), BEGUN],
    )
    def create(self, request: Request) -> Response:
        given = SyncWishSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wish = Wish(full=given.validated_data["full"], since=given.validated_data.get("since"))
        started = start_sync(wish, asked_by=signed_in(request).get_username())
        return accepted(request, started.sentence(), route="sync-run", key=started.run.pk)

    @extend_schema(
        summary="Read no further page of it until it goes on",
        request=NothingToSay, responses={202: AcceptedSerializer}, examples=[HALTED],
    )  # fmt: skip
    @action(detail=True, methods=["post"], serializer_class=NothingToSay)
    def pause(self, request: Request, pk: str) -> Response:
        return self._halted(request, pause_sync)

    @extend_schema(
        summary="Let a paused one go on at its next page",
        request=NothingToSay, responses={202: AcceptedSerializer}, examples=[HALTED],
    )  # fmt: skip
    @action(detail=True, methods=["post"], serializer_class=NothingToSay)
    def resume(self, request: Request, pk: str) -> Response:
        return self._halted(request, resume_sync)

    @extend_schema(
        summary="End it; what it has stored stays, and the next one reads the rest",
        request=NothingToSay, responses={202: AcceptedSerializer}, examples=[HALTED],
    )  # fmt: skip
    @action(detail=True, methods=["post"], serializer_class=NothingToSay)
    def cancel(self, request: Request, pk: str) -> Response:
        return self._halted(request, cancel_sync)

    @extend_schema(
        summary="What a dry run would take in, change and refuse",
        description="Refused for a run that stored what it read: its referrals are at `/referrals/?sync_run=`, what it refused "
        "at `/refused-referrals/?sync_run=`.",
        responses=PreviewedRowSerializer(many=True),
    )
    @action(detail=True, methods=["get"], filterset_class=PreviewedRowFilter)
    def rows(self, request: Request, pk: str) -> Response:
        run = self.get_object()
        if not run.is_dry_run:
            raise HunterError(f"{run} is no dry run: it stored what it read. See /referrals/?sync_run={run.pk}.")
        found = self.filter_queryset(PreviewedRow.objects.filter(run=run))  # type: ignore[arg-type]  # rows of another model
        return self.get_paginated_response(PreviewedRowSerializer(self.paginate_queryset(found), many=True).data)

    def _halted(self, request: Request, act: Callable[..., Halted]) -> Response:
        done = act(self.get_object().pk, by=signed_in(request))
        return accepted(request, done.sentence(), route="sync-run", key=done.run.pk)
