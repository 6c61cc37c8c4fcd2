"""Companies as a list that leaves the house (g.7): its columns, and those that the rooms above add.

The first columns have headers that a list of companies is recognized by (g.1), so that the file can be imported again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hunter.exports.cells import Cell, yes_or_no
from hunter.exports.sheet import Column, Sheet
from leads.domains import shown_domain
from leads.models import Company, Signals
from leads.rules import load_rules
from leads.score_range import ScoreRange
from leads.services.company_rows import score_range_of

FIGURES, RANGE = "sheet_figures", "sheet_range"
NOT_KNOWN = "not known"
NO_RECORD = "no record"


@dataclass(frozen=True, slots=True)
class Told:
    """What another room has of one company: a cell for each of its columns, and addresses and phones that may not leave
    the house, since their owner does not want to be contacted (e.2).
    """

    cells: tuple[Cell, ...]
    withheld: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SheetFigures:
    """Columns of another room: their titles, and what each company has there, read for a whole page at once (R7.7)."""

    titles: tuple[str, ...]
    read: Callable[[Sequence[Company]], Mapping[int, Told]]


_registered: list[SheetFigures] = []


def register(figures: SheetFigures) -> None:
    """Add columns to the sheet of companies; an app does it once, when it is ready."""
    _registered.append(figures)


def company_sheet() -> Sheet:
    """The sheet, with all registered columns."""
    own = tuple(Column(title, value) for title, value in OWN.items())
    added = tuple(
        Column(title, figure(group, place))
        for group, one in enumerate(_registered)
        for place, title in enumerate(one.titles)
    )
    return Sheet(
        title="companies", columns=own + added, related=("signals",),
        heavy=("score_breakdown", "contacts"), prepare=attach_figures,
    )  # fmt: skip


def attach_figures(companies: Sequence[Company]) -> None:
    """The cells of the registered columns, kept on each company."""
    read = [one.read(companies) for one in _registered]
    rules = load_rules()
    for company in companies:
        vars(company)[FIGURES] = [found.get(company.pk, Told(())) for found in read]
        vars(company)[RANGE] = score_range_of(company, getattr(company, "signals", None), rules=rules)


def figure(group: int, place: int) -> Callable[[Company], Cell]:
    """The cell of a registered column; nothing where its room has nothing of the company."""

    def value(company: Company) -> Cell:
        told: Told = vars(company)[FIGURES][group]
        return told.cells[place] if told.cells else None

    return value


def is_withheld(company: Company, text: str) -> bool:
    """Whether a room knows that the address or phone may not be used."""
    return any(text in told.withheld for told in vars(company)[FIGURES])


def signals_of(company: Company) -> Signals | None:
    """The evidence of the last scan that was answered; None before the first."""
    signals: Signals | None = getattr(company, "signals", None)
    return signals if signals is not None and signals.scanned_at is not None else None


def of_signals(read: Callable[[Signals], Cell]) -> Callable[[Company], Cell]:
    """A cell that rests on a scan: nothing before the first one."""

    def value(company: Company) -> Cell:
        signals = signals_of(company)
        return None if signals is None else read(signals)

    return value


def yes_no_or_not_known(value: bool | None) -> Cell:  # noqa: FBT001  the value itself is told
    """Three different answers."""
    return NOT_KNOWN if value is None else yes_or_no(is_so=value)


def is_unanswered(signals: Signals, lookup: str) -> bool:
    answer: Mapping[str, Any] = signals.answers.get(lookup) or {}
    return answer.get("state") == "not_known"


def spf(signals: Signals) -> Cell:
    return NOT_KNOWN if is_unanswered(signals, "txt") else yes_no_or_not_known(signals.spf)


def dkim(signals: Signals) -> Cell:
    selectors: Mapping[str, Any] = signals.answers.get("dkim") or {}
    unanswered = any(one.get("state") == "not_known" for one in selectors.values() if isinstance(one, dict))
    return NOT_KNOWN if unanswered and not signals.dkim else yes_no_or_not_known(signals.dkim)


def dmarc(signals: Signals) -> Cell:
    return signals.dmarc_policy or (NOT_KNOWN if is_unanswered(signals, "dmarc") else NO_RECORD)


def mailboxes(signals: Signals) -> Cell:
    """Who keeps the mailboxes, also behind a mail filter."""
    return signals.mailboxes.get("provider") or (NOT_KNOWN if signals.mx_hosts else "none")


def joined(values: Iterable[Any]) -> str:
    return ", ".join(str(one) for one in values)


def addresses(company: Company) -> str:
    """The e-mail addresses, as texts or in objects (f.1)."""
    told = (one.get("email") or one.get("value") if isinstance(one, dict) else one for one in company.contact_emails)
    return joined(one for one in told if isinstance(one, str) and one and not is_withheld(company, one))


def phone(company: Company) -> str:
    return "" if is_withheld(company, company.phone) else company.phone


def at_least(company: Company) -> Cell:
    """The lowest score it may have, where the score rests on something not known; nothing where it is certain."""
    between: ScoreRange | None = vars(company)[RANGE]
    return None if between is None else between.lowest


def at_most(company: Company) -> Cell:
    between: ScoreRange | None = vars(company)[RANGE]
    return None if between is None else between.highest


def when_scored(read: Callable[[Company], Cell]) -> Callable[[Company], Cell]:
    return lambda company: read(company) if company.is_scored else None


def scanned_at(signals: Signals) -> datetime | None:
    return signals.scanned_at


OWN: Mapping[str, Callable[[Company], Cell]] = {
    "Domain": lambda company: shown_domain(company.domain),
    "Company": lambda company: company.name or None,
    "Website": lambda company: f"https://{company.domain}",
    "E-mail": addresses,
    "Phone": phone,
    "Address": lambda company: company.address_line1,
    "City": lambda company: company.address_city,
    "Region": lambda company: company.address_state,
    "Postal code": lambda company: company.address_postal_code,
    "Country": lambda company: company.country or company.address_country,
    "Priority": when_scored(lambda company: company.priority),
    "Priority category": lambda company: company.priority_category,
    "Priority label": lambda company: company.priority_label,
    "Score": lambda company: company.score,
    "Score at least": at_least,
    "Score at most": at_most,
    "Segment": lambda company: company.segment,
    "Technical heat": lambda company: company.technical_heat,
    "Commercial segment": lambda company: company.commercial_segment,
    "Commercial heat": lambda company: company.commercial_heat,
    "Reason": lambda company: company.segment_reason,
    "Rules": lambda company: company.rules_version,
    "Confidence": lambda company: company.confidence,
    "Provider": lambda company: company.provider,
    "Local provider": lambda company: company.local_provider,
    "Behind a filter": of_signals(lambda signals: yes_or_no(is_so=bool(signals.gateway_name))),
    "Mailboxes": of_signals(mailboxes),
    "Tenant size": lambda company: company.tenant_size,
    "Azure tenant": lambda company: company.azure_tenant_id,
    "MX hosts": of_signals(lambda signals: joined(signals.mx_hosts)),
    "SPF": of_signals(spf),
    "DKIM": of_signals(dkim),
    "DMARC": of_signals(dmarc),
    "Registrar": of_signals(lambda signals: signals.registrar),
    "Registered until": of_signals(lambda signals: signals.expires_at),
    "Nameservers": of_signals(lambda signals: joined(signals.nameservers)),
    "Scan": lambda company: company.get_scan_status_display(),
    "Scanned": of_signals(scanned_at),
    "Sources": lambda company: joined(company.sources),
    "Added": lambda company: company.created_at,
}
