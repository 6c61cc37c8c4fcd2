"""How the admin looks: Unfold's settings (platform notes 7)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static


def own_styles(request: HttpRequest) -> str:
    return static("hunter/admin.css")


def own_scripts(request: HttpRequest) -> str:
    return static("hunter/admin.js")


def favicon(request: HttpRequest) -> str:
    return static("hunter/icon.svg")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Hunter",
    "SITE_HEADER": "Hunter",
    "SITE_SUBHEADER": "Referrals to leads",
    "SITE_SYMBOL": "target",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "hunter.ops.look.favicon"}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "6px",
    "DASHBOARD_CALLBACK": "hunter.ops.home.home_page",
    "STYLES": ["hunter.ops.look.own_styles"],
    "SCRIPTS": ["hunter.ops.look.own_scripts"],
    "COMMAND": {"search_models": False, "search_callback": "hunter.ops.palette.search"},
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "hunter.ops.navigation.sidebar",
    },
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 220)",
            "100": "oklch(93.5% .032 220)",
            "200": "oklch(88% .058 220)",
            "300": "oklch(80% .09 221)",
            "400": "oklch(70% .115 223)",
            "500": "oklch(60% .115 225)",
            "600": "oklch(50% .105 228)",
            "700": "oklch(43.5% .09 230)",
            "800": "oklch(37.5% .075 232)",
            "900": "oklch(32.5% .06 234)",
            "950": "oklch(24% .05 236)",
        },
    },
}
