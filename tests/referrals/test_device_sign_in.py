"""Signing in by device code: each answer of the polling table (contract 1.3)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.management import call_command

from hunter.audit.models import AuditEntry
from hunter.errors import HunterError
from hunter.remote.errors import AuthenticationFailed, Misconfigured
from hunter.remote.models import SignIn, Slot, StoredToken
from hunter.remote.sealing import opened
from hunter.sandbox import identities
from referrals.renewal import read_renewal
from referrals.services.device_sign_in import Clock, sign_in_by_device_code
from tests.factories.people import administrator
from tests.referrals.browser import DENIZ, Browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox(partner_center_settings, settings):
    """Partner Center is on, nobody has signed in, and calls are not held back."""
    settings.PARTNER_CENTER_ENABLED = True
    settings.PARTNER_CENTER_REFRESH_TOKEN = ""
    settings.LANE_LIMITS = dict.fromkeys(("partner_center", "entra"), "100000,100000")
    return partner_center_settings


class Operator:
    """Looks at the command's words; what happens during each wait is a list of acts. Time is his own."""

    def __init__(self, sandbox, *during_waits):
        self.sandbox = sandbox
        self.acts = list(during_waits)
        self.said = []
        self.waits = []
        self.time = 0.0

    def connect(self, *, replace=False):
        clock = Clock(now=lambda: self.time, wait=self.wait)
        return sign_in_by_device_code(
            show=self.said.append, progress=lambda text: None, may_replace=replace, clock=clock
        )

    def wait(self, seconds):
        assert not Slot.objects.filter(holder__isnull=False).exists(), "others renew their tokens meanwhile"
        self.waits.append(seconds)
        self.time += seconds
        if self.acts:
            self.acts.pop(0)(self)

    @property
    def user_code(self):
        return self.said[0].split("the code ")[1].rstrip(".")


def nothing(operator):
    """Nobody has used the code yet."""


def approve(operator):
    operator.sandbox.control.edit("entra", {"approve_device_code": operator.user_code})


def decline(operator):
    operator.sandbox.control.edit("entra", {"decline_device_code": operator.user_code})


def let_it_expire(operator):
    operator.sandbox.clock.advance(timedelta(minutes=15))


def answered_by(**fault):
    return lambda operator: operator.sandbox.control.add_fault(service="entra", operation="token", times=1, **fault)


def kept_renewal():
    return read_renewal(opened(StoredToken.objects.get().renewal))


def test_p3_microsofts_sentence_is_shown_as_it_is(sandbox):
    operator = Operator(sandbox, approve)

    operator.connect()

    page = "https://microsoft.com/devicelogin"
    assert operator.said == [
        f"To sign in, use a web browser to open the page {page} and enter the code {operator.user_code}."
    ]


@pytest.mark.proves("R2.7")
def test_p6_an_approved_code_signs_in_and_is_kept(sandbox):
    result = Operator(sandbox, nothing, nothing, approve).connect()

    kept, entry = SignIn.objects.get(), AuditEntry.objects.get()
    assert (result.account, result.how) == (identities.USER_NAME, "device_code")
    assert (kept.account_name, kept.how, kept.by) == (identities.USER_NAME, "device_code", None)
    assert (entry.act, entry.after, entry.by) == ("sign in", identities.USER_NAME, None)
    assert not kept_renewal().is_of_web_app


def test_p4_while_it_is_pending_it_looks_every_interval(sandbox):
    operator = Operator(sandbox, nothing, nothing, nothing, approve)

    operator.connect()

    assert operator.waits == [5.0] * 4


def test_p5_slow_down_adds_five_seconds_for_good(sandbox):
    sandbox.control.edit("entra", {"strict_polling": True})
    operator = Operator(sandbox, nothing, nothing, nothing, approve)

    operator.connect()

    assert operator.waits == [5.0, 5.0, 10.0, 15.0]


@pytest.mark.parametrize(
    ("during", "words"),
    [
        pytest.param(decline, r"was declined\.", id="p4 authorization_declined"),
        pytest.param(answered_by(fault="status", code="65004"), "declined or is blocked", id="access_denied"),
        pytest.param(let_it_expire, "has expired", id="p4 expired_token"),
        pytest.param(
            answered_by(fault="status", code="70018"), "does not know the code", id="p4 bad_verification_code"
        ),
        pytest.param(answered_by(fault="status", code="54005"), "used before", id="p6 redeemed"),
    ],
)
def test_p4_a_final_answer_ends_it_with_the_way_out(sandbox, during, words):
    operator = Operator(sandbox, nothing, during)

    with pytest.raises(AuthenticationFailed, match=words) as refused:
        operator.connect()

    assert "Set-up, Partner Center" in refused.value.message
    assert not StoredToken.objects.exists()


def test_t35_a_code_that_is_pending_to_the_end_has_expired(sandbox):
    operator = Operator(sandbox)

    with pytest.raises(HunterError, match="has expired"):
        operator.connect()

    assert operator.time == 900


@pytest.mark.parametrize("where", ["devicecode", "token"])
def test_p3_7218_public_client_flows_that_are_off_are_a_matter_of_the_set_up(sandbox, where):
    if where == "devicecode":
        sandbox.control.edit("entra", {"public_flows": False})
    operator = Operator(sandbox, answered_by(fault="status", code="7000218"))

    with pytest.raises(Misconfigured, match="public client flows"):
        operator.connect()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PARTNER_CENTER_CLIENT_ID", "cccccccc-0000-4000-8000-000000000003", "not known in this tenant"),
        ("PARTNER_CENTER_TENANT_ID", "nobody.example", "doesn't know the tenant"),
        ("PARTNER_CENTER_TENANT_ID", "organizations", "no tenant of your own"),
        ("PARTNER_CENTER_ENABLED", False, "PARTNER_CENTER_ENABLED"),
    ],
)
def test_p3_what_is_wrong_with_the_settings_is_told_at_once(sandbox, settings, name, value, words):
    setattr(settings, name, value)
    operator = Operator(sandbox)

    with pytest.raises(HunterError, match=words):
        operator.connect()

    assert operator.waits == []


@pytest.mark.parametrize(
    ("fault", "waits"),
    [
        pytest.param({"fault": "status", "status": 503}, [5.0, 10.0], id="503"),
        pytest.param({"fault": "html"}, [5.0, 10.0], id="html of a gateway"),
        pytest.param({"fault": "drop_before"}, [5.0, 10.0], id="a lost connection"),
        pytest.param({"fault": "status", "status": 429, "retry_after": "40"}, [5.0, 40.0], id="429 says how long"),
    ],
)
def test_p10_trouble_of_the_service_is_waited_out(sandbox, fault, waits):
    operator = Operator(sandbox, answered_by(**fault))

    with pytest.raises(HunterError, match="has expired"):
        operator.connect()

    assert operator.waits[:2] == waits


def test_p10_after_an_outage_the_approved_code_still_signs_in(sandbox):
    operator = Operator(sandbox, answered_by(fault="status", status=503), approve)

    assert operator.connect().account == identities.USER_NAME


def test_1_5_another_account_than_the_one_in_use_is_not_taken_unasked(sandbox):
    browser = Browser()
    browser.client.force_login(administrator())
    browser.sign_in(DENIZ)

    with pytest.raises(HunterError, match="--replace"):
        Operator(sandbox, approve).connect()
    unchanged = SignIn.objects.get().account_name
    result = Operator(sandbox, approve).connect(replace=True)

    assert unchanged == DENIZ.name
    assert (result.account, result.replaced) == (identities.USER_NAME, DENIZ.name)


def test_a_token_of_another_tenant_is_refused(sandbox):
    sandbox.control.edit("entra", {"token_tenant": "99999999-0000-4000-8000-000000000009"})

    with pytest.raises(Misconfigured, match="another tenant"):
        Operator(sandbox, approve).connect()

    assert not StoredToken.objects.exists()


def test_an_interrupted_wait_keeps_nothing_and_frees_the_right_to_renew(sandbox):
    def interrupt(operator):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Operator(sandbox, nothing, interrupt).connect()

    assert not StoredToken.objects.exists()
    assert not Slot.objects.filter(holder__isnull=False).exists()


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["words", "json"])
def test_the_command_exits_with_2_and_one_line_when_it_can_not_begin(sandbox, settings, capsys, options):
    settings.PARTNER_CENTER_CLIENT_ID = ""

    with pytest.raises(SystemExit) as ended:
        call_command("connect_partner_center", *options)

    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert err.strip() == "PARTNER_CENTER_CLIENT_ID is not set. Set it in the environment or in .env."


def test_the_result_as_json(sandbox):
    result = Operator(sandbox, approve).connect()

    assert json.loads(json.dumps(result.as_dict())) == {
        "account": identities.USER_NAME,
        "how": "device_code",
        "replaced": None,
        "held": False,
    }
