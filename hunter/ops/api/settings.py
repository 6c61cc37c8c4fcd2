"""How the API behaves everywhere; read by hunter.settings."""

from __future__ import annotations

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    # The first one says what a 401 asks for.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["hunter.ops.api.permissions.MayAct"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "hunter.ops.api.pages.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["hunter.ops.api.filters.KnownFilters"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "VIEW_NAME_FUNCTION": "hunter.ops.api.resources.page_title",
    "EXCEPTION_HANDLER": "hunter.ops.api.problem_details.answer_problem",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Hunter",
    "VERSION": "1",
    "DESCRIPTION": (
        "Referrals, the companies they belong to, their scans and scores, and the leads they become in the CRM.\n\n"
        "Sign in with a token (`Authorization: Token …`) or with the session of the admin. Lists come in pages: follow "
        "`next`. A filter that Hunter does not know is refused. What has a version has an `ETag`; to change it, send that "
        "ETag as `If-Match`. Long work is answered with 202 and the address to look at. Errors are problem details "
        "(RFC 9457)."
    ),
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "hunter.ops.api.schema.tell_of_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ErrorState": "hunter.work.models.ErrorRecord.State",
        "JobState": "hunter.ops.api.jobs.JobState",
        "ReferralType": "referrals.models.choices.REFERRAL_TYPES",
        "LaneState": "hunter.ops.api.serializers.LANE_STATES",
        "Known": "leads.api.finding_serializers.KNOWN",
        "Segment": "leads.models.choices.SEGMENTS",
    },
    # Served by Hunter itself, nothing is fetched from elsewhere.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
