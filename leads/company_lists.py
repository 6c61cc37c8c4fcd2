"""How people look for companies: what a search finds, and in which orders a list can stand (g.7)."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import F, Q
from django.db.models.expressions import OrderBy

from leads.domains import read_domain
from leads.models.company import BY_DOMAIN, BY_SCORE, LIST_ORDER
from leads.providers import LOCAL_PROVIDER_PATTERNS, Provider

# What a person reads, and the order; the last column is unique, so that pages never overlap.
ORDERS: Mapping[str, tuple[str, tuple[OrderBy, ...]]] = {
    "priority": ("best priority", LIST_ORDER),
    "score": ("highest score", (BY_SCORE, BY_DOMAIN)),
    "domain": ("domain", (BY_DOMAIN,)),
    "name": ("name", (F("name").asc(), BY_DOMAIN)),
    "segment": ("segment", (F("segment").asc(), *LIST_ORDER)),
    "provider": ("provider", (F("provider").asc(), *LIST_ORDER)),
    "scanned": ("newest scan", (F("signals__scanned_at").desc(nulls_last=True), BY_DOMAIN)),
}


def found_by(text: str) -> Q:
    """Companies by a part of the domain or of the name, by the domain in a pasted address, or by provider.

    Providers are looked up in their own list first: each column is then found by its own index, at any size.
    """
    wanted = text.strip()
    found = Q(domain__icontains=wanted) | Q(name__icontains=wanted)
    domain = read_domain(wanted).domain
    if domain and domain != wanted.lower():
        found |= Q(domain=domain)
    return found | of_provider(wanted)


def of_provider(text: str) -> Q:
    """Companies of the providers whose name has the text in it; an empty condition where there is none."""
    part = text.casefold()
    condition = Q()
    if providers := [one.value for one in Provider if part and part in one.value.casefold()]:
        condition |= Q(provider__in=providers)
    if local := [name for name in LOCAL_PROVIDER_PATTERNS if part and part in name.casefold()]:
        condition |= Q(local_provider__in=local)
    return condition
