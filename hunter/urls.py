"""Where each page is."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from crm.api.urls import router as crm_router
from hunter.ops import health
from hunter.ops.api.routes import api_routes
from leads.api.urls import router as leads_router
from referrals.api.urls import router as referrals_router

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    *api_routes([leads_router, referrals_router, crm_router]),
]

handler500 = "hunter.ops.api.problem_details.answer_fault"
