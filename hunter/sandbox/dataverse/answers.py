"""Answers in JSON, and the refusal of a method, as every part of the service gives them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from werkzeug import Response

from hunter.sandbox.dataverse.errors import DataverseError, Refusal
from hunter.sandbox.dataverse.requests import Ask


def json_answer(content: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The content as the platform writes it."""
    return Response(
        json.dumps(content, ensure_ascii=False, separators=(",", ":")),
        status=status,
        headers=dict(headers or {}),
        content_type="application/json; odata.metadata=minimal",
    )


def wrong_method(ask: Ask) -> DataverseError:
    """The address is known, and does not take this method."""
    return DataverseError(Refusal.WRONG_METHOD, f"The requested resource does not support http method '{ask.method}'.")
