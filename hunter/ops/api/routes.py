"""Where everything of the API is: the apps' routes below /api/v1/, its description, its start page."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from hunter.ops.api.urls import router as own_router
from hunter.ops.api.views import NoSuchAddress
from hunter.ops.api.webhooks import WebhookView


def api_routes(routers: Iterable[SimpleRouter]) -> list[URLPattern | URLResolver]:
    """The addresses of the API; the apps' routers come from above, as this room knows no app."""
    all_routers = [*routers, own_router]
    registered = [entry for one in all_routers for entry in one.registry]
    lists = [(prefix, f"{basename}-list") for prefix, views, basename in registered if hasattr(views, "list")]
    below = [address for one in all_routers for address in one.urls]
    return [
        path("api/", RedirectView.as_view(pattern_name="api-docs"), name="api"),
        path("api/schema/", SpectacularAPIView.as_view(permission_classes=[AllowAny]), name="api-schema"),
        path(
            "api/docs/",
            SpectacularSwaggerView.as_view(url_name="api-schema", permission_classes=[AllowAny]),
            name="api-docs",
        ),
        path("api/v1/", StartPage.as_view(lists=sorted(lists)), name="api-start"),
        path("api/v1/webhooks/<slug:source>/", WebhookView.as_view(), name="webhook"),
        path("api/v1/", include(below)),
        re_path(r"^api/.+/$", NoSuchAddress.as_view()),
    ]


class StartPage(APIView):
    """The lists there are."""

    title = "Hunter's API"
    permission_classes = (AllowAny,)
    lists: list[tuple[str, str]] = []

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        lists = {prefix: reverse(name, request=request) for prefix, name in self.lists}
        about = {name: reverse(f"api-{name}", request=request) for name in ("schema", "docs")}
        return Response(lists | about)
