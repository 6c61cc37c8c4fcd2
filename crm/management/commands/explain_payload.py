"""What a push would send for a company, without a database and without the CRM."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandParser

from crm.registry import crm_backend
from crm.services.explaining import explained_payload
from hunter.explaining import ExplainCommand


class Command(ExplainCommand):
    help = "Show the lead that a company's values make: the columns sent, and why the others are left out."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument("--crm", help="the CRM whose mapping is used; the one that is set if omitted")

    def explain(self, value: Any, **options: Any) -> dict[str, Any]:
        backend = crm_backend(options.get("crm"))
        return explained_payload(value, backend.load_mapping(), now=datetime.now(UTC))
