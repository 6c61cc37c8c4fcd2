"""What came from Partner Center and waits, over HTTP: rows that could not be stored, and webhooks."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from django_filters import BooleanFilter, CharFilter, ChoiceFilter, FilterSet, NumberFilter
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from hunter.errors import HunterError
from hunter.ops.api.accepted import AcceptedSerializer, accepted
from hunter.ops.api.inputs import NothingToSay
from hunter.ops.api.permissions import signed_in
from hunter.ops.api.resources import Resource
from referrals.api import received_examples as examples
from referrals.api.filters import LARGEST_KEY
from referrals.api.received_serializers import RefusedReferralSerializer, WebhookDeliverySerializer
from referrals.models import DeliveryState, RefusedReferral, WebhookDelivery
from referrals.run_rows import refused_in
from referrals.services.deliveries import work_again
from referrals.services.quarantine import retry_refused


class RefusedReferralFilter(FilterSet):  # type: ignore[misc]  # django-filter has no types
    """Refused rows by whether they still wait, and by the sync that refused them."""

    settled = BooleanFilter(field_name="settled_at", lookup_expr="isnull", exclude=True)
    key = CharFilter()
    sync_run = NumberFilter(method="of_run", label="Those that a sync refused, whatever became of them since.")

    def of_run(self, rows: QuerySet[RefusedReferral], name: str, value: int) -> QuerySet[RefusedReferral]:
        return refused_in(rows, run_id=int(value)) if 0 < value < LARGEST_KEY else rows.none()


class WebhookDeliveryFilter(FilterSet):  # type: ignore[misc]
    """Messages by what became of them, and by their referral."""

    state = ChoiceFilter(choices=DeliveryState.choices)
    referral_id = CharFilter()
    event = CharFilter()
    is_verified = BooleanFilter()


@extend_schema(tags=["refused-referrals"])
@extend_schema_view(
    list=extend_schema(summary="Rows that could not be stored, newest first"),
    retrieve=extend_schema(summary="One refused row"),
)
class RefusedReferralViews(Resource[RefusedReferral]):
    """Rows of Partner Center that could not be stored, and why."""

    queryset = RefusedReferral.objects.defer("sealed_row")
    serializer_class = RefusedReferralSerializer
    filterset_class = RefusedReferralFilter
    lookup_value_regex = "[0-9]+"
    permission_for: ClassVar = {
        "read": "referrals.view_refusedreferral",
        "retry": "referrals.retry_refusedreferral",
    }

    @extend_schema(
        summary="Try it again",
        description="It is fetched once more from Partner Center; a row without an id is read as it was kept.",
        request=NothingToSay,
        responses={202: AcceptedSerializer},
        examples=[OpenApiExample("Tried", examples.REFUSED_RETRIED, response_only=True, status_codes=["202"])],
    )
    @action(detail=True, methods=["post"], serializer_class=NothingToSay)
    def retry(self, request: Request, pk: str) -> Response:
        row = self.get_object()
        if row.settled_at is not None:
            raise HunterError(f"It is settled: {row.settled_how} There is nothing to try again.")
        counts = retry_refused([row], by=signed_in(request))
        return accepted(request, counts.sentence(), route="refused-referral", key=row.pk)


@extend_schema(tags=["webhook-deliveries"])
@extend_schema_view(
    list=extend_schema(summary="Webhooks that were received, newest first"),
    retrieve=extend_schema(summary="One received webhook"),
)
class WebhookDeliveryViews(Resource[WebhookDelivery]):
    """What Partner Center told by webhook, and what became of it."""

    queryset = WebhookDelivery.objects.defer("body")
    serializer_class = WebhookDeliverySerializer
    filterset_class = WebhookDeliveryFilter
    lookup_value_regex = "[0-9]+"
    permission_for: ClassVar = {
        "read": "referrals.view_webhookdelivery",
        "retry": "referrals.retry_webhookdelivery",
    }

    @extend_schema(
        summary="Look its referral up once more",
        request=NothingToSay,
        responses={202: AcceptedSerializer},
        examples=[OpenApiExample("Worked again", examples.DELIVERY_RETRIED, response_only=True, status_codes=["202"])],
    )
    @action(detail=True, methods=["post"], serializer_class=NothingToSay)
    def retry(self, request: Request, pk: str) -> Response:
        row = self.get_object()
        asked = work_again(WebhookDelivery.objects.filter(pk=row.pk), by=signed_in(request))
        if not asked.count:
            raise HunterError("Nobody vouches for this message, or it is about no referral; it is not worked.")
        return accepted(request, asked.sentence(), route="webhook-delivery", key=row.pk)
