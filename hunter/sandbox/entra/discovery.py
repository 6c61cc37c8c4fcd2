"""The two discovery documents (contract 1.5, P1, P2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from werkzeug import Response

from hunter.sandbox import identities
from hunter.sandbox.entra.refusals import error_answer
from hunter.sandbox.refusals import json_answer

MICROSOFT = "https://login.microsoftonline.com"
ALIASES = ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"]
SHARED_TENANTS = frozenset({"common", "organizations"})
TENANTS = frozenset({identities.TENANT_ID, identities.TENANT_DOMAIN})


def openid_configuration(tenant: str) -> Response:
    """OIDC discovery with Microsoft's https addresses; msal refuses any other scheme."""
    if tenant not in TENANTS | SHARED_TENANTS:
        text = f"AADSTS90002: Tenant '{tenant}' not found. Check that you have the correct tenant ID."
        return json_answer({"error": "invalid_tenant", "error_description": text, "error_codes": [90002]}, status=400)
    issuer_tenant = "{tenantid}" if tenant in SHARED_TENANTS else identities.TENANT_ID
    root = f"{MICROSOFT}/{tenant}"
    return json_answer(
        {
            "issuer": f"{MICROSOFT}/{issuer_tenant}/v2.0",
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{root}/discovery/v2.0/keys",
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "tenant_region_scope": "EU",
        }
    )


def instance_discovery(query: Mapping[str, str], *, now: datetime) -> Response:
    """Says which host names are one cloud. `metadata` came with version 1.1."""
    asked = urlsplit(query.get("authorization_endpoint", ""))
    if query.get("api-version") not in ("1.0", "1.1") or not asked.hostname:
        return error_answer(900144, now=now)
    if asked.hostname not in ALIASES:
        return error_answer(50049, now=now)
    tenant = asked.path.strip("/").partition("/")[0]
    body: dict[str, object] = {
        "tenant_discovery_endpoint": f"{MICROSOFT}/{tenant}/v2.0/.well-known/openid-configuration"
    }
    if query["api-version"] == "1.1":
        body["api-version"] = "1.1"
        body["metadata"] = [
            {"preferred_network": ALIASES[0], "preferred_cache": "login.windows.net", "aliases": ALIASES}
        ]
    return json_answer(body)
