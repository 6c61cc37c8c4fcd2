"""The webhooks' part of the page of Partner Center: where they go, and the two buttons that set and try it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.widgets import UnfoldBooleanWidget

from hunter.ops.acts import Act, ActResult, Chosen, Place, places
from hunter.ops.showing import NOTHING, Tone, ago, badge
from referrals.models import WebhookDelivery
from referrals.services.registering import NoAddress, last_seen, register_webhooks, send_test, webhook_address

PERMISSION = "referrals.register_webhookregistration"


class RegisterForm(forms.Form):
    """Whether another address may lose its events."""

    replace = forms.BooleanField(
        required=False, label="Take the events from another address", widget=UnfoldBooleanWidget,
        help_text="There is one address for each event: whoever has them now gets none any more.",
    )  # fmt: skip


def register(chosen: Chosen) -> ActResult:
    by: Any = chosen.by
    return register_webhooks(replace=bool(chosen.answers.get("replace")), by=by)


def test(chosen: Chosen) -> ActResult:
    by: Any = chosen.by
    return send_test(by=by)


REGISTER = Act(
    "register_webhooks", "Register webhooks", PERMISSION, register, places(Place.PAGE), icon="webhook",
    form=RegisterForm,
    question="Partner Center is asked where its webhooks go, and told to send them to Hunter where they do not yet.",
)  # fmt: skip
TEST = Act(
    "test_webhooks", "Send a test", PERMISSION, test, places(Place.PAGE), icon="send",
    question="Partner Center sends a message to the address that is registered; Hunter waits up to 20 seconds for it. Two a "
    "minute are taken.",
)  # fmt: skip


def webhook_facts(request: HttpRequest) -> dict[str, Any]:
    """What the page tells of webhooks, by what was seen last: it asks nobody."""
    seen = last_seen()
    try:
        ours, trouble = webhook_address(), ""
    except NoAddress as error:
        ours, trouble = "", error.message
    newest = WebhookDelivery.objects.filter(is_verified=True).order_by("-last_received_at").first()
    return {
        "webhook": seen,
        "webhook_state": registration_badge(seen.url if seen else None, ours=ours),
        "webhook_seen": ago(seen.seen_at) if seen else NOTHING,
        "webhook_tested": ago(seen.tested_at) if seen and seen.tested_at else NOTHING,
        "webhook_newest": ago(newest.last_received_at) if newest else NOTHING,
        "webhook_address": ours,
        "webhook_trouble": trouble,
        "may_register": request.user.has_perm(PERMISSION),
    }


def registration_badge(url: str | None, *, ours: str) -> Any:
    """What the last look found, in a word."""
    if url is None:
        return badge("not looked at yet", Tone.ASIDE)
    if not url:
        return badge("not registered", Tone.ASIDE)
    return badge("registered", Tone.GOOD) if url == ours else badge("goes elsewhere", Tone.NEEDS_YOU)
