"""What errors have in common: the words of a message without what belongs to one item, and the fingerprint of a cause.

Both are columns that the database itself derives, so that they are right for every writer and for rows of old.
"""

from __future__ import annotations

from django.db.models import Case, Expression, F, Func, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import MD5, Concat, Replace

COLUMN = "[a-z][a-z0-9]*_[a-z0-9_]*"  # hnt_finalscore: what is quoted like this is a column, and no value of one
OF_ONE_ITEM = (
    (rf"('{COLUMN}')|'[^']*'|«[^»]*»", r"\1…"),
    (rf'("{COLUMN}")|"[^"]*"', r"\1…"),
    (r"[a-z0-9-]+(\.[a-z0-9-]+)+", "…"),
    (r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+", "…"),
    ("…+", "…"),
)
SHARED = ("service", "error_class", "code", "field", "operation")


def wording() -> Expression:
    """The message without what belongs to the single item: its key, quoted values, domains and numbers."""
    words: Expression = Replace(F("message"), F("key"), Value("…"))  # type: ignore[arg-type]  # it takes any expression
    for what, instead in OF_ONE_ITEM:
        words = Func(
            words, Value(what), Value(instead), Value("gi"), function="regexp_replace", output_field=TextField()
        )
    return words


def fingerprint() -> Expression:
    """Service, class, code, field and operation; where no field was named, the wording too, or all would be one."""
    parts: list[Combinable] = []
    for name in SHARED:
        parts += [F(name), Value("|")]
    told = Case(When(field="", then=wording()), default=Value(""), output_field=TextField())
    return MD5(Concat(*parts, told, output_field=TextField()))
