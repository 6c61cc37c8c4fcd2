"""Many links at once, over HTTP."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from hunter.ops.api.accepted import AcceptedSerializer, accepted
from hunter.ops.api.inputs import NothingToSay
from hunter.ops.api.permissions import signed_in
from hunter.ops.api.resources import Resource
from referrals.api import link_examples
from referrals.api.filters import RelinkEntryFilter, RelinkRunFilter
from referrals.api.link_serializers import (
    MatchedSerializer,
    NewRelinkSerializer,
    RelinkEntrySerializer,
    RelinkRunSerializer,
)
from referrals.models import RelinkEntry, RelinkRun, RelinkTarget
from referrals.services.relink_runs import RelinkWish, relink_many, undo_run

ACCEPTED = OpenApiExample("Done at once", link_examples.RELINK_ACCEPTED, response_only=True, status_codes=["202"])


@extend_schema(tags=["relinks"])
@extend_schema_view(
    list=extend_schema(summary="Runs over many links, newest first"), retrieve=extend_schema(summary="One run")
)
class RelinkViews(Resource[RelinkRun]):
    """Referrals linked by filter: each is fenced by its version, and one that is refused stops no other."""

    queryset = RelinkRun.objects.select_related("by")
    serializer_class = RelinkRunSerializer
    filterset_class = RelinkRunFilter
    lookup_value_regex = "[0-9]+"
    permission_for: ClassVar = {
        "read": "referrals.view_relinkrun",
        "entries": "referrals.view_relinkrun",
        "create": "referrals.relink_referral",
        "undo": "referrals.relink_referral",
    }

    @extend_schema(
        summary="Link these referrals, or all that a filter leaves",
        description="`domain`: all to one company. `best`: each to its best candidate that is a company. `own`: each to the "
        "company of the domain it names, made where there is none. `none`: all left without a company. Up to a hundred are "
        "linked at once; more are worked off, and the address tells how far it is.",
        request=NewRelinkSerializer,
        responses={202: AcceptedSerializer, 200: MatchedSerializer},
        examples=[
            OpenApiExample("The referrals of a filter", link_examples.NEW_RELINK, request_only=True),
            OpenApiExample("Those of a list", link_examples.NEW_RELINK_OF_IDS, request_only=True),
            ACCEPTED,
            OpenApiExample("A dry run", link_examples.MATCHED, response_only=True, status_codes=["200"]),
        ],
    )
    def create(self, request: Request) -> Response:
        given = NewRelinkSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wish = given.validated_data
        if wish["dry_run"]:
            return Response(MatchedSerializer({"matched": given.referrals.count()}).data)
        counts = relink_many(
            given.referrals,
            wish=RelinkWish(RelinkTarget(wish["target"]), domain=wish.get("domain", ""), why=wish.get("why", "")),
            about=given.about,
            by=signed_in(request),
        )
        return accepted(request, counts.sentence(), route="relink", key=counts.run.pk)

    @extend_schema(
        summary="Put all of them back to where they were",
        description="Those that somebody acted on since are refused, each with its reason.",
        request=NothingToSay,
        responses={202: AcceptedSerializer},
        examples=[ACCEPTED],
    )
    @action(detail=True, methods=["post"], serializer_class=NothingToSay)
    def undo(self, request: Request, pk: str) -> Response:
        counts = undo_run(self.get_object(), by=signed_in(request))
        return accepted(request, counts.sentence(), route="relink", key=counts.run.pk)

    @extend_schema(summary="Its referrals, and what became of each", responses=RelinkEntrySerializer(many=True))
    @action(detail=True, methods=["get"], filterset_class=RelinkEntryFilter)
    def entries(self, request: Request, pk: str) -> Response:
        rows = RelinkEntry.objects.filter(run=self.get_object()).select_related("referral")
        page = self.paginate_queryset(self.filter_queryset(rows))  # type: ignore[arg-type]  # rows of another model
        return self.get_paginated_response(RelinkEntrySerializer(page, many=True).data)
