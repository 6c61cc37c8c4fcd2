"""What an item of work is about: each app says which page shows the subject of its kinds; Hunter knows none of them."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.safestring import SafeString

from hunter.ops.services import title_of
from hunter.ops.showing import link, list_url
from hunter.work.models import ErrorRecord
from hunter.work.problems import LANE

Address = Callable[[str], str]
_addresses: dict[str, Address] = {LANE: lambda key: list_url("remote_lane")}


def register_subject(kind: str, *, address: Address) -> None:
    """The page of the subject of a kind's items, by their key; empty where there is none."""
    _addresses[kind] = address


def subject_link(error: ErrorRecord) -> SafeString | str:
    """The key of an error's item, or a lane's title, as a link to what it is about."""
    address_of = _addresses.get(error.kind)
    address = address_of(error.key) if address_of else ""
    words = title_of(error.key) if error.kind == LANE else error.key
    return link(words, address) if address else words
