"""A webhook of Partner Center as it arrives: who vouches for it, and what it points to (contract 5)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from hunter.errors import HunterError
from referrals.contract import read_time

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FRACTION = re.compile(r"(\.\d{6})\d+")
EVENTS = frozenset({"referral-created", "referral-updated", "related-referral-created", "related-referral-updated"})
TEST_EVENT = "test-created"
LONGEST_SIGNATURE = 4096
LONGEST_NAME = 100


class NotSigned(HunterError):
    """Nobody vouches for the message, or not in a way that is believed. Answered by 401."""


class HeadersMissing(HunterError):
    """The message doesn't say how it can be checked. Answered by 400."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What the headers say of a body: its signature, with which hash, and where the certificate is."""

    signature: bytes
    algorithm: str
    certificate_url: str


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to which referral; `referral_id` is empty where it is about none."""

    name: str
    referral_id: str
    changed_at: datetime | None

    @property
    def is_about_a_referral(self) -> bool:
        """Whether Hunter has something to look up."""
        return self.name in EVENTS and bool(self.referral_id)


def read_signed(headers: Mapping[str, str]) -> Signed:
    """The headers in either of their two forms. Raises NotSigned, HeadersMissing."""
    given = {name.lower(): value.strip() for name, value in headers.items()}
    sent = given.get("x-ms-signature") or given.get("authorization", "")
    scheme, _, text = sent.partition(" ")
    if scheme.lower() != "signature" or not text.strip():
        raise NotSigned("The message has no signature (Authorization or x-ms-signature: Signature …).")
    signature = _decoded(text.strip())
    url, algorithm = given.get("x-ms-certificate-url", ""), given.get("x-ms-signature-algorithm", "")
    if not url:
        raise HeadersMissing("The message doesn't say where its certificate is (X-MS-Certificate-Url).")
    if not algorithm:
        raise HeadersMissing("The message doesn't say how it was signed (X-MS-Signature-Algorithm).")
    return Signed(signature, algorithm.lower(), url)


def _decoded(text: str) -> bytes:
    if len(text) > LONGEST_SIGNATURE:
        raise NotSigned("The signature is longer than any real one.")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotSigned("The signature is no base64.") from error


def read_event(body: bytes) -> Event:
    """The event in a body that was vouched for. Raises HunterError when it can't be read.

    Of the address only the id at its end is used: its host is another one than the API's (trap T32).
    """
    try:
        told: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HunterError("The message is no JSON.") from error
    if not isinstance(told, dict) or not isinstance(told.get("EventName"), str) or not told["EventName"].strip():
        raise HunterError("The message names no event.")
    return Event(told["EventName"].strip().lower()[:LONGEST_NAME], _id_in(told.get("ResourceUri")), _time(told))


def _id_in(uri: object) -> str:
    if not isinstance(uri, str):
        return ""
    try:
        last = urlsplit(uri).path.rstrip("/").rpartition("/")[2].lower()
    except ValueError:
        return ""
    return last if GUID.fullmatch(last) else ""


def _time(told: Mapping[str, Any]) -> datetime | None:
    written = told.get("ResourceChangeUtcDate")
    try:
        return read_time(FRACTION.sub(r"\1", written) if isinstance(written, str) else None)
    except ValueError:
        return None
