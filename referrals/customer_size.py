"""The employee range that a referral gives -> the size of the tenant (domain document c.3)."""

from __future__ import annotations

import re

from leads.providers import TenantSize

NUMBER = re.compile(r"\d+")
MOST_EMPLOYEES_OF_SMALL, MOST_EMPLOYEES_OF_MEDIUM = 50, 250


def tenant_size(customer_size: str) -> TenantSize | None:
    """The upper end of the range counts; a range without one ("Morethan500employees") is large."""
    numbers = [int(number) for number in NUMBER.findall(customer_size)]
    if not numbers:
        return None
    if "morethan" in customer_size.lower().replace(" ", ""):
        return TenantSize.LARGE
    if max(numbers) <= MOST_EMPLOYEES_OF_SMALL:
        return TenantSize.SMALL
    return TenantSize.MEDIUM if max(numbers) <= MOST_EMPLOYEES_OF_MEDIUM else TenantSize.LARGE
