"""The grants of the token endpoint: what makes one good, and what is answered (contract 1.4, Dataverse 1.1-1.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from hunter.sandbox import identities
from hunter.sandbox.entra import tokens
from hunter.sandbox.entra.accounts import Accounts, App
from hunter.sandbox.entra.assertions import JWT_BEARER, check_assertion
from hunter.sandbox.entra.authorization import Asked, Code
from hunter.sandbox.entra.discovery import MICROSOFT, SHARED_TENANTS, TENANTS
from hunter.sandbox.entra.refusals import GrantRefused
from hunter.sandbox.identities import ADA, PEOPLE, Person

OPENID_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
DEFAULT = "/.default"


@dataclass(frozen=True, slots=True)
class Grant:
    """A request that was found good: for whom, for which resource, and which extras were asked for.

    `is_of_web` says that the sign-in came by a redirect of type web: it is renewed with the app's secret only.
    """

    client_id: str
    resource: str
    audience: str
    is_app_only: bool
    extras: frozenset[str] = frozenset()
    wants_client_info: bool = False
    person: Person = ADA
    nonce: str = ""
    is_of_web: bool = False


def refresh_token(number: int, *, person: Person = ADA, is_of_web: bool = False) -> str:
    claims = {
        "kind": "refresh",
        "client": identities.PARTNER_CENTER_CLIENT_ID,
        "n": number,
        "oid": person.object_id,
        "web": is_of_web,
    }
    return "1.A" + tokens.signed(claims)


def read_grant(
    form: Mapping[str, str], *, tenant: str, accounts: Accounts, known: Mapping[str, str], now: datetime
) -> Grant:
    """Check a token request as Entra does: tenant, client, credential, scope. Raises GrantRefused."""
    if "grant_type" not in form or "client_id" not in form:
        raise GrantRefused(900144, detail="'grant_type' and 'client_id' are needed, form-encoded.")
    app = _known_app(form["client_id"], tenant=tenant, accounts=accounts)
    match form["grant_type"]:
        case "client_credentials":
            return _application(app, form, tenant=tenant, known=known, now=now)
        case "refresh_token":
            return _person(form, accounts=accounts, known=known)
        case "authorization_code":
            return _code(form, accounts=accounts, known=known, now=now)
        case "urn:ietf:params:oauth:grant-type:device_code":
            return _device(form, accounts=accounts, known=known, now=now)
        case other:
            raise GrantRefused(70003, detail=other)


def _application(app: App, form: Mapping[str, str], *, tenant: str, known: Mapping[str, str], now: datetime) -> Grant:
    if tenant in SHARED_TENANTS:
        raise GrantRefused(900023, detail=f"'{tenant}'")
    _check_application(app, form, tenant=tenant, now=now)
    scopes = form.get("scope", "").split()
    if len(scopes) > 1:
        raise GrantRefused(70011, detail=form["scope"])
    if not scopes or not scopes[0].endswith(DEFAULT):
        raise GrantRefused(1002012, detail=form.get("scope", ""))
    resource = scopes[0].removesuffix(DEFAULT)
    return Grant(app.client_id, resource, _audience(resource, known), is_app_only=True)


def _check_application(app: App, form: Mapping[str, str], *, tenant: str, now: datetime) -> None:
    """By the assertion that its certificate signed, or by its secret."""
    if "client_assertion" in form:
        if form.get("client_assertion_type") != JWT_BEARER:
            raise GrantRefused(900144, detail="'client_assertion_type'")
        here = {f"{MICROSOFT}/{tenant}/oauth2/v2.0/token", f"{MICROSOFT}/{tenant}/v2.0"}
        check_assertion(
            form["client_assertion"],
            client_id=app.client_id,
            certificate_pem=app.certificate,
            audiences=here,
            now=now,
        )
        return
    if "client_secret" not in form:
        raise GrantRefused(7000218)
    if form["client_secret"] not in app.secrets:
        raise GrantRefused(7000215)


def _person(form: Mapping[str, str], *, accounts: Accounts, known: Mapping[str, str]) -> Grant:
    sent = form.get("refresh_token", "")
    if not sent:
        raise GrantRefused(900144, detail="'refresh_token'")
    claims = tokens.claims_of(sent.removeprefix("1.A"))
    if claims is None or claims.get("kind") != "refresh" or claims["client"] != form["client_id"]:
        raise GrantRefused(70000)
    if not accounts.settings.enabled:
        raise GrantRefused(50057)
    if claims["n"] <= accounts.sign_ins_revoked_up_to:
        raise GrantRefused(50173)
    _check_web_secret(form, accounts=accounts, is_of_web=claims.get("web", False))

    grant = _delegated(form, scope=form.get("scope", ""), known=known)
    return replace(grant, person=PEOPLE.get(str(claims.get("oid")), ADA), is_of_web=claims.get("web", False))


def _code(form: Mapping[str, str], *, accounts: Accounts, known: Mapping[str, str], now: datetime) -> Grant:
    is_of_web = accounts.settings.redirect_type == "web"
    _check_web_secret(form, accounts=accounts, is_of_web=is_of_web)
    code = accounts.codes.redeem(form, now=now)
    if not isinstance(code, Code):
        raise GrantRefused(code)
    grant = _delegated(form, scope=code.asked.scope, known=known)
    return replace(grant, person=code.person, nonce=code.asked.nonce, is_of_web=is_of_web)


def _check_web_secret(form: Mapping[str, str], *, accounts: Accounts, is_of_web: bool) -> None:
    """A redirect of type web wants the app's secret, any other way of signing in must not show it."""
    secret = form.get("client_secret")
    if not is_of_web:
        if secret is not None:
            raise GrantRefused(700025)
        return
    if secret is None:
        raise GrantRefused(7000218)
    if secret != accounts.settings.partner_center_secret:
        raise GrantRefused(7000215)


def check_browser_sign_in(asked: Asked, *, tenant: str, accounts: Accounts) -> None:
    """Whether the sign-in page may be shown to this app. Raises GrantRefused."""
    _known_app(asked.client_id, tenant=tenant, accounts=accounts)
    _resource(asked.scope)


def _device(form: Mapping[str, str], *, accounts: Accounts, known: Mapping[str, str], now: datetime) -> Grant:
    device_code, settings = form.get("device_code", ""), accounts.settings
    codes = accounts.device_codes
    number = codes.refusal(device_code, form["client_id"], now=now, is_strict=settings.strict_polling)
    if number is not None:
        raise GrantRefused(number)
    return _delegated(form, scope=codes.scope_of(device_code), known=known)


def begin_device_sign_in(form: Mapping[str, str], *, tenant: str, accounts: Accounts, now: datetime) -> dict[str, Any]:
    """The answer of the device endpoint (P3). Raises GrantRefused."""
    if "client_id" not in form:
        raise GrantRefused(900144, detail="'client_id'")
    app = _known_app(form["client_id"], tenant=tenant, accounts=accounts)
    if app.secrets or not accounts.settings.public_flows:
        raise GrantRefused(7000218)
    scope = form.get("scope", "")
    _resource(scope)
    return accounts.device_codes.begin(app.client_id, scope=scope, now=now)


def _known_app(client_id: str, *, tenant: str, accounts: Accounts) -> App:
    if tenant not in TENANTS | SHARED_TENANTS:
        raise GrantRefused(90002, detail=f"'{tenant}'")
    app = accounts.app(client_id)
    if app is None:
        raise GrantRefused(700016, detail=client_id)
    return app


def _delegated(form: Mapping[str, str], *, scope: str, known: Mapping[str, str]) -> Grant:
    resource = _resource(scope)
    return Grant(
        form["client_id"],
        resource,
        _audience(resource, known),
        is_app_only=False,
        extras=OPENID_SCOPES & frozenset(scope.split()),
        wants_client_info=form.get("client_info") == "1",
    )


def _resource(scope: str) -> str:
    """The one resource that a delegated scope names, beside the scopes of OpenID."""
    wanted = [one for one in scope.split() if one not in OPENID_SCOPES]
    if len(wanted) != 1 or "/" not in wanted[0]:
        raise GrantRefused(70011, detail=scope)
    return wanted[0].rpartition("/")[0]


def _audience(resource: str, known: Mapping[str, str]) -> str:
    if resource not in known:
        raise GrantRefused(500011, detail=resource)
    return known[resource]


def token_answer(grant: Grant, *, accounts: Accounts, lives: int, now: int) -> dict[str, Any]:
    """The 200 of the token endpoint (P7, P8, D1). `lives` and `now` in seconds."""
    claims: dict[str, Any] = {
        "aud": grant.audience,
        "iss": f"https://sts.windows.net/{identities.TENANT_ID}/",
        "iat": now,
        "nbf": now,
        "exp": now + lives,
        "appid": grant.client_id,
        "tid": accounts.settings.token_tenant,
        "n": accounts.issued,
        "ver": "1.0",
    }
    answer: dict[str, Any] = {"token_type": "Bearer", "expires_in": lives, "ext_expires_in": lives}
    if grant.is_app_only:
        return {**answer, "access_token": tokens.signed({**claims, "idtyp": "app", "oid": grant.client_id})}

    settings = accounts.settings
    claims |= {"idtyp": "user", "oid": grant.person.object_id, "upn": grant.person.name}
    claims |= {"referral_role": settings.role, "amr": ["pwd", "mfa"] if settings.mfa else ["pwd"]}
    answer["scope"] = f"{grant.resource}/user_impersonation {grant.resource}{DEFAULT}"
    answer["access_token"] = tokens.signed(claims)
    if "offline_access" in grant.extras:
        answer["refresh_token"] = refresh_token(accounts.issued, person=grant.person, is_of_web=grant.is_of_web)
    if "openid" in grant.extras:
        answer["id_token"] = _id_token(grant, tenant=settings.token_tenant, lives=lives, now=now)
    if grant.wants_client_info:
        answer["client_info"] = tokens.encoded({"uid": grant.person.object_id, "utid": settings.token_tenant})
    return answer


def _id_token(grant: Grant, *, tenant: str, lives: int, now: int) -> str:
    claims = {
        "aud": grant.client_id,
        "iss": f"{MICROSOFT}/{tenant}/v2.0",
        "iat": now,
        "nbf": now,
        "exp": now + lives,
        "oid": grant.person.object_id,
        "sub": grant.person.object_id,
        "tid": tenant,
        "name": grant.person.display_name,
        "preferred_username": grant.person.name,
        "ver": "2.0",
    }
    return tokens.signed(claims | ({"nonce": grant.nonce} if grant.nonce else {}))
