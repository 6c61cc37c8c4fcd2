from __future__ import annotations

from typing import Any

from hunter.explaining import ExplainCommand
from leads.explanations import explain_provider


class Command(ExplainCommand):
    help = "Tell who receives the mail of a domain with this MX host."

    def explain(self, value: Any, **options: Any) -> dict[str, Any]:
        if value is not None and not isinstance(value, str):
            raise ValueError("An MX host is a text, like aspmx.l.google.com.")
        return explain_provider(value)
