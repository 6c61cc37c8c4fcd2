"""Errors that no further try settles, since a person has to choose: each app registers what is chosen between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.safestring import SafeString

from hunter.ops.advice import Advice
from hunter.work.models import ErrorRecord


@dataclass(frozen=True, slots=True)
class Choice:
    """What an error's page shows first, with the buttons that settle it, and what it all means."""

    advice: Advice
    show: Callable[[ErrorRecord, HttpRequest], SafeString]


choices: dict[str, Choice] = {}  # by the kind of the errors
