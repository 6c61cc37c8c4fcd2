"""What all pushes that are due would change, column by column, in pieces: nothing is written, nothing is asked for."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from crm.backend import CrmBackend
from crm.registry import crm_backend, enabled_crm
from crm.services.previewing import Difference, PushPreview, previews, resolved_mapping
from crm.services.pushing import PAGE, due_of, live_wishes
from crm.services.wanting import Wishes
from hunter.errors import HunterError
from leads.models import Company

MOST_AT_ONCE = 2_000  # companies that one look compares: about three seconds


@dataclass(frozen=True, slots=True)
class DuePage:
    """The pushes that were found, and the company behind which the next look begins; None at the end."""

    pushes: tuple[PushPreview, ...]
    compared: int
    next: int | None


@dataclass(frozen=True, slots=True)
class DryRunReport:
    """What would be pushed: how many leads are new, and in how many each column would change."""

    due: int
    created: int
    refused: int
    columns: Counter[str]
    seconds: float
    difference: tuple[Difference, ...] = ()
    failed: bool = field(default=False)

    def sentence(self) -> str:
        if not self.due:
            return "Nothing is due: every lead is as Hunter wants it."
        companies = f"{self.due:,} {'company' if self.due == 1 else 'companies'} would be pushed"
        parts = [f"{self.created:,} to be looked for, and made where the CRM has none" if self.created else ""]
        parts += [f"{self.refused:,} refused, each for a value that can't be sent" if self.refused else ""]
        told = "; ".join(filter(None, parts))
        columns = "\n".join(f"  {column}: {count:,}" for column, count in self.columns.most_common())
        one = "\n".join(f"  {one.column}: {one.there!r} there, {one.here!r} here" for one in self.difference)
        return f"{companies}{f': {told}' if told else ''}.\n{one or columns}".rstrip()

    def as_dict(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "due": self.due,
            "new": self.created,
            "refused": self.refused,
            "columns": dict(self.columns),
            "seconds": round(self.seconds, 2),
        }
        if self.difference:
            told["difference"] = [
                {"column": one.column, "there": one.there, "here": one.here, "winner": one.winner}
                for one in self.difference
            ]
        return told


def comparable() -> QuerySet[Company]:
    """The companies that a dry run compares, in its order."""
    return Company.objects.scored().order_by("pk")


def due_page(backend: CrmBackend | None = None, *, after: int, limit: int, most: int = MOST_AT_ONCE) -> DuePage:
    """The next pushes to a CRM, the first unless said, that are due behind a company: at most `limit`, after comparing at
    most `most` companies.

    Raises Misconfigured where the mapping does not fit the CRM.
    """
    backend = backend or crm_backend()
    wishes = Wishes.of(backend, resolved_mapping(backend)[0])
    found: list[PushPreview] = []
    compared = 0
    while compared < most:
        page = list(comparable().filter(pk__gt=after)[:PAGE])
        for preview, company in _due_previews(page, backend, wishes):
            found.append(preview)
            if len(found) == limit:
                return DuePage(tuple(found), compared + _place(page, company), company.pk)
        compared += len(page)
        if len(page) < PAGE:
            return DuePage(tuple(found), compared, None)
        after = page[-1].pk
    return DuePage(tuple(found), compared, after)


def try_pushes(
    backend: CrmBackend | None = None,
    *,
    limit: int | None = None,
    domain: str | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> DryRunReport:
    """All of it in figures; of one company its differences too. Raises HunterError when the CRM is off, or there is no
    such company."""
    began, backend = time.monotonic(), backend or enabled_crm()
    if domain and not Company.objects.filter(domain=domain).exists():
        raise HunterError(f"There is no company {domain}. `scan_domains {domain}` makes one.", field="company")
    wishes = live_wishes(backend)
    companies = comparable().filter(domain=domain) if domain else comparable()
    columns: Counter[str] = Counter()
    due = created = refused = after = 0
    difference: tuple[Difference, ...] = ()
    while page := list(companies.filter(pk__gt=after)[:PAGE]):
        for preview, _ in _due_previews(page, backend, wishes):
            due, created, refused = due + 1, created + preview.is_new, refused + bool(preview.refused)
            columns.update(one.column for one in preview.difference)
            difference = preview.difference if domain else ()
            if due == limit:
                return DryRunReport(due, created, refused, columns, time.monotonic() - began)
        after = page[-1].pk
        progress(f"{due} are due so far")
    return DryRunReport(due, created, refused, columns, time.monotonic() - began, difference)


def _due_previews(page: list[Company], backend: CrmBackend, wishes: Wishes) -> Iterator[tuple[PushPreview, Company]]:
    due = set(due_of(page, wishes, crm=backend.name))
    wanted = [company for company in page if company.domain in due]
    return zip(previews(wanted, backend, wishes), wanted, strict=True)


def _place(page: list[Company], company: Company) -> int:
    return page.index(company) + 1
