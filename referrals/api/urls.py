"""Where referrals and sync runs are, below /api/v1/."""

from __future__ import annotations

from django_filters import ChoiceFilter
from rest_framework.routers import SimpleRouter

from hunter.ops.api.problem_details import INVALID, NOT_VOUCHED_FOR, register_problem
from hunter.ops.api.webhooks import register_source
from leads.api.figures import register
from leads.api.filters import register_filter
from referrals.api.company_figures import REFERRALS_OF_COMPANIES
from referrals.api.link_views import RelinkViews
from referrals.api.received_views import RefusedReferralViews, WebhookDeliveryViews
from referrals.api.registration_views import WebhookRegistrationViews
from referrals.api.views import ReferralViews, SyncRunViews
from referrals.company_figures import CompanyLinkStatus
from referrals.company_sets import with_link_status, with_referral_type
from referrals.models.choices import REFERRAL_TYPES
from referrals.services.deliveries import SOURCE, receive
from referrals.webhooks.message import HeadersMissing, NotSigned

register(REFERRALS_OF_COMPANIES)
register_filter(
    "referral_type",
    ChoiceFilter(choices=REFERRAL_TYPES, method=lambda companies, name, value: with_referral_type(companies, value)),
)
register_filter(
    "link_status",
    ChoiceFilter(
        choices=[(one.value, one.value) for one in CompanyLinkStatus],
        method=lambda companies, name, value: with_link_status(companies, value),
    ),
)

register_problem(NotSigned, NOT_VOUCHED_FOR)
register_problem(HeadersMissing, INVALID)
register_source(SOURCE, receive)

router = SimpleRouter()
router.register("referrals", ReferralViews, basename="referral")
router.register("sync-runs", SyncRunViews, basename="sync-run")
router.register("relinks", RelinkViews, basename="relink")
router.register("refused-referrals", RefusedReferralViews, basename="refused-referral")
router.register("webhook-registration", WebhookRegistrationViews, basename="webhook-registration")
router.register("webhook-deliveries", WebhookDeliveryViews, basename="webhook-delivery")
