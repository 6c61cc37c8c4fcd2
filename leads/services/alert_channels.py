"""Channels of alerts: where each type goes. Targets and secrets are kept encrypted; a secret is told once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from hunter.audit.recording import record
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.gate import direct_gate
from hunter.remote.lanes import LaneName
from hunter.remote.sealing import InvalidToken, opened, sealed
from leads.alerting import AlertType
from leads.models import AlertChannel
from leads.outgoing.message import Line, Message
from leads.outgoing.outlets import Outlet, checked_target, send, shown_target, target_digest
from leads.outgoing.signing import new_secret

EDITABLE = frozenset({"frequency", "enabled"})  # beside the target
BOTH_SECRETS_FOR = timedelta(hours=24)
TEST_WAIT = timedelta(seconds=10)
TWICE = "There is a channel of this type to this target already."
SAMPLE = Line(
    alert_id=0, type=AlertType.MX_CHANGED, domain="example.com", company="Example",
    text="This is a test: the channel works.", previous=None, current=None, raised_at="",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SavedChannel:
    """A channel that was saved, and the new secret where there is one: it is not told again."""

    channel: AlertChannel
    secret: str = ""
    failed: bool = False

    def sentence(self) -> str:
        return told_once(self.secret) if self.secret else "The channel was saved."


@dataclass(frozen=True, slots=True)
class NewSecrets:
    """The secrets that were made, each told this once."""

    secrets: tuple[tuple[str, str], ...]
    failed: bool = False

    def sentence(self) -> str:
        told = " ".join(f"{where}: {told_once(secret)}" for where, secret in self.secrets)
        return f"{told} For 24 hours each message is signed with the old one too."


def told_once(secret: str) -> str:
    """The sentence with the secret in it."""
    return f"The secret that signs its messages is {secret}. It is shown this once: copy it now."


def add_channel(channel: AlertChannel, *, target: str, by: AbstractBaseUser | None) -> SavedChannel:
    """Add a channel; a webhook gets its secret.

    Raises HunterError for a target that can't be, and for one that another person has added at this very moment (R3.2).
    """
    secret = ""
    point_at(channel, target)
    if channel.method == AlertChannel.Method.WEBHOOK:
        secret = new_secret()
        channel.sealed_secret = sealed(secret)
    with refused_twice(), transaction.atomic():
        channel.save()
        record(channel, act="add", by=by, after=told_of(channel))
    return SavedChannel(channel, secret)


def edit_channel(channel: AlertChannel, *, changes: Mapping[str, Any], by: AbstractBaseUser | None) -> SavedChannel:
    """Set what a person changed; a target that is empty or left out stays (R3.3).

    Raises StaleVersion if the channel changed since it was read, HunterError for a target that can't be.
    """
    before = told_of(channel)
    if target := changes.get("target", ""):
        point_at(channel, target)
    for name in sorted(EDITABLE & changes.keys()):
        setattr(channel, name, changes[name])
    with refused_twice(), transaction.atomic():
        channel.save()
        after = {name: now for name, now in told_of(channel).items() if now != before[name]}
        if after or target:
            record(channel, act="edit", by=by, before={name: before[name] for name in after}, after=after)
    return SavedChannel(channel)


def point_at(channel: AlertChannel, target: str) -> None:
    """Let the channel go to this target. Raises HunterError when it can't be."""
    given = checked_target(channel.method, target)
    channel.sealed_target, channel.target_digest = sealed(given), target_digest(given)
    channel.shown_target = shown_target(channel.method, given)[:300]


@contextlib.contextmanager
def refused_twice() -> Iterator[None]:
    """The database's refusal of a second channel to one target, in words."""
    try:
        yield
    except IntegrityError as error:
        raise HunterError(TWICE, field="target") from error


def refuse_twice(channel: AlertChannel, *, type: str, method: str, target: str) -> None:  # noqa: A002  the field's name
    """Raises HunterError when another channel tells the same target of the same type; the database holds it too."""
    same = AlertChannel.objects.filter(type=type, method=method, target_digest=target_digest(target.strip()))
    if same.exclude(pk=channel.pk).exists():
        raise HunterError(TWICE, field="target")


def told_of(channel: AlertChannel) -> dict[str, str]:
    """A channel as the audit log keeps it, without anything secret."""
    return {
        "type": channel.type,
        "method": channel.method,
        "target": told_of_target(channel),
        "frequency": channel.frequency,
        "enabled": "yes" if channel.enabled else "no",
    }


def told_of_target(channel: AlertChannel) -> str:
    """The target without what is secret in it; two of one host differ in their fingerprints."""
    return f"{channel.shown_target} (fingerprint {channel.target_digest[:6]})"


@transaction.atomic(durable=True)
def renew_secret(channel_id: int, *, by: AbstractBaseUser | None) -> str:
    """A new secret for a webhook; for a day messages are signed with the old one too, so that no receiver misses one."""
    channel = AlertChannel.objects.select_for_update().get(pk=channel_id)
    if channel.method != AlertChannel.Method.WEBHOOK:
        raise HunterError("Only webhooks are signed; there is no secret to renew.")
    secret = new_secret()
    channel.old_secret, channel.sealed_secret = channel.sealed_secret, sealed(secret)
    channel.old_secret_until = database_now() + BOTH_SECRETS_FOR
    channel.save(update_fields=["sealed_secret", "old_secret", "old_secret_until"])
    record(channel, act="renew the secret", by=by)
    return secret


@transaction.atomic(durable=True)
def switch(channel_ids: list[int], *, enabled: bool, by: AbstractBaseUser | None) -> int:
    """Switch channels on or off; how many were changed."""
    channels = list(
        AlertChannel.objects.select_for_update().filter(pk__in=channel_ids, enabled=not enabled).order_by("pk")
    )
    for channel in channels:
        channel.enabled = enabled
        act, now = ("switch on", "yes") if enabled else ("switch off", "no")
        record(channel, act=act, by=by, after={"enabled": now})
    AlertChannel.objects.bulk_update(channels, ["enabled"])
    return len(channels)


def outlet_of(channel: AlertChannel) -> Outlet:
    """A channel as an act needs it. Raises HunterError when the key that its target was kept with is gone."""
    both = channel.old_secret is not None and channel.old_secret_until and channel.old_secret_until > timezone.now()
    kept = [channel.sealed_secret, channel.old_secret if both else None]
    try:
        secrets = tuple(opened(one) for one in kept if one is not None)
        return Outlet(channel.method, opened(channel.sealed_target), secrets)
    except InvalidToken as error:
        raise HunterError(
            "The key that this channel's target was kept with is gone from CREDENTIAL_KEYS. Enter the target again.",
            field="target",
        ) from error


def send_test(channel: AlertChannel, *, by: AbstractBaseUser | None) -> str:
    """Send a test at once and wait for the answer; where it went. Raises RemoteError, Deferred, HunterError."""
    outlet = outlet_of(channel)
    message = Message(f"test-{channel.pk}-{int(timezone.now().timestamp())}", (SAMPLE,))
    record(channel, act="send a test", by=by)
    with direct_gate(LaneName.OUTGOING, wait=TEST_WAIT) as gate:
        send(outlet, message, gate=gate)
    return channel.shown_target
