from __future__ import annotations

from typing import Any

from hunter.explaining import ExplainCommand
from leads.explanations import explain_score
from leads.rules import load_rules


class Command(ExplainCommand):
    help = "Tell which score and classes a company with these signals gets, or which classes follow from a score."

    def explain(self, value: Any, **options: Any) -> dict[str, Any]:
        return explain_score(value, rules=load_rules())
