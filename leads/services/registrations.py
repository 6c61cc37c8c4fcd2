"""Registration data that are known already: a scan within a day of them does not ask the registry again (b.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from hunter.remote.clock import database_now
from leads.models import Company, Signals
from leads.registration import registration_in
from leads.scan_answer import KnownRegistration

NEW_ENOUGH = timedelta(hours=24)


def known_registrations(domains: Iterable[str]) -> Mapping[str, KnownRegistration]:
    """What is known and new enough, by domain. Registries know registrable domains, so one company's data serve all
    that share it. One query more for the companies, one for the data, whatever their number.
    """
    registrable = dict(Company.objects.filter(domain__in=list(domains)).values_list("domain", "registrable_domain"))
    rows = (
        Signals.objects.filter(
            company__registrable_domain__in=set(registrable.values()) - {""},
            registration_read_at__gt=database_now() - NEW_ENOUGH,
        )
        .order_by("registration_read_at")
        .values_list("company__registrable_domain", "registration_read_at", "evidence")
    )
    newest = {
        name: KnownRegistration(found, read_at)
        for name, read_at, evidence in rows
        if read_at and (found := registration_in(evidence))
    }
    return {domain: newest[name] for domain, name in registrable.items() if name in newest}
