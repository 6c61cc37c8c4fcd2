"""Lanes over HTTP: how each service does, and a person's hold, resume and limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from hunter.ops.api.filters import refuse_unknown
from hunter.ops.api.permissions import signed_in
from hunter.ops.api.serializers import LanePageSerializer, LaneSerializer, LimitSerializer, ReasonSerializer
from hunter.ops.holding import LaneChange, hold_lane, resume_lane
from hunter.ops.limiting import default_limits, limit_lane
from hunter.remote import limits
from hunter.remote.lanes import LaneName
from hunter.work.status import work_status

BY_NAME = [OpenApiParameter("lane", str, OpenApiParameter.PATH)]


@extend_schema(tags=["lanes"])
class LaneViews(ViewSet):
    """The services that Hunter talks to: how much waits, what is paused (R7.2), and what a person decides about them."""

    title = "lanes"
    permission_for: ClassVar = {
        "read": "remote.view_lane",
        "hold": "remote.change_lane",
        "resume": "remote.change_lane",
        "limit": "remote.change_lane",
        "default_limit": "remote.change_lane",
    }
    lookup_url_kwarg = "lane"

    @extend_schema(summary="All lanes", responses=LanePageSerializer)
    def list(self, request: Request) -> Response:
        refuse_unknown(request.query_params, filterset_class=None)
        lanes = LaneSerializer(list(work_status().lanes), many=True).data  # type: ignore[arg-type]  # many of them
        return Response({"next": None, "previous": None, "results": lanes})

    @extend_schema(summary="One lane", responses=LaneSerializer, parameters=BY_NAME)
    def retrieve(self, request: Request, lane: str) -> Response:
        return Response(as_it_stands(lane))

    @extend_schema(
        summary="Stop all calls to it", request=ReasonSerializer, responses=LaneSerializer, parameters=BY_NAME,
        description="On all machines, until it is resumed; what waits keeps its place.",
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def hold(self, request: Request, lane: str) -> Response:
        return changed(request, lane, ReasonSerializer, hold_lane)

    @extend_schema(
        summary="Let it go on", request=ReasonSerializer, responses=LaneSerializer, parameters=BY_NAME,
        description="At once, whether it was held, paused or on probation.",
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, lane: str) -> Response:
        return changed(request, lane, ReasonSerializer, resume_lane)

    @extend_schema(
        summary="Set how much it may be asked", request=LimitSerializer, responses=LaneSerializer, parameters=BY_NAME,
        description="For all machines together, at once, until it is set back. What is left out stays.",
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def limit(self, request: Request, lane: str) -> Response:
        return changed(request, lane, LimitSerializer, limit_lane)

    @extend_schema(
        summary="Set its limit back to the settings'", request=ReasonSerializer, responses=LaneSerializer,
        parameters=BY_NAME,
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="default-limit")
    def default_limit(self, request: Request, lane: str) -> Response:
        return changed(request, lane, ReasonSerializer, default_limits)


def changed(
    request: Request, lane: str, given_as: type[serializers.Serializer[Any]], change: Callable[..., LaneChange]
) -> Response:
    """The lane after a change that a person asked for."""
    if lane not in set(LaneName):
        raise NotFound(f"There is no lane {lane}. Known are {', '.join(LaneName)}.")
    given = given_as(data=request.data)
    given.is_valid(raise_exception=True)
    limits.ensure_lane(LaneName(lane))
    change(LaneName(lane), by=signed_in(request), **given.validated_data)
    return Response(as_it_stands(lane))


def as_it_stands(lane: str) -> Any:
    """One lane as JSON. Raises NotFound."""
    known = {one.lane: one for one in work_status().lanes}
    if lane not in known:
        raise NotFound(f"There is no lane {lane}. Known are {', '.join(known) or 'none before the first work'}.")
    return LaneSerializer(known[lane]).data
