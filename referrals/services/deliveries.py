"""Webhook deliveries of Partner Center: checked, stored before they are answered, worked by the ledger (contract 5)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import QuerySet

from hunter.audit import recording
from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.errors import Deferred
from hunter.remote.wording import storable
from hunter.transactions import retried
from hunter.work.asking import ask
from hunter.work.models import Priority
from hunter.work.problems import record_problem, resolve_problems
from referrals.models import DeliveryState, WebhookDelivery, WebhookDeliveryQuerySet
from referrals.models.webhook import OPEN
from referrals.services.certificates import LATER, BeingFetched, certificates_at
from referrals.services.runs import check_enabled
from referrals.webhooks.message import TEST_EVENT, Event, NotSigned, Signed, read_event, read_signed
from referrals.webhooks.trust import (
    Untrusted,
    WrongSignature,
    check_certificate_url,
    check_signature,
    check_signer,
    read_trust,
)

SOURCE = "partner-center"
KIND, OPERATION = "webhook", "take in what a webhook told"
CHECK, CHECKING = "webhook_check", "check a webhook"  # no item of work: Partner Center sends again
MOST_REFUSED_AN_HOUR = 200
REFUSED_BODY = 2_000

# The same bytes again are the same row. What was worked before rests; what failed is tried again.
KEEP = """
insert into referrals_webhookdelivery as d (source, digest, is_verified, state, event, referral_id, changed_at, told, body,
    certificate_url, times, received_at, last_received_at, settled_at)
values (%(source)s, %(digest)s, %(is_verified)s, %(state)s, %(event)s, %(referral_id)s, %(changed_at)s, %(told)s, %(text)s,
    %(certificate_url)s, 1, clock_timestamp(), clock_timestamp(),
    case when %(state)s = 'waiting' then null else clock_timestamp() end)
on conflict (source, digest, is_verified) do update set times = d.times + 1, last_received_at = clock_timestamp()
returning state
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """How many deliveries are worked again."""

    count: int

    @property
    def failed(self) -> bool:
        return False

    def sentence(self) -> str:
        told = "1 delivery is" if self.count == 1 else f"{self.count} deliveries are"
        return f"{told} worked again within a minute." if self.count else "There was nothing to work again."


def receive(headers: Mapping[str, str], body: bytes) -> str:
    """Check a message, keep it and have it worked; what to answer. Not inside a transaction.

    Raises NotSigned and HeadersMissing for what nobody vouches for, Deferred when that can't be found out now, NotEnabled.
    """
    check_enabled()
    signed = read_signed(headers)
    try:
        check(signed, body)
    except HunterError as error:
        if isinstance(error, Untrusted) or not isinstance(error, NotSigned | BeingFetched):
            note_unchecked(signed.certificate_url, error)
        if not isinstance(error, NotSigned):
            raise Deferred(LATER) from error
        note_refused(signed, body, reason=error.message)
        raise
    try:
        event = read_event(body)
    except HunterError as error:
        keep(signed, body, Event("", "", None), state=DeliveryState.IGNORED, told=error.message)
        return f"Received. {error.message}"
    if event.is_about_a_referral:
        keep(signed, body, event, state=DeliveryState.WAITING)
        return "Received; the referral is looked up within a minute."
    told = "A test of the connection: it works." if event.name == TEST_EVENT else "Nothing that Hunter acts on."
    keep(signed, body, event, state=DeliveryState.IGNORED, told=told)
    return f"Received. {told}"


def check(signed: Signed, body: bytes) -> None:
    """Raises NotSigned unless Microsoft vouches for exactly these bytes, Deferred when its certificate can't be had."""
    trust = read_trust(settings.PARTNER_CENTER_CERTIFICATE_ROOTS)
    check_certificate_url(signed.certificate_url, hosts=settings.PARTNER_CENTER_CERTIFICATE_HOSTS)
    now = database_now()
    for renewed in (False, True):
        signer = check_signer(certificates_at(signed.certificate_url, renewed=renewed), trust=trust, at=now)
        try:
            return check_signature(body, signed.signature, algorithm=signed.algorithm, signer=signer)
        except WrongSignature:
            if renewed:
                raise  # it was fetched anew just now, or minutes ago: the message itself is wrong
    return None


@retried
@transaction.atomic(durable=True)
def keep(signed: Signed, body: bytes, event: Event, *, state: DeliveryState, told: str = "") -> None:
    """Store a message that was vouched for and have its referral looked up; a repeated one is the same row."""
    text = storable(body.decode(errors="replace"), longest=len(body))
    told = storable(told, longest=1000)
    now_is = _write(signed, body, event, state=state.value, told=told, is_verified=True, text=text)
    resolve_problems(CHECK, [SOURCE])
    if event.is_about_a_referral and now_is in OPEN:
        ask(KIND, [event.referral_id])


def note_unchecked(certificate_url: str, error: HunterError) -> None:
    """Keep that messages can't be checked, for which a person has to do something; settled by the next good one."""
    context = {"certificate": certificate_url}
    record_problem(CHECK, SOURCE, error, operation=CHECKING, service="partner_center", context=context)


@transaction.atomic(durable=True)
def note_refused(signed: Signed, body: bytes, *, reason: str) -> None:
    """Keep that a message was refused and why, for people to see; so many an hour, that strangers can't fill the table."""
    since = database_now() - timedelta(hours=1)
    if WebhookDelivery.objects.filter(is_verified=False, received_at__gt=since).count() >= MOST_REFUSED_AN_HOUR:
        return
    text = storable(body.decode(errors="replace"), longest=REFUSED_BODY)
    told, nothing = storable(reason, longest=1000), Event("", "", None)
    _write(signed, body, nothing, state=DeliveryState.REFUSED.value, told=told, is_verified=False, text=text)


def _write(signed: Signed, body: bytes, event: Event, **values: Any) -> str:
    """Insert the row, or count it once more; the state it has then."""
    given = {
        "source": SOURCE, "digest": hashlib.sha256(body).hexdigest(), "event": storable(event.name, longest=100),
        "referral_id": event.referral_id, "changed_at": event.changed_at,
        "certificate_url": storable(signed.certificate_url, longest=500),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(KEEP, given | values)
        return str(cursor.fetchone()[0])


@transaction.atomic(durable=True)
def work_again(deliveries: QuerySet[WebhookDelivery], *, by: AbstractBaseUser | None) -> Asked:
    """Look up the referrals of these deliveries once more because a person asked; audited."""
    rows = list(deliveries.filter(is_verified=True).exclude(referral_id="").order_by("referral_id", "pk"))
    for row in rows:
        recording.record(row, act="try again", by=by)
    again = WebhookDelivery.objects.filter(pk__in=[row.pk for row in rows])
    again.update(state=DeliveryState.WAITING, told="", settled_at=None)
    keys = {row.referral_id for row in rows}
    ask(KIND, keys, priority=Priority.PERSON, asked_by=by.get_username() if by else "")
    return Asked(len(rows))


def old_deliveries(before: datetime) -> WebhookDeliveryQuerySet:
    """Deliveries that may go: settled, and none of the same bytes came since that moment."""
    rows: WebhookDeliveryQuerySet = WebhookDelivery.objects.filter(last_received_at__lt=before).exclude(state__in=OPEN)
    return rows
