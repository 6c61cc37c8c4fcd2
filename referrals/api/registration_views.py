"""Where Partner Center's webhooks go, over HTTP: seen, registered and tried (contract 5, P38)."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from hunter.ops.api.filters import refuse_unknown
from hunter.ops.api.inputs import NothingToSay
from hunter.ops.api.permissions import signed_in
from hunter.ops.api.problem_details import REFUSED, register_problem
from referrals.api import registration_examples as examples
from referrals.api.registration_serializers import LastSeenSerializer, RegisteredSerializer, RegisterSerializer
from referrals.services.registering import (
    NoAddress,
    Registered,
    last_seen,
    register_webhooks,
    send_test,
    show_registration,
    webhook_address,
)

register_problem(NoAddress, REFUSED)  # nothing is wrong with the request


@extend_schema(tags=["webhook-registration"])
class WebhookRegistrationViews(ViewSet):
    """The address that Partner Center sends its webhooks to: one for each event."""

    title = "webhook registration"
    permission_for: ClassVar = {
        "read": "remote.view_signin",
        "create": "referrals.register_webhookregistration",
        "look": "referrals.register_webhookregistration",
        "test": "referrals.register_webhookregistration",
    }

    @extend_schema(
        summary="What was registered when Partner Center was last asked",
        description="It asks nobody; `look` does.",
        responses=forced_singular_serializer(LastSeenSerializer),  # type: ignore[no-untyped-call]  # of drf-spectacular
        examples=[OpenApiExample("Hunter's address", examples.LAST_SEEN, response_only=True)],
    )
    def list(self, request: Request) -> Response:
        refuse_unknown(request.query_params, filterset_class=None)
        return Response(LastSeenSerializer(as_it_was_seen()).data)

    @extend_schema(
        summary="Have the webhooks sent to Hunter",
        description="Where they are already nothing is changed. Refused where another address has them, unless `replace` is "
        "said.",
        request=RegisterSerializer,
        responses={200: RegisteredSerializer},
        examples=[
            OpenApiExample("Whoever has them now", examples.REPLACE, request_only=True),
            OpenApiExample("Taken from another", examples.REGISTERED, response_only=True),
        ],
    )
    def create(self, request: Request) -> Response:
        given = RegisterSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return told(register_webhooks(replace=given.validated_data["replace"], by=signed_in(request)))

    @extend_schema(
        summary="Ask Partner Center what is registered",
        description="Nothing is changed there.",
        request=NothingToSay,
        responses=RegisteredSerializer,
        examples=[OpenApiExample("Hunter's address", examples.SHOWN, response_only=True)],
    )
    @action(detail=False, methods=["post"])
    def look(self, request: Request) -> Response:
        return told(show_registration())

    @extend_schema(
        summary="Have a test sent, and wait until it is here",
        description="Up to 20 seconds; Partner Center sends two a minute.",
        request=NothingToSay,
        responses=RegisteredSerializer,
        examples=[OpenApiExample("It arrived", examples.TESTED, response_only=True)],
    )
    @action(detail=False, methods=["post"])
    def test(self, request: Request) -> Response:
        return told(send_test(by=signed_in(request)))


def as_it_was_seen() -> dict[str, Any]:
    """The last look, held against Hunter's own address."""
    seen = last_seen()
    try:
        ours = webhook_address()
    except NoAddress:
        ours = ""
    return {
        "address": ours,
        "url": seen.url if seen else "",
        "events": seen.events if seen else [],
        "ours": seen is not None and seen.url == ours != "",
        "seen_at": seen.seen_at if seen else None,
        "tested_at": seen.tested_at if seen else None,
        "test_told": seen.test_told if seen else "",
    }


def told(registered: Registered) -> Response:
    return Response(RegisteredSerializer({**registered.as_dict(), "detail": registered.sentence()}).data)
