"""Signing in to Partner Center from the admin: who is signed in, until when, and the way to Microsoft and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from hunter.errors import HunterError
from hunter.ops import act_pages
from hunter.ops.acts import Act, Chosen, Place, Told, places
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin
from hunter.ops.showing import NOTHING, Tone, ago, badge, list_url
from hunter.remote.models import SignIn
from hunter.remote.sign_ins import ends_unused, last_renewed, signed_in
from referrals.admin.webhook_registration import REGISTER, TEST, webhook_facts
from referrals.interactive import has_secret
from referrals.services.runs import check_enabled
from referrals.services.signing_in import (
    NAME,
    OtherAccount,
    begin_browser_sign_in,
    belongs_to,
    finish_browser_sign_in,
    sign_out,
    take_other_account,
)
from referrals.sign_in_ends import near_end, secret_ends
from referrals.sign_in_note import sign_in_trouble

PERMISSION = "remote.make_signin"
FLOW, PENDING = "partner_center_flow", "partner_center_other_account"
CAME_BACK_WITH = ("code", "state", "error", "error_description")
LOCAL = "localhost"


def forget(chosen: Chosen) -> Told:
    by: Any = chosen.by
    return Told(sign_out(by=by).sentence(), lead_to=list_url("remote_signin"))


SIGN_OUT = Act(
    "sign_out", "Sign out", PERMISSION, forget, places(Place.PAGE), icon="logout", is_dangerous=True,
    question="Hunter forgets the tokens, also the refresh token of the settings; syncs wait until somebody signs in. At "
    "Microsoft the session stays: to end it everywhere, an administrator revokes the account's sessions there.",
)  # fmt: skip


@admin.register(SignIn)
class SignInAdmin(ReadOnlyModelAdmin):
    """One page in place of a list: there is one Partner Center."""

    navigation = (Entry("Set-up", 15, "Partner Center", "key"),)
    acts = (SIGN_OUT, REGISTER, TEST)

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        own = [
            path("begin/", guarded(self.begin_view), name="remote_signin_begin"),
            path("callback/", guarded(self.callback_view), name="remote_signin_callback"),
            path("other-account/", guarded(self.other_account_view), name="remote_signin_other"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return TemplateResponse(
            request,
            "admin/sign_in.html",
            self._context(request, "Partner Center") | facts(request) | webhook_facts(request),
        )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(self.list_address)

    def begin_view(self, request: HttpRequest) -> HttpResponse:
        """Send the person's browser to Microsoft. What the answer is checked with waits in the session."""
        check_may_sign_in(request)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            check_enabled()
            flow = begin_browser_sign_in(redirect_uri=redirect_address(request))
        except HunterError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(self.list_address)
        request.session[FLOW] = flow.kept
        return HttpResponseRedirect(flow.address)

    def callback_view(self, request: HttpRequest) -> HttpResponse:
        """Where Microsoft sends the browser back to, by GET. Only the answer to a sign-in begun here changes anything."""
        check_may_sign_in(request)
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        answer = {name: request.GET.get(name, "") for name in CAME_BACK_WITH}
        kept = request.session.get(FLOW)
        if belongs_to(kept, answer["state"]):
            del request.session[FLOW]  # used once, however it ends
        by: Any = request.user
        try:
            result = finish_browser_sign_in(kept, answer, by=by)
        except HunterError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(self.list_address)
        if isinstance(result, OtherAccount):
            request.session[PENDING] = {"current": result.current, "new": result.new, "pending": result.pending}
            return HttpResponseRedirect(reverse("admin:remote_signin_other"))
        self.tell(request, result)
        return HttpResponseRedirect(self.list_address)

    def other_account_view(self, request: HttpRequest) -> HttpResponse:
        """Another account has signed in than the one in use: which is it to be?"""
        check_may_sign_in(request)
        waiting = request.session.get(PENDING)
        if waiting is None:
            return HttpResponseRedirect(self.list_address)
        if request.method != "POST":
            context = self._context(request, "Another account", ("Another account", "")) | waiting
            return TemplateResponse(request, "admin/sign_in_other.html", context)
        del request.session[PENDING]
        if "use" not in request.POST:
            messages.success(request, f"{waiting['current']} stays signed in. {waiting['new']} was not kept.")
            return HttpResponseRedirect(self.list_address)
        by: Any = request.user
        try:
            self.tell(request, take_other_account(waiting["pending"], by=by))
        except HunterError as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(self.list_address)

    def _context(self, request: HttpRequest, title: str, *crumbs: tuple[str, str]) -> dict[str, Any]:
        way = self.crumbs(*crumbs) if crumbs else [(self.list_title, "")]
        return {
            **self.admin_site.each_context(request), "title": title, "crumbs": way, "opts": self.opts,
            "sign_out": SIGN_OUT, "sign_out_url": act_pages.act_url(self, SIGN_OUT),
            "webhook_acts": [(one, act_pages.act_url(self, one)) for one in (REGISTER, TEST)],
        }  # fmt: skip


def check_may_sign_in(request: HttpRequest) -> None:
    """Signing in is a permission of its own (C5). Raises PermissionDenied."""
    if not request.user.is_active or not request.user.has_perm(PERMISSION):
        raise PermissionDenied


def facts(request: HttpRequest) -> dict[str, Any]:
    """What the page tells: the account, its end as far as it is known, and what the app registration has to say."""
    account, renewed_at, trouble = signed_in(NAME), last_renewed(NAME), sign_in_trouble()
    secret = secret_ends() if has_secret() else None
    warn = timedelta(days=settings.PARTNER_CENTER_WARN_DAYS)
    address = redirect_address(request)
    return {
        "is_on": settings.PARTNER_CENTER_ENABLED,
        "account": account,
        "by": account.by if account else None,
        "since": ago(account.signed_in_at) if account else NOTHING,
        "renewed": ago(renewed_at) if account else NOTHING,
        "ends": ends_unused(renewed_at) if account and renewed_at else None,
        "secret_ends": secret,
        "has_secret": has_secret(),
        "near": near_end(renewed_at=renewed_at if account else None, secret=secret, now=timezone.now(), warn=warn),
        "trouble": trouble,
        "state": state_badge(has_account=account is not None, has_trouble=trouble is not None),
        "waits_for_given": account is None and renewed_at is None and bool(settings.PARTNER_CENTER_REFRESH_TOKEN),
        "redirect_address": address,
        "address_trouble": address_trouble(address),
        "may_sign_in": request.user.has_perm(PERMISSION),
        "tenant": settings.PARTNER_CENTER_TENANT_ID,
        "client": settings.PARTNER_CENTER_CLIENT_ID,
    }


def state_badge(*, has_account: bool, has_trouble: bool) -> Any:
    if has_trouble:
        return badge("needs a person", Tone.NEEDS_YOU)
    return badge("signed in", Tone.GOOD) if has_account else badge("nobody is signed in", Tone.NEEDS_YOU)


def redirect_address(request: HttpRequest) -> str:
    """Where Microsoft is to send the browser back to: here, as this person reached it.

    A proxy that ends TLS hides the https; HUNTER_URL of the same host knows better.
    """
    callback = reverse("admin:remote_signin_callback")
    own = urlsplit(settings.HUNTER_URL)
    if own.netloc and own.netloc == request.get_host():
        return f"{own.scheme}://{own.netloc}{callback}"
    return request.build_absolute_uri(callback)


def address_trouble(address: str) -> str:
    """Why Microsoft will not take the address; empty where it will."""
    parts = urlsplit(address)
    if parts.scheme == "https" or parts.hostname == LOCAL:
        return ""
    return (
        f"Microsoft takes addresses without https for {LOCAL} only. Open Hunter by https; behind a proxy that ends TLS, set "
        "HUNTER_URL to Hunter's https address."
    )
