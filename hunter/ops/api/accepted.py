"""Long work is not waited for: 202, a sentence, and the address that tells how it goes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse


class AcceptedSerializer(serializers.Serializer[Any]):
    """What was asked for, and where to look."""

    detail = serializers.CharField(help_text="What will happen, in words.")
    look_at = serializers.URLField(help_text="Tells how it goes; also in the header Location.")


def accepted(request: Request, sentence: str, *, route: str, key: Any) -> Response:
    """202 with the address of the row that shows the work."""
    address = reverse(f"{route}-detail", args=[key], request=request)
    return Response(
        {"detail": sentence, "look_at": address}, status=status.HTTP_202_ACCEPTED, headers={"Location": address}
    )
