"""Certificates of webhook signers, kept by their address; fetched by one process at a time (R7.6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from hunter.errors import HunterError
from hunter.remote.clock import database_now
from hunter.remote.destinations import Reach
from hunter.remote.errors import Deferred, NotFound, RemoteError
from hunter.remote.gate import direct_gate
from hunter.remote.lanes import LaneName
from hunter.remote.session import RemoteSession, TimeLimits
from hunter.remote.statuses import StatusTable
from hunter.remote.wording import storable
from referrals.models import WebhookCertificate
from referrals.webhooks.message import NotSigned
from referrals.webhooks.trust import read_certificates

TABLE = StatusTable(service=LaneName.OUTGOING.value)
LIMITS = TimeLimits(connect=2.0, read=3.0, total=5.0, gate=3.0)
WAIT_FOR_SLOT = timedelta(seconds=2)
LONGEST_FETCH = timedelta(seconds=15)
FRESH_FOR = timedelta(hours=24)
RENEWED_AT_MOST_EVERY = timedelta(minutes=5)
REMEMBERED_FAILURE = timedelta(seconds=30)
REMEMBERED_STRANGER = timedelta(days=1)
MOST_STRANGERS = 50
LONGEST_FILE = 64 * 1024
LATER = "The signer's certificate can't be had at this moment; send the message again."


class BeingFetched(Deferred):
    """Another process asks for the certificate just now: nothing is wrong, the message is to come again."""


def certificates_at(url: str, *, renewed: bool = False) -> list[x509.Certificate]:
    """The certificates at a checked address, the signer's first. Not inside a transaction: it may make a call.

    `renewed`: the one that is kept does not fit, so that a newer one is fetched if the last look is some minutes ago.
    Raises Deferred when it can't be had now (answered by 503: Partner Center sends again), NotSigned when there is none.
    """
    now = database_now()
    held = WebhookCertificate.objects.filter(url=url).first()
    if held and held.pem and _is_good(held, now=now, renewed=renewed):
        return read_certificates(held.pem.encode())
    if held and held.trouble and held.tried_at > now - REMEMBERED_FAILURE:
        return _stale(held)
    if not _may_fetch(url, now=now):
        return _stale(held, trouble=BeingFetched(LATER))
    try:
        found = _fetch(url)
    except (RemoteError, Deferred) as error:
        _note_trouble(url, error)
        if isinstance(error, NotFound) and not (held and held.pem):
            raise NotSigned("There is no certificate at the address that the message names.") from error
        return _stale(held)
    except HunterError as error:
        _note_trouble(url, error)
        raise NotSigned(error.message) from error
    _keep(url, found)
    return found


def _is_good(held: WebhookCertificate, *, now: datetime, renewed: bool) -> bool:
    if renewed:
        return held.fetched_at is not None and held.fetched_at > now - RENEWED_AT_MOST_EVERY
    return held.fresh_until is not None and held.fresh_until > now


def _stale(held: WebhookCertificate | None, *, trouble: Deferred | None = None) -> list[x509.Certificate]:
    """The certificate as it was kept, while it can't be fetched anew; its own dates still decide whether it is good."""
    if held is None or not held.pem:
        raise trouble or Deferred(LATER)
    return read_certificates(held.pem.encode())


@transaction.atomic(durable=True)
def _may_fetch(url: str, *, now: datetime) -> bool:
    """Take the right to fetch it; another process may have it. Strangers' addresses can't fill the table."""
    known = WebhookCertificate.objects.filter(url=url)
    if not known.exists():
        strangers = WebhookCertificate.objects.filter(pem="")
        strangers.filter(tried_at__lt=now - REMEMBERED_STRANGER).delete()
        if strangers.count() >= MOST_STRANGERS:
            return False
        WebhookCertificate.objects.bulk_create([WebhookCertificate(url=url)], ignore_conflicts=True)
    free = Q(fetching_until__isnull=True) | Q(fetching_until__lt=now)
    return bool(known.filter(free).update(fetching_until=now + LONGEST_FETCH))


def _fetch(url: str) -> list[x509.Certificate]:
    """Ask for it: without a redirect, in little time, up to a size. A set-up with a place of its own is asked there."""
    parts = urlsplit(url)
    own_place = settings.PARTNER_CENTER_CERTIFICATES_URL.rstrip("/")
    with direct_gate(LaneName.OUTGOING, wait=WAIT_FOR_SLOT) as gate:
        session = RemoteSession(
            service=TABLE.service,
            base_url=own_place or f"https://{parts.hostname}",
            gate=gate,
            table=TABLE,
            limits=LIMITS,
            title="The place of Partner Center's certificates",
            reach=Reach.ANYWHERE if own_place else Reach.PUBLIC,
            longest_body=LONGEST_FILE,
        )
        answer = session.call("GET", parts.path, operation="certificate", headers={"Accept": "*/*"})
    return read_certificates(answer.body)


def _keep(url: str, found: list[x509.Certificate]) -> None:
    now = database_now()
    fresh_until = min(now + FRESH_FOR, found[0].not_valid_after_utc)
    pem = "".join(one.public_bytes(Encoding.PEM).decode() for one in found)
    WebhookCertificate.objects.filter(url=url).update(
        pem=pem, fetched_at=now, tried_at=now, fresh_until=fresh_until, fetching_until=None, trouble=""
    )


def _note_trouble(url: str, error: HunterError) -> None:
    trouble = storable(error.message, longest=500)
    rows = WebhookCertificate.objects.filter(url=url)
    rows.update(trouble=trouble, tried_at=database_now(), fetching_until=None)
