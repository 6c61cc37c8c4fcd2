"""Rows of a list become companies: a chunk is a constant number of statements in the caller's transaction (R3.1, R7.7)."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction

from hunter.crashpoints import crash_point
from hunter.remote.wording import storable
from hunter.work.asking import ask
from hunter.work.models import Priority
from leads.importing.listed import ListedCompany, ListedRow, RefusedRow
from leads.list_merging import COLUMN_OF, FROM_LISTS, Held, Told, changes_to, differs, told_by
from leads.models import Company, CompanyImport, ImportRow, RawLead, RowOutcome
from leads.models.choices import LeadSource
from leads.models.imports import FIRST_OF_DOMAIN
from leads.scan_kind import SCAN
from leads.services.companies import CompanySeed, new_company
from leads.services.company_rows import insert_companies
from leads.services.recording import ask_for_pushes

MOST_ROWS = 1000  # b.4: so many go into one transaction
CSV = LeadSource.CSV.value
WRITE_ROWS = """
insert into leads_importrow (company_import_id, number, domain, outcome, given, reason, told)
select %(run)s, number, domain, outcome, given, reason, told::jsonb
from unnest(%(numbers)s::int[], %(domains)s::text[], %(outcomes)s::text[], %(given)s::int[], %(reasons)s::text[],
            %(told)s::text[]) v (number, domain, outcome, given, reason, told)
"""
KEEP_LEADS = """
insert into leads_rawlead (company_id, source, reference, payload)
select c.id, %(source)s, v.reference, v.payload::jsonb
from unnest(%(references)s::text[], %(domains)s::text[], %(payloads)s::text[]) v (reference, domain, payload)
join leads_company c using (domain) order by v.reference
on conflict do nothing
"""
ADD_GIVEN = """
update leads_importrow r set given = v.given, outcome = v.outcome
from unnest(%(ids)s::bigint[], %(given)s::int[], %(outcomes)s::text[]) v (id, given, outcome) where r.id = v.id
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """The row that stands for a domain which an earlier chunk has met."""

    pk: int
    outcome: str
    given: int


@dataclass(frozen=True, slots=True)
class NotedRow:
    """What became of one row, as it is kept."""

    number: int
    outcome: str
    domain: str = ""
    given: int = 0
    reason: str = ""
    told: str | None = None


@dataclass(slots=True)
class Chunk:
    """What becomes of the domains of a chunk, collected before their rows are written."""

    told: Mapping[str, Told]
    seen: Mapping[str, Seen]
    outcomes: dict[str, str] = field(default_factory=dict)
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)


def take_rows(run: CompanyImport, rows: Sequence[ListedRow]) -> None:
    """Make or change the companies of these rows, note what became of each, and count it; `run` is saved by the caller.

    Takes part in the caller's transaction. A row that the database refuses costs a savepoint and is refused (R3.5).
    """
    try:
        with transaction.atomic():
            counted = take(run, rows)
    except (DataError, IntegrityError) as error:
        if len(rows) > 1:
            middle = len(rows) // 2
            take_rows(run, rows[:middle])
            take_rows(run, rows[middle:])
            return
        counted = take(run, [refused_by_the_database(rows[0], error)])
    for name, count in counted.items():
        setattr(run, name, getattr(run, name) + count)


def refused_by_the_database(row: ListedRow, error: Exception) -> RefusedRow:
    """A row as refused, with what the database says in its first line."""
    words = storable(next(iter(str(error).splitlines()), ""), longest=300)
    shown = tuple(str(getattr(row, name, "")) for name in ("domain", "name", "phone"))
    return RefusedRow(row.row, f"The database can't store the row: {words}", shown)


def take(run: CompanyImport, rows: Sequence[ListedRow]) -> dict[str, int]:
    """The counts of a chunk that was written."""
    groups: dict[str, list[ListedCompany]] = defaultdict(list)
    for row in rows:
        if isinstance(row, ListedCompany):
            groups[row.domain].append(row)
    seen = seen_before(run, groups)
    told = {
        domain: told_by(group, given=seen[domain].given if domain in seen else 0) for domain, group in groups.items()
    }
    chunk = Chunk(told, seen)
    if run.dry_run:
        foresee(chunk)
    else:
        write_companies_of(run, chunk, groups)
    crash_point("import_companies.before_rows")
    return write_rows(run, chunk, rows)


def seen_before(run: CompanyImport, domains: Iterable[str]) -> dict[str, Seen]:
    """The domains that an earlier row of the file has named."""
    firsts = ImportRow.objects.filter(company_import=run, domain__in=list(domains), outcome__in=FIRST_OF_DOMAIN)
    return {
        domain: Seen(pk, outcome, given)
        for pk, domain, outcome, given in firsts.values_list("pk", "domain", "outcome", "given")
    }


def foresee(chunk: Chunk) -> None:
    """What writing would do, by what is known now (a dry run)."""
    held = held_of(chunk.told)
    chunk.outcomes = {
        domain: RowOutcome.UNCHANGED if domain in held or domain in chunk.seen else RowOutcome.CREATED
        for domain in chunk.told
    }
    note_changes(chunk, changes_by_domain(held, chunk.told), held)


def write_companies_of(run: CompanyImport, chunk: Chunk, groups: Mapping[str, Sequence[ListedCompany]]) -> None:
    """Insert the unknown, change those that learn something, keep what came in, and ask for what follows."""
    held = held_of(chunk.told)
    missing = sorted(chunk.told.keys() - held.keys())
    created = insert_companies([company_from(chunk.told[domain]) for domain in missing])
    if overtaken := [domain for domain in missing if domain not in created]:
        held |= held_of(overtaken)  # somebody else made them meanwhile
    chunk.outcomes = {
        domain: RowOutcome.CREATED if domain in created else RowOutcome.UNCHANGED for domain in chunk.told
    }
    changed = write_changes(chunk, changes_by_domain(held, chunk.told))
    keep_what_came(run, groups)
    ask_for_pushes(changed)
    if run.scan_new:
        ask(SCAN, sorted(created), priority=Priority.BULK, asked_by=run.asked_by)


def company_from(told: Told) -> Company:
    """A company that only this list knows, not saved."""
    company = new_company(
        CompanySeed(told.domain, LeadSource.CSV, name=told.values.get("name", ""), contact_emails=told.emails)
    )
    for name, column in COLUMN_OF.items():
        setattr(company, column, told.values.get(name, ""))
    return company


def held_of(domains: Iterable[str]) -> dict[str, Held]:
    """What is known of those of the domains that are companies."""
    rows = Company.objects.of_domains(domains).values_list("pk", "domain", "name_set_by_person", *FROM_LISTS)
    return {
        domain: Held(pk, domain, by_person, dict(zip(FROM_LISTS, values, strict=True)))
        for pk, domain, by_person, *values in rows
    }


def write_changes(chunk: Chunk, learning: Mapping[str, dict[str, Any]]) -> list[Company]:
    """Change the companies that learn something: they are locked only now, since most learn nothing, and looked at anew."""
    if not learning:
        return []
    rows = Company.objects.select_for_update(no_key=True).filter(domain__in=learning).order_by("pk")
    locked = {company.domain: company for company in rows}
    held = {domain: held_by(company) for domain, company in locked.items()}
    changes = changes_by_domain(held, chunk.told)
    note_changes(chunk, changes, held)
    for domain, columns in changes.items():
        for column, value in columns.items():
            setattr(locked[domain], column, value)
    changed = [company for domain, company in locked.items() if domain in changes]
    if changed:
        Company.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["id"], update_fields=list(FROM_LISTS)
        )
    return changed


def held_by(company: Company) -> Held:
    """What is known of a company, as the rule wants it."""
    values = {column: getattr(company, column) for column in FROM_LISTS}
    return Held(company.pk, company.domain, company.name_set_by_person, values)


def note_changes(chunk: Chunk, changes: Mapping[str, dict[str, Any]], held: Mapping[str, Held]) -> None:
    """Which companies change, and from what to what."""
    for domain, columns in changes.items():
        chunk.outcomes[domain] = RowOutcome.UPDATED
        chunk.changes[domain] = {column: [held[domain].values[column], now] for column, now in columns.items()}


def changes_by_domain(held: Mapping[str, Held], told: Mapping[str, Told]) -> dict[str, dict[str, Any]]:
    """What each of the companies learns; one that learns nothing is left out."""
    listed = told_by_lists([one.company for one in held.values() if differs(one, told[one.domain])])
    found = {
        domain: changes_to(one, told[domain], source=CSV, listed=listed.get(one.company, {}))
        for domain, one in held.items()
    }
    return {domain: changes for domain, changes in found.items() if changes}


def told_by_lists(companies: Sequence[int]) -> dict[int, dict[str, set[str]]]:
    """By company and column the values that lists have told before."""
    listed: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    if not companies:
        return listed
    for pk, payload in RawLead.objects.filter(company__in=companies, source=CSV).values_list("company_id", "payload"):
        for name, column in COLUMN_OF.items():
            if pk is not None and (value := payload.get(name)):
                listed[pk][column].add(str(value))
    return listed


def keep_what_came(run: CompanyImport, groups: Mapping[str, Sequence[ListedCompany]]) -> None:
    """The rows as raw leads of their companies; the same row told again is the same lead."""
    by_reference = {reference_of(row): row for group in groups.values() for row in group}
    kept = RawLead.objects.filter(source=CSV, reference__in=list(by_reference)).values_list("reference", flat=True)
    missing = sorted(by_reference.keys() - set(kept))
    if not missing:
        return
    rows = [by_reference[reference] for reference in missing]
    payloads = [json.dumps({"file": run.file.name, "row": row.row, **content_of(row)}) for row in rows]
    values: dict[str, Any] = {
        "references": missing,
        "domains": [row.domain for row in rows],
        "payloads": payloads,
        "source": CSV,
    }
    with connection.cursor() as cursor:
        cursor.execute(KEEP_LEADS, values)


def content_of(row: ListedCompany) -> dict[str, Any]:
    """What a row says, without where it stood."""
    texts = {name: value for name in ("domain", "name", *COLUMN_OF) if (value := getattr(row, name))}
    return texts | ({"emails": list(row.emails)} if row.emails else {}) | ({"extra": row.extra} if row.extra else {})


def reference_of(row: ListedCompany) -> str:
    """The same for rows that say the same."""
    content = json.dumps(content_of(row), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(content.encode()).hexdigest()


def write_rows(run: CompanyImport, chunk: Chunk, rows: Sequence[ListedRow]) -> dict[str, int]:
    """What became of each row, and the counts; a later row may make a company "changed" that an earlier one left alone."""
    counts = dict.fromkeys((outcome.value for outcome in RowOutcome), 0) | {"rows": len(rows)}
    met = set(chunk.seen)
    written = []
    for row in rows:
        written.append(noted(row, chunk, is_first=isinstance(row, ListedCompany) and row.domain not in met))
        counts[written[-1].outcome] += 1
        if isinstance(row, ListedCompany):
            met.add(row.domain)
    insert_rows(run, written)
    moved = add_given(chunk)
    counts[RowOutcome.UPDATED.value] += moved
    counts[RowOutcome.UNCHANGED.value] -= moved
    return counts


def noted(row: ListedRow, chunk: Chunk, *, is_first: bool) -> NotedRow:
    """What became of a row; `is_first` when it stands for its company."""
    if isinstance(row, RefusedRow):
        return NotedRow(row.row, RowOutcome.REJECTED.value, reason=row.reason, told=json.dumps(list(row.cells)))
    if not is_first:
        return NotedRow(row.row, RowOutcome.MERGED.value, domain=row.domain)
    changes = chunk.changes.get(row.domain)
    return NotedRow(
        row.row,
        str(chunk.outcomes[row.domain]),
        domain=row.domain,
        given=chunk.told[row.domain].given,
        told=json.dumps(changes) if changes else None,
    )


def insert_rows(run: CompanyImport, rows: Sequence[NotedRow]) -> None:
    """In one statement."""
    if not rows:
        return
    values: dict[str, Any] = {
        "run": run.pk,
        "numbers": [row.number for row in rows],
        "domains": [row.domain for row in rows],
        "outcomes": [row.outcome for row in rows],
        "given": [row.given for row in rows],
        "reasons": [row.reason for row in rows],
        "told": [row.told for row in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE_ROWS, values)


def add_given(chunk: Chunk) -> int:
    """Note what later rows have added to domains of earlier chunks; how many of those were the same until now."""
    moved, ids, given, outcomes = 0, [], [], []
    for domain, seen in chunk.seen.items():
        now = chunk.told[domain].given
        becomes = seen.outcome
        if seen.outcome == RowOutcome.UNCHANGED and chunk.outcomes[domain] == RowOutcome.UPDATED:
            becomes, moved = RowOutcome.UPDATED.value, moved + 1
        if (now, becomes) != (seen.given, seen.outcome):
            ids.append(seen.pk)
            given.append(now)
            outcomes.append(becomes)
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(ADD_GIVEN, {"ids": ids, "given": given, "outcomes": outcomes})
    return moved
