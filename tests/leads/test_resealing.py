"""A key can be changed: what is secret is sealed anew, and then the old key can go."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import call_command
from django.db import models

from hunter.remote.models import StoredToken
from hunter.remote.sealing import opened
from hunter.remote.tokens import FetchedToken, store
from leads.models import AlertChannel
from leads.services.alert_channels import add_channel, renew_secret
from leads.services.resealing import SEALED, reseal_secrets
from referrals.renewal import Renewal, read_renewal

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
TARGET = "https://hooks.example.com/x"


@pytest.fixture
def sealed_with_old_key(settings) -> AlertChannel:
    """A token and a webhook, with its old secret."""
    settings.CREDENTIAL_KEYS = [OLD]
    store("partner_center", FetchedToken("access", timedelta(hours=1), Renewal("refresh").text()))
    channel = AlertChannel(method=AlertChannel.Method.WEBHOOK, type="mx_changed")
    add_channel(channel, target=TARGET, by=None)
    renew_secret(channel.pk, by=None)
    return channel


def secrets() -> list[str]:
    """All that can be opened now."""
    token, channel = StoredToken.objects.get(), AlertChannel.objects.get()
    kept = (token.access_token, token.renewal, channel.sealed_target, channel.sealed_secret, channel.old_secret)
    return [opened(one) for one in kept if one is not None]


@pytest.mark.proves("R2.7")
def test_after_resealing_the_old_key_can_go(sealed_with_old_key, settings):
    before = secrets()
    settings.CREDENTIAL_KEYS = [NEW, OLD]

    result = reseal_secrets()

    settings.CREDENTIAL_KEYS = [NEW]
    assert (result.rows, result.failed) == (2, False)
    assert secrets() == before
    assert before[0] == "access"
    assert read_renewal(before[1]).refresh_token == "refresh"
    assert before[2] == TARGET


def test_what_no_key_opens_is_named_and_left_as_it_is(sealed_with_old_key, settings, capsys):
    settings.CREDENTIAL_KEYS = [NEW]
    before = bytes(StoredToken.objects.get().renewal)

    with pytest.raises(SystemExit) as ended:
        call_command("reseal_secrets", "--json")

    assert ended.value.code == 1
    told = json.loads(capsys.readouterr().out)
    assert told["resealed"] == 0
    assert len(told["unreadable"]) == 2
    assert bytes(StoredToken.objects.get().renewal) == before


def test_every_column_that_may_hold_something_sealed_is_sealed_anew():
    binary = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.BinaryField)
    }

    resealed = {f"{model._meta.label}.{name}" for model, names in SEALED.items() for name in names}

    assert binary - resealed == {"leads.ImportPart.content"}, "of these only a file's content is no secret"
