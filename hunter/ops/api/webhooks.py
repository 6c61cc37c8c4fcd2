"""Where other services tell Hunter of changes: POST webhooks/{source}/. Each app registers the sources that it knows.

Who calls is vouched for by the message itself, so there is no session, no token and no CSRF here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hunter.errors import HunterError
from hunter.ops.api.problem_details import TOO_LARGE, register_problem

LONGEST_BODY = 64 * 1024
Receiver = Callable[[Mapping[str, str], bytes], str]

_receivers: dict[str, Receiver] = {}


class TooLarge(HunterError):
    """A message is longer than any real one."""


register_problem(TooLarge, TOO_LARGE)


def register_source(name: str, receiver: Receiver) -> None:
    """Make a source known. `receiver` takes headers and raw body, keeps them, and gives the sentence of the answer."""
    _receivers[name] = receiver


class JsonForMessages(DefaultContentNegotiation):
    """A message is answered in JSON, whatever its sender says it takes: it looks at the status alone."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        if request.method == "POST":
            return JSONRenderer(), JSONRenderer.media_type
        return super().select_renderer(request, renderers, format_suffix)


class ReceivedSerializer(serializers.Serializer[Any]):
    """That a message has arrived and is kept."""

    detail = serializers.CharField(help_text="What becomes of it, in words.")


class WebhookView(APIView):
    """Takes one message of a source."""

    title = "Webhooks"
    authentication_classes = ()
    permission_classes = (AllowAny,)
    content_negotiation_class = JsonForMessages

    @extend_schema(
        tags=["webhooks"],
        summary="Take a message of another service",
        description="`partner-center`: signed by Microsoft's certificate. It is kept before it is answered, and worked "
        "within a minute; the same message again is the same row. A problem of 503 asks to send it again.",
        request={"application/json": OpenApiTypes.OBJECT},
        responses=ReceivedSerializer,
        auth=[],
        examples=[
            OpenApiExample(
                "A referral has changed",
                {
                    "EventName": "referral-updated",
                    "ResourceUri": "https://api.partnercenter.microsoft.com/engagements/v1/referrals/"
                    "5f0c1d2e-3a4b-4c5d-8e6f-700000000001",
                    "ResourceName": "referral",
                    "AuditUri": None,
                    "ResourceChangeUtcDate": "2026-05-05T10:11:12.3520276+00:00",
                },
                request_only=True,
            ),
            OpenApiExample(
                "It is kept", {"detail": "Received; the referral is looked up within a minute."}, response_only=True
            ),
        ],
    )
    def post(self, request: Request, source: str) -> Response:
        receiver = _receivers.get(source)
        if receiver is None:
            raise Http404
        return Response({"detail": receiver(request.headers, body_of(request))})


def body_of(request: Request) -> bytes:
    """The raw bytes, which the signature is about. Raises TooLarge before more is read than a message may have."""
    plain = request._request
    too_large = TooLarge(f"A message has at most {LONGEST_BODY // 1024} KB.")
    length = plain.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > LONGEST_BODY:
        raise too_large
    body: bytes = plain.read(LONGEST_BODY + 1)
    if len(body) > LONGEST_BODY:
        raise too_large
    return body
