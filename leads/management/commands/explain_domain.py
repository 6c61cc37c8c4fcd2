from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from hunter.explaining import ExplainCommand
from leads.domains import ReadAs, read_domain


class Command(ExplainCommand):
    help = "Tell which domain a value speaks of, and why."

    def configure(self, parser: CommandParser) -> None:
        parser.add_argument("--as", dest="read_as", choices=[one.value for one in ReadAs], default=ReadAs.DOMAIN.value)

    def explain(self, value: Any, *, read_as: str, **options: Any) -> dict[str, Any]:
        if value is not None and not isinstance(value, str):
            raise ValueError("A domain is read from a text.")
        reading = read_domain(value, read_as=ReadAs(read_as))
        return {
            "domain": reading.domain,
            "registrable": reading.registrable,
            "consumer": reading.consumer,
            "reason": reading.reason.value,
        }
