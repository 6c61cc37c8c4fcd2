"""What must hold before companies are scored."""

from __future__ import annotations

from django.conf import settings
from django.core import checks

from leads.rules import SHIPPED_RULES, RulesRefused, load_rules


@checks.register
def check_rules(**_: object) -> list[checks.CheckMessage]:
    """leads.E001: rules that are refused score nothing. leads.W001: other rules under a version that was given already."""
    try:
        rules = load_rules()
    except RulesRefused as refused:
        hint = "Mend the file that HUNTER_RULES names, or set it to the name of rules that Hunter ships, like v1."
        return [checks.Error(refused.message, hint=hint, id="leads.E001")]

    shipped = load_rules(SHIPPED_RULES)
    if rules.version != shipped.version or rules == shipped:
        return []
    return [
        checks.Warning(
            f"The rules {settings.HUNTER_RULES} say other things than Hunter's own, but have the same version "
            f"{rules.version!r}: scores made by the one can't be told from scores made by the other.",
            hint='Give your rules a version of their own, like version = "2"; then run `manage.py score_companies`.',
            id="leads.W001",
        )
    ]
