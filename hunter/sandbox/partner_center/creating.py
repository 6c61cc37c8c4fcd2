"""New referrals of the partner's own (contract 3.1, 4; P30, P44)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hunter.sandbox.partner_center.filters import Row
from hunter.sandbox.partner_center.moments import written
from hunter.sandbox.partner_center.patching import READ_ONLY
from hunter.sandbox.partner_center.store import Store

REQUIRED = ("type", "customerProfile", "consent", "details")
OF_THE_SERVER = (READ_ONLY - {"engagementId"}) | {"status", "substatus", "direction", "acceptedDateTime"}


class CreationRefused(ValueError):
    """The referral can't be made; the text says why."""


class AlreadyThere(CreationRefused):
    """Another one has the same external reference, and that counts as the same referral."""


def created(store: Store, body: Any, *, now: datetime, refuse_duplicates: bool) -> Row:
    """A new outgoing referral, accepted from the start; what only the server gives is ignored."""
    if not isinstance(body, dict):
        raise CreationRefused("The body must be a referral.")
    missing = [name for name in REQUIRED if not body.get(name)]
    if missing:
        raise CreationRefused(f"The property '{missing[0]}' is required.")
    reference = body.get("externalReferenceId")
    if refuse_duplicates and reference and store.has_reference(str(reference)):
        raise AlreadyThere(f"There is a referral with the external reference '{reference}'.")
    members = {name: value for name, value in body.items() if name not in OF_THE_SERVER}
    own = {
        "status": "Active", "substatus": "Accepted", "direction": "Outgoing", "acceptedDateTime": written(now),
        "expirationDateTime": None,
    }  # fmt: skip
    return store.add({**members, **own}, now=now)
