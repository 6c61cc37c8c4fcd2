"""Times and numbers as people read them."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.safestring import SafeString

from hunter.ops import showing

register = template.Library()


@register.filter
def ago(moment: datetime | None) -> SafeString:
    return showing.ago(moment)


@register.filter
def thousands(value: float | None) -> str:
    return showing.number(value)
